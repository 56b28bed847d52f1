"""Scores and WAVs: asked for, made, kept and removed. The makers are quick."""

import errno
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.files.storage import FileSystemStorage
from django.db import OperationalError
from django.utils import timezone
from rq.timeouts import JobTimeoutException

from generator import queueing, renditions
from generator.audio import AudioError
from generator.children import CancelledError
from generator.engraving import EngravingError, TooFreeError
from generator.models import Composition, Kind, Rendition, RenditionStatus, TooManyWavsError
from tests.generator import fakes

pytestmark = pytest.mark.usefixtures("fake_renditions")


@pytest.fixture
def media(settings):
    """The names of all files in the media folder but those of the piece itself."""
    root = Path(settings.MEDIA_ROOT)

    def names():
        files = (path for path in root.rglob("*") if path.is_file() and path.stem != "test")
        return sorted(str(path.relative_to(root)) for path in files)

    return names


def after(rendition, attempt=1):
    renditions.make(rendition.pk, attempt)
    return Rendition.objects.get(pk=rendition.pk)


def same_row(rendition):
    return Rendition.objects.get(pk=rendition.pk)


def failing(monkeypatch, problem):
    def fail(*arguments, **options):
        raise problem

    monkeypatch.setattr(renditions.engraving, "engrave", fail)


def minutes_ago(minutes):
    return timezone.now() - timedelta(minutes=minutes)


# Making.


def test_a_score_becomes_two_files_and_figures(wanted, media):
    made = after(wanted())
    assert (made.status, made.error, made.figures) == (
        RenditionStatus.READY,
        "",
        {"key": "E minor"},
    )
    assert made.file.read() == b"<score-partwise>3</score-partwise>"
    assert made.picture.read() == b"<svg/>"
    assert sorted([made.file.name, made.picture.name]) == media()
    assert Path(made.file.name).suffix == ".musicxml"
    assert Path(made.picture.name).suffix == ".svg"
    assert Path(made.file.name).parent == Path(made.composition.folder)
    assert made.finished_at >= made.started_at


def test_a_wav_is_played_from_the_stored_midi_file(wanted, media):
    made = after(wanted(Kind.WAV))
    assert (made.status, made.picture.name) == (RenditionStatus.READY, "")
    assert made.file.read() == b"RIFF" + made.composition.midi.read()
    assert [made.file.name] == media()


def test_the_wav_is_as_long_as_the_music(wanted, monkeypatch):
    told = {}
    monkeypatch.setattr(renditions.audio, "render_wav", lambda *_, **options: told.update(options))
    after(wanted(Kind.WAV))
    assert told["seconds"] == 2.0  # of tests/conftest.py's notes


def test_two_attempts_never_share_a_name(wanted):
    made = wanted()
    names = {after(made).file.name}
    Rendition.objects.update(status=RenditionStatus.QUEUED, started_at=None)
    names.add(after(made).file.name)
    assert len(names) == 2


def test_music_too_free_is_an_answer_for_good(wanted, monkeypatch, media):
    failing(monkeypatch, TooFreeError("No beat goes through this music."))
    made = after(wanted())
    assert (made.status, made.error) == (
        RenditionStatus.TOO_FREE,
        "No beat goes through this music.",
    )
    assert not made.retry()
    assert media() == []


@pytest.mark.parametrize(
    ("problem", "words"),
    [
        (EngravingError("Writing the score took longer than allowed."), "took longer"),
        (AudioError("The soundfont is missing."), "The soundfont is missing."),
        (OSError(errno.ENOSPC, "No space left on device"), "The disk of the server is full."),
    ],
    ids=["engraving", "audio", "disk"],
)
def test_a_failure_is_a_sentence_on_the_row(wanted, monkeypatch, media, problem, words):
    failing(monkeypatch, problem)
    made = after(wanted())
    assert made.status == RenditionStatus.FAILED
    assert words in made.error
    assert media() == []


@pytest.mark.parametrize(
    ("problem", "words"),
    [(ZeroDivisionError(), "It has been logged."), (JobTimeoutException(), "longer than allowed")],
    ids=["crash", "alarm"],
)
def test_a_crash_is_recorded_and_raised(wanted, monkeypatch, problem, words):
    failing(monkeypatch, problem)
    made = wanted()
    with pytest.raises(type(problem)):
        after(made)
    assert words in same_row(made).error


def test_notes_that_are_gone_are_a_sentence_on_the_row(wanted):
    made = wanted()
    Path(made.composition.notes.path).unlink()
    assert "could not read or write a file" in after(made).error


def test_a_full_disk_leaves_no_half(wanted, monkeypatch, media):
    def save(self, name, content):
        if name.endswith(".svg"):
            raise OSError(errno.ENOSPC, "No space left on device")
        return original(self, name, content)

    original = FileSystemStorage.save
    made = wanted()
    monkeypatch.setattr(FileSystemStorage, "save", save)
    assert after(made).status == RenditionStatus.FAILED
    assert media() == []


def test_files_stay_when_nobody_knows_whether_they_were_published(wanted, monkeypatch, media):
    def finish(self, attempt, **results):
        raise OperationalError("the connection broke")

    made = wanted()
    monkeypatch.setattr(Rendition, "finish", finish)
    with pytest.raises(OperationalError):
        after(made)
    assert len(media()) == 2  # for the sweep to judge


# No longer due.


def test_an_attempt_is_made_once(wanted, monkeypatch):
    made = wanted()
    assert after(made).is_ready
    failing(monkeypatch, AssertionError("It must not be made again."))
    assert after(made).is_ready


def test_an_old_attempt_is_left_alone(wanted):
    made = wanted(attempt=2)
    assert after(made, attempt=1).status == RenditionStatus.QUEUED
    assert after(made, attempt=2).is_ready


@pytest.mark.django_db
def test_a_deleted_rendition_is_no_error():
    renditions.make(4711, 1)


def test_a_running_attempt_cannot_be_begun_again(wanted):
    made = wanted()
    assert made.claim(1)
    assert not same_row(made).claim(1)


@pytest.mark.parametrize("during", ["work", "publishing"])
def test_a_piece_deleted_meanwhile_leaves_no_files(wanted, monkeypatch, settings, during):
    made = wanted()
    piece = made.composition

    def meanwhile(notes, folder, *, cancelled, **options):
        assert not cancelled()
        Composition.objects.get(pk=piece.pk).delete()
        piece.remove_files()
        if during == "work":
            assert cancelled()
            raise CancelledError
        return fakes.fake_engrave(notes, folder)

    monkeypatch.setattr(renditions.engraving, "engrave", meanwhile)
    renditions.make(made.pk, 1)
    assert not Rendition.objects.exists()
    assert [path for path in Path(settings.MEDIA_ROOT).rglob("*") if path.is_file()] == []
    assert not (Path(settings.MEDIA_ROOT) / piece.folder).exists()


def test_an_attempt_that_was_replaced_publishes_nothing(wanted, monkeypatch, media):
    made = wanted()

    def meanwhile(notes, folder, **options):
        assert same_row(made).hand_back(1)
        return fakes.fake_engrave(notes, folder)

    monkeypatch.setattr(renditions.engraving, "engrave", meanwhile)
    row = after(made)
    assert (row.status, row.attempt, row.file.name) == (RenditionStatus.QUEUED, 2, "")
    assert media() == []


def test_a_worker_that_must_stop_hands_it_back(wanted, monkeypatch):
    failing(monkeypatch, queueing.StoppedError())
    row = after(wanted())
    assert (row.status, row.attempt, row.started_at) == (RenditionStatus.QUEUED, 2, None)


# Asking.


def test_asking_twice_makes_one(ready_piece, alice):
    piece = ready_piece()
    one, other = (renditions.ask(piece, Kind.WAV, alice) for _ in range(2))
    assert (one.pk, one.attempt) == (other.pk, other.attempt)


def test_what_failed_can_be_asked_for_again(wanted, alice):
    made = wanted()
    made.claim(1)
    made.fail(1, "The disk of the server is full.")
    again = renditions.ask(made.composition, Kind.SCORE, alice)
    assert (again.status, again.attempt, again.error) == (RenditionStatus.QUEUED, 2, "")
    assert (again.started_at, again.finished_at) == (None, None)


def test_what_fails_again_and_again_may_be_asked_for_anew_a_day_later(wanted, alice):
    made = wanted()
    for attempt in range(1, 9):
        made.claim(attempt)
        made.fail(attempt, "The disk of the server is full.")
        made = renditions.ask(made.composition, Kind.SCORE, alice)
    assert (made.status, made.attempt, made.may_be_retried) == (RenditionStatus.FAILED, 8, False)

    long_ago = timezone.now() - timedelta(days=1, minutes=1)
    Rendition.objects.update(finished_at=long_ago)
    assert made.may_be_retried
    made = renditions.ask(made.composition, Kind.SCORE, alice)
    assert (made.status, made.attempt) == (RenditionStatus.QUEUED, 9)


@pytest.mark.parametrize("status", [RenditionStatus.READY, RenditionStatus.TOO_FREE])
def test_what_is_decided_stays(wanted, alice, status):
    made = wanted(status=status)
    again = renditions.ask(made.composition, Kind.SCORE, alice)
    assert (again.status, again.attempt) == (status, 1)


def test_a_person_may_have_so_many_wavs(ready_piece, alice, bob, monkeypatch):
    monkeypatch.setattr("generator.models.renditions.MOST_WAVS", 2)
    pieces = [ready_piece() for _ in range(3)]
    for piece in pieces[:2]:
        renditions.ask(piece, Kind.WAV, alice)
    with pytest.raises(TooManyWavsError, match="You have 2 WAV files"):
        renditions.ask(pieces[2], Kind.WAV, alice)
    renditions.ask(pieces[1], Kind.WAV, alice)  # her own second one is no third
    renditions.ask(pieces[2], Kind.SCORE, alice)  # a score is small
    renditions.ask(pieces[2], Kind.WAV, bob)


# The disk.


def test_a_wav_goes_after_a_week_and_can_be_asked_for_again(wanted, media, alice):
    old, young = after(wanted(Kind.WAV)), after(wanted(Kind.WAV))
    score = after(wanted())
    Rendition.objects.exclude(pk=young.pk).update(finished_at=minutes_ago(7 * 24 * 60 + 1))
    assert renditions.sweep() == 1
    assert not Rendition.objects.filter(pk=old.pk).exists()
    assert {young.pk, score.pk} == set(Rendition.objects.values_list("pk", flat=True))
    assert renditions.ask(old.composition, Kind.WAV, alice).status == RenditionStatus.QUEUED


def test_a_week_old_wav_leaves_the_disk(wanted, media, django_capture_on_commit_callbacks):
    old = after(wanted(Kind.WAV))
    Rendition.objects.update(finished_at=minutes_ago(7 * 24 * 60 + 1))
    with django_capture_on_commit_callbacks(execute=True):
        assert renditions.sweep() == 1
    assert media() == []
    assert Path(old.composition.mp3.path).exists()


def test_deleting_a_piece_removes_what_was_made_of_it(
    wanted, settings, django_capture_on_commit_callbacks
):
    made = after(wanted())
    with django_capture_on_commit_callbacks(execute=True):
        made.composition.delete_with_files()
    assert not Rendition.objects.exists()
    assert [path for path in Path(settings.MEDIA_ROOT).rglob("*") if path.is_file()] == []
