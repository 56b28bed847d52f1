"""A new title reaches the files, whatever happens beside it. Says what is private: the old one."""

import io
from pathlib import Path

import pytest

from generator import jobs, renditions
from generator.id3 import retitle
from generator.models import Composition, Kind, Rendition, RenditionStatus
from tests.conftest import MP3_FRAME
from tests.generator import fakes

OLD, NEW = "For Anna's funeral", "Moth"


def tagged(title):
    made = io.BytesIO()
    retitle(io.BytesIO(MP3_FRAME * 77), made, title)
    return made.getvalue()


def same_row(piece):
    return Composition.objects.get(pk=piece.pk)


def files_of(piece):
    return sorted(path.name for path in Path(piece.mp3.path).parent.iterdir())


@pytest.fixture
def named(ready_piece):
    made = ready_piece(title=OLD)
    Path(made.mp3.path).write_bytes(tagged(OLD))
    return made


def test_the_mp3_says_the_new_title_under_a_new_name(named, django_capture_on_commit_callbacks):
    old = named.mp3.name
    with django_capture_on_commit_callbacks(execute=True):
        named.describe(NEW, "")
    row = same_row(named)
    assert (row.title, row.mp3.read()) == (NEW, tagged(NEW))
    assert row.mp3.name != old
    assert files_of(row) == sorted([Path(row.mp3.name).name, "test.json", "test.mid"])


def test_the_same_title_leaves_the_files_alone(named):
    old = named.mp3.name
    named.describe(OLD, "Other words")
    assert (same_row(named).mp3.name, same_row(named).description) == (old, "Other words")


def test_a_lost_mp3_is_no_hindrance(named):
    Path(named.mp3.path).unlink()
    named.describe(NEW, "")
    assert same_row(named).title == NEW


def test_a_full_disk_changes_nothing(named, as_alice, monkeypatch):
    def keep(path, name):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("generator.models.files.storage.keep", keep)
    page = as_alice.post(f"/compositions/{named.pk}/edit/", {"title": NEW, "description": "x"})
    assert page.status_code == 200
    assert "The server could not write this title into the files." in page.text
    assert (same_row(named).title, same_row(named).description) == (OLD, "")
    assert len(files_of(named)) == 3


def test_a_piece_deleted_meanwhile_leaves_no_file(
    named, monkeypatch, django_capture_on_commit_callbacks
):
    def meanwhile(source, target, title):
        Composition.objects.filter(pk=named.pk).delete()
        named.remove_files()
        target.write(b"x")

    folder = Path(named.mp3.path).parent
    monkeypatch.setattr("generator.models.files.id3.retitle", meanwhile)
    with django_capture_on_commit_callbacks(execute=True):
        named.describe(NEW, "")
    assert not folder.exists()


def test_of_two_who_rename_at_once_the_last_wins(
    named, monkeypatch, django_capture_on_commit_callbacks
):
    def meanwhile(source, target, title):
        monkeypatch.setattr("generator.models.files.id3.retitle", retitle)
        same_row(named).rename("Between")
        retitle(source, target, title)

    monkeypatch.setattr("generator.models.files.id3.retitle", meanwhile)
    with django_capture_on_commit_callbacks(execute=True):
        named.describe(NEW, "")
    row = same_row(named)
    assert (row.title, row.mp3.read()) == (NEW, tagged(NEW))
    assert len(files_of(row)) == 3


@pytest.mark.usefixtures("fake_composer")
def test_a_piece_renamed_while_it_is_recorded_says_the_new_title(
    piece, monkeypatch, django_capture_on_commit_callbacks
):
    made = piece(title=OLD, requested_duration=10)

    def render(midi_path, mp3_path, *, tags, **options):
        rendered = fakes.fake_render(midi_path, mp3_path, **options)
        Path(mp3_path).write_bytes(tagged(tags["title"]))
        same_row(made).describe(NEW, "")
        return rendered

    monkeypatch.setattr(jobs.audio, "render", render)
    with django_capture_on_commit_callbacks(execute=True):
        jobs.compose(str(made.pk), 1)
    row = same_row(made)
    assert (row.status, row.title, row.mp3.read()) == ("ready", NEW, tagged(NEW))
    assert len(files_of(row)) == 3


def test_staff_who_rename_a_piece_rename_its_files(as_carol, named):
    address = f"/admin/generator/composition/{named.pk}/change/"
    as_carol.post(address, {"title": NEW, "description": ""})
    row = same_row(named)
    assert (row.title, row.mp3.read()) == (NEW, tagged(NEW))


# The score.


@pytest.fixture
def score(named, fake_renditions):
    """One that is there."""
    made = Rendition.objects.create(composition=named, kind=Kind.SCORE)
    renditions.make(made.pk, 1)
    return Rendition.objects.get()


def test_the_score_is_written_anew(score, named, django_capture_on_commit_callbacks, monkeypatch):
    old = [score.file.name, score.picture.name]
    with django_capture_on_commit_callbacks(execute=True):
        named.describe(NEW, "")
    again = Rendition.objects.get()
    assert (again.status, again.attempt) == (RenditionStatus.QUEUED, 2)
    assert not any(again.file.storage.exists(name) for name in old)

    told = {}

    def engrave(notes, folder, **options):
        told.update(options)
        return fakes.fake_engrave(notes, folder)

    monkeypatch.setattr(renditions.engraving, "engrave", engrave)
    renditions.make(again.pk, 2)
    assert told["title"] == NEW
    assert Rendition.objects.get().is_ready


def test_a_score_being_written_under_the_old_title_is_not_published(
    named, fake_renditions, monkeypatch
):
    made = Rendition.objects.create(composition=named, kind=Kind.SCORE)

    def meanwhile(notes, folder, *, cancelled, **options):
        named.describe(NEW, "")
        return fakes.fake_engrave(notes, folder)

    monkeypatch.setattr(renditions.engraving, "engrave", meanwhile)
    renditions.make(made.pk, 1)
    row = Rendition.objects.get()
    assert (row.status, row.attempt, row.file.name) == (RenditionStatus.QUEUED, 2, "")


def test_music_without_score_and_its_wav_stay_as_they_are(named):
    free = Rendition.objects.create(
        composition=named, kind=Kind.SCORE, status=RenditionStatus.TOO_FREE
    )
    wav = Rendition.objects.create(composition=named, kind=Kind.WAV, status=RenditionStatus.READY)
    named.describe(NEW, "")
    for row in (free, wav):
        before = (row.status, row.attempt)
        row.refresh_from_db()
        assert (row.status, row.attempt) == before
