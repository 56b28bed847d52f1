"""One attempt at a piece, with a composer and a renderer that are quick."""

import errno
import functools
import json
import os
import subprocess
import sys
import uuid
from pathlib import Path

import pytest
from django.core.files.storage import FileSystemStorage, default_storage
from django.db import OperationalError
from rq.timeouts import JobTimeoutException

from generator import heartbeats, jobs
from generator.audio import AudioError
from generator.children import CancelledError
from generator.models import Composition, Status
from ml import midi
from ml.notes import Piece
from tests.generator import fakes

NOTHING = functools.partial(Piece, ())
ROOT = Path(__file__).resolve().parent.parent.parent


@pytest.fixture(autouse=True)
def _quick(fake_composer, fake_render, monkeypatch):
    monkeypatch.setattr(jobs, "LOOK_EVERY", 0)


@pytest.fixture
def media(settings):
    """The names of all files in the media folder."""
    root = Path(settings.MEDIA_ROOT)
    return lambda: sorted(str(p.relative_to(root)) for p in root.rglob("*") if p.is_file())


def after(piece, attempt=1):
    jobs.compose(str(piece.pk), attempt)
    return Composition.objects.get(pk=piece.pk)


def render_raising(monkeypatch, problem):
    def render(*arguments, **options):
        raise problem

    monkeypatch.setattr(jobs.audio, "render", render)


def test_a_queued_piece_becomes_ready(piece, media):
    made = after(piece(requested_duration=10))
    assert made.status == Status.READY
    assert (made.progress, made.note_count, made.duration) == (1, 20, 12.0)
    assert made.finished_at >= made.started_at
    assert len(media()) == 3  # nothing is left but the three files
    for file, suffix in ((made.mp3, "mp3"), (made.midi, "mid"), (made.notes, "json")):
        folder, name = file.name.rsplit("/", 1)
        assert folder == f"compositions/{made.pk}"
        assert name.endswith(f".{suffix}")
        assert file.size > 0


def test_the_note_list_is_what_covers_read(piece):
    made = after(piece(requested_duration=10, seed=0))
    notes = json.loads(made.notes.read())
    assert notes["duration"] == 10
    assert notes["notes"][:2] == [[0, 500, 48, 70], [500, 500, 49, 70]]


def test_the_midi_file_holds_the_notes(piece):
    made = after(piece(requested_duration=10, seed=0))
    assert [note.pitch for note in midi.read(made.midi.path).notes] == list(range(48, 68))


def test_the_title_does_not_change_the_midi_file(piece):
    one, other = after(piece(title="One")), after(piece(title="Other"))
    assert one.midi.read() == other.midi.read()


def test_the_tags_tell_how_to_make_it_again(piece):
    made = piece(title="Night", style="chopin", seed=7, requested_duration=20, temperature=0.9)
    assert jobs.tags(made) == {
        "title": "Night",
        "artist": "Nocturne",
        "comment": "model Concert; style chopin; seed 7; temperature 0.9; seconds 20",
    }


def test_each_state_is_seen_on_the_way(piece, monkeypatch):
    seen = []
    advance, finish = Composition.advance, Composition.finish

    def spy_advance(self, progress, draft):
        seen.append((Composition.objects.get(pk=self.pk).status, progress))
        return advance(self, progress, draft)

    def spy_finish(self, **results):
        seen.append((Composition.objects.get(pk=self.pk).status, len(results)))
        assert all(default_storage.exists(results[kind]) for kind in ("mp3", "midi", "notes"))
        return finish(self, **results)

    monkeypatch.setattr(Composition, "advance", spy_advance)
    monkeypatch.setattr(Composition, "finish", spy_finish)
    after(piece(requested_duration=10))
    assert seen[0] == ("composing", 0)
    assert seen[-2][0] == "composing"
    assert 0.9 < seen[-2][1] <= 1
    assert seen[-1] == ("rendering", 5)


@pytest.mark.parametrize("status", [s for s in Status if s != Status.QUEUED])
def test_what_is_not_queued_is_left_alone(piece, status, media):
    made = after(piece(status=status))
    assert made.status == status
    assert media() == []


def test_an_old_attempt_is_left_alone(piece):
    made = piece(attempt=2)
    assert after(made, attempt=1).status == Status.QUEUED
    assert after(made, attempt=2).status == Status.READY


@pytest.mark.django_db
def test_a_deleted_piece_is_no_error():
    jobs.compose(str(uuid.uuid4()), 1)


# Cancelled, deleted, replaced meanwhile.


def meanwhile(monkeypatch, change, during):
    """Let `change` happen to the row during composing or rendering."""
    if during == "composing":

        class Composer(fakes.FakeComposer):
            def compose(self, request, on_progress):
                on_progress(0.1, NOTHING)
                change()
                on_progress(0.2, NOTHING)
                pytest.fail("The composer should have been stopped.")

        monkeypatch.setitem(sys.modules, "ml.composer", fakes.fake_module(Composer))
        return

    def render(midi_path, mp3_path, *, cancelled, **options):
        assert not cancelled()
        change()
        if during == "rendering":
            assert cancelled()
            raise CancelledError
        return fakes.fake_render(midi_path, mp3_path, **options)

    monkeypatch.setattr(jobs.audio, "render", render)


@pytest.mark.parametrize("during", ["composing", "rendering", "publishing"])
def test_a_cancelled_piece_stays_cancelled_and_leaves_no_files(piece, monkeypatch, media, during):
    made = piece()
    meanwhile(monkeypatch, lambda: Composition.objects.get(pk=made.pk).cancel(), during)
    row = after(made)
    assert (row.status, row.mp3.name, row.error) == (Status.CANCELLED, "", "")
    assert media() == []


@pytest.mark.parametrize("during", ["composing", "rendering", "publishing"])
def test_a_deleted_piece_leaves_no_files(piece, monkeypatch, settings, media, during):
    made = piece()
    meanwhile(monkeypatch, lambda: Composition.objects.all().delete(), during)
    jobs.compose(str(made.pk), 1)
    assert not Composition.objects.exists()
    assert media() == []
    assert not (Path(settings.MEDIA_ROOT) / made.folder).exists()


def test_an_orphan_cannot_publish_over_its_successor(piece, monkeypatch, media):
    """The attempt is put back and finished by another worker while the first still renders."""
    made = piece()

    def succeed():
        monkeypatch.setattr(jobs.audio, "render", fakes.fake_render)
        row = Composition.objects.get(pk=made.pk)
        Composition.objects.filter(pk=made.pk).update(
            heartbeat_at=row.created_at.replace(year=2000)
        )
        assert row.put_back()
        assert after(row, attempt=2).status == Status.READY

    meanwhile(monkeypatch, succeed, "publishing")
    row = after(made)
    assert (row.status, row.attempt) == (Status.READY, 2)
    assert sorted([row.mp3.name, row.midi.name, row.notes.name]) == media()


# Failures.


def test_a_failed_render_is_a_sentence_on_the_row(piece, monkeypatch, media):
    render_raising(monkeypatch, AudioError("The soundfont is missing."))
    row = after(piece())
    assert (row.status, row.error) == (Status.FAILED, "The soundfont is missing.")
    assert media() == []


def test_a_failed_piece_can_be_tried_again_once_mended(piece, monkeypatch):
    render_raising(monkeypatch, AudioError("The soundfont is missing."))
    row = after(piece())
    assert row.retry()
    monkeypatch.setattr(jobs.audio, "render", fakes.fake_render)
    row = after(row, attempt=2)
    assert (row.status, row.error) == (Status.READY, "")


@pytest.mark.parametrize(
    ("problem", "words"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), "The disk of the server is full."),
        (OSError(errno.EACCES, "Permission denied"), "Permission denied."),
    ],
)
def test_a_bad_disk_is_a_sentence_on_the_row(piece, monkeypatch, media, problem, words):
    def save(self, name, content):
        if name.endswith(".mp3"):
            raise problem
        return original(self, name, content)

    original = FileSystemStorage.save
    monkeypatch.setattr(FileSystemStorage, "save", save)
    row = after(piece())
    assert row.status == Status.FAILED
    assert words in row.error
    assert media() == []


def test_a_crash_is_recorded_and_raised(piece, monkeypatch):
    render_raising(monkeypatch, ZeroDivisionError())
    made = piece()
    with pytest.raises(ZeroDivisionError):
        after(made)
    made.refresh_from_db()
    assert made.status == Status.FAILED
    assert made.error == "Something went wrong while making this piece. It has been logged."


def test_the_alarm_of_the_queue_is_recorded_and_raised(piece, monkeypatch):
    render_raising(monkeypatch, JobTimeoutException())
    made = piece()
    with pytest.raises(JobTimeoutException):
        after(made)
    made.refresh_from_db()
    assert made.error == "Making this piece took longer than allowed."


def test_a_busy_database_is_left_to_the_reconciler(piece, monkeypatch):
    render_raising(monkeypatch, OperationalError("database is locked"))
    made = piece()
    with pytest.raises(OperationalError):
        after(made)
    made.refresh_from_db()
    assert made.status == Status.RENDERING


def test_files_stay_when_nobody_knows_whether_they_were_published(piece, monkeypatch, media):
    def finish(self, **results):
        raise OperationalError("the connection broke")

    monkeypatch.setattr(Composition, "finish", finish)
    with pytest.raises(OperationalError):
        after(piece())
    assert len(media()) == 3  # for the sweep to judge


def test_composing_has_a_deadline(piece, monkeypatch, settings):
    settings.COMPOSE_TIMEOUT = -1
    row = after(piece())
    assert (row.status, row.error) == (Status.FAILED, "Composing took longer than allowed.")


def test_it_beats_while_the_composer_says_nothing(monkeypatch):
    beats = []

    class Row:
        job_id = "composition-1-1"

        def beat(self):
            beats.append(True)

    monkeypatch.setattr(heartbeats, "HEARTBEAT_EVERY", 0.01)
    with jobs.heartbeat(Row()):
        fakes.wait_until(lambda: len(beats) > 2)
    count = len(beats)
    assert count > 2


def test_a_missed_beat_is_no_end(monkeypatch):
    beats = []

    class Row:
        job_id = "composition-1-1"

        def beat(self):
            beats.append(True)
            raise OperationalError("database is locked")

    monkeypatch.setattr(heartbeats, "HEARTBEAT_EVERY", 0.01)
    with jobs.heartbeat(Row()):
        fakes.wait_until(lambda: len(beats) > 2)


# With the real composer.


@pytest.fixture
def real_composer(monkeypatch, weights):
    monkeypatch.delitem(sys.modules, "ml.composer")
    return weights


@pytest.mark.usefixtures("real_composer")
def test_the_real_composer_composes(piece):
    row = after(piece(requested_duration=10, style="chopin"))
    assert (row.status, row.error) == (Status.READY, "")
    assert row.note_count == len(midi.read(row.midi.path).notes) > 0


@pytest.mark.usefixtures("real_composer")
def test_the_same_wish_gives_the_same_midi_file(piece):
    wish = {"requested_duration": 10, "style": "bach", "seed": 5, "temperature": 1.2}
    one, other = after(piece(**wish)), after(piece(**wish))
    different = after(piece(**wish | {"seed": 6}))
    assert one.midi.read() == other.midi.read() != different.midi.open().read()


def test_missing_weights_are_a_sentence_on_the_row(piece, real_composer):
    real_composer.file.delete(save=False)
    real_composer.file.name = "gone.keras"
    real_composer.save()
    row = after(piece())
    assert row.status == Status.FAILED
    assert row.error == "The file of the model “Concert” is missing."


def test_changed_weights_are_a_sentence_on_the_row(piece, real_composer):
    with Path(real_composer.file.path).open("ab") as file:
        file.write(b"!")
    row = after(piece())
    assert row.status == Status.FAILED
    assert "has changed since it was registered" in row.error


def test_an_unknown_style_is_a_sentence_on_the_row(piece, real_composer):
    row = after(piece(style="nobody"))
    assert row.status == Status.FAILED
    assert "nobody" in row.error


@pytest.mark.usefixtures("disk_database")
def test_the_job_never_imports_keras(tmp_path, weights, piece):
    """In an interpreter of its own: this one may have learnt something already."""
    made = piece(requested_duration=10)
    script = f"""
import sys, django
django.setup()
from generator import heartbeats, jobs
jobs.compose("{made.pk}", 1)
heavy = {{"tensorflow", "keras", "torch", "jax"}}
print(sorted(heavy & {{name.split(".")[0] for name in sys.modules}}))
"""
    answer = subprocess.run(
        [sys.executable, "-c", script],
        cwd=ROOT,
        env=os.environ | {"DATA_DIR": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert answer.stdout.strip() == "[]", answer.stderr
    made.refresh_from_db()
    assert (made.status, made.error) == (Status.READY, "")
