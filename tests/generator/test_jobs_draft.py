"""What a job hears and tells: the beginning, energy and loudness; the notes so far."""

import json
import sys

import pytest

from generator import beginnings, jobs
from generator.models import LONGEST_TAKEOVER, Composition, Status
from ml import midi
from ml.beginning import LONGEST_BEGINNING, MOST_NOTES, Beginning
from ml.notes import Note, Piece
from tests.generator import fakes


@pytest.fixture(autouse=True)
def _quick(fake_composer, fake_render, monkeypatch):
    monkeypatch.setattr(jobs, "LOOK_EVERY", 0)
    monkeypatch.setattr(jobs, "REST_AFTER_DRAFT", 0)


@pytest.fixture
def real_composer(monkeypatch, weights):
    monkeypatch.delitem(sys.modules, "ml.composer")


@pytest.fixture
def drafts(monkeypatch):
    """How many notes each report told, and None where it told none."""
    told, advance = [], Composition.advance

    def spy(self, share, draft):
        moved = advance(self, share, draft)
        told.append(None if draft is None else len(Composition.objects.get(pk=self.pk).draft))
        return moved

    monkeypatch.setattr(Composition, "advance", spy)
    return told


@pytest.fixture
def heard(monkeypatch):
    """The requests that the composer got."""
    requests = []

    class Composer(fakes.FakeComposer):
        def compose(self, request, on_progress):
            requests.append(request)
            return super().compose(request, on_progress)

    monkeypatch.setitem(sys.modules, "ml.composer", fakes.fake_module(Composer))
    return requests


def after(piece, attempt=1):
    jobs.compose(str(piece.pk), attempt)
    return Composition.objects.get(pk=piece.pk)


# The notes so far.


@pytest.mark.usefixtures("real_composer")
def test_the_draft_grows_and_is_gone_in_the_end(piece, drafts):
    made = after(piece(requested_duration=10, style="chopin"))
    assert made.status == Status.READY
    assert drafts == sorted(drafts)
    assert 1 <= drafts[0] < drafts[-1] == made.note_count
    assert made.draft == []


def test_the_draft_is_told_as_rolls_read_it(piece, monkeypatch):
    seen, advance = [], Composition.advance
    monkeypatch.setattr(
        Composition, "advance", lambda *told: seen.append(told[2]) or advance(*told)
    )
    after(piece(requested_duration=10, seed=0))
    assert seen[1] == [[0, 500, 48, 70], [500, 500, 49, 70]]


def test_the_draft_stays_while_the_sound_is_made(piece, monkeypatch):
    def render(midi_path, mp3_path, *, cancelled, **options):
        assert Composition.objects.get().draft
        return fakes.fake_render(midi_path, mp3_path, **options)

    monkeypatch.setattr(jobs.audio, "render", render)
    assert after(piece()).status == Status.READY


@pytest.mark.parametrize("end", ["cancel", "retry"])
def test_the_draft_of_an_attempt_goes_with_it(piece, end):
    made = piece(status=Status.COMPOSING, draft=[[0, 500, 48, 70]])
    made.cancel()
    if end == "retry":
        made.retry()
    assert Composition.objects.get().draft == []


def test_a_costly_draft_is_told_less_often(piece, drafts, monkeypatch):
    """All looks are taken, but after each draft comes a rest."""
    monkeypatch.setattr(jobs, "REST_AFTER_DRAFT", 1e9)
    after(piece(requested_duration=10))
    assert drafts == [1] + [None] * 19


def test_a_look_without_draft_leaves_the_draft(piece):
    made = piece()
    made.claim(1)
    made.advance(0.1, [[0, 500, 48, 70]])
    made.advance(0.2)
    assert Composition.objects.get().draft == [[0, 500, 48, 70]]


# What the composer is asked.


def test_energy_and_loudness_are_asked_for(piece, heard):
    after(piece(energy=1, loudness=5))
    assert (heard[0].energy, heard[0].loudness, heard[0].beginning) == (1, 5, None)


def test_the_beginning_is_cut_where_the_composer_takes_over(piece, heard, beginning):
    after(piece(beginning=beginning(seconds=20), takeover=2.25))
    assert heard[0].beginning == Beginning.cut(
        [Note(step / 2, 0.5, 60 + step, 70) for step in range(6)], 2.25
    )


def test_the_note_list_tells_where_the_composer_took_over(piece, beginning):
    made = after(piece(requested_duration=10, beginning=beginning(), takeover=2.25))
    assert json.load(made.notes)["takeover"] == 2.25
    assert "takeover" not in json.load(after(piece(requested_duration=10)).notes)


@pytest.mark.usefixtures("real_composer")
def test_the_real_composer_goes_on_from_it(piece, beginning):
    made = after(piece(requested_duration=10, beginning=beginning(seconds=20), takeover=5))
    assert (made.status, made.error) == (Status.READY, "")
    notes = json.load(made.notes)["notes"]
    assert [note[:3:2] for note in notes[:10]] == [[500 * step, 60 + step] for step in range(10)]
    assert notes[-1][0] > 5000
    assert len(midi.read(made.midi.path).notes) == made.note_count == len(notes)


@pytest.mark.usefixtures("real_composer")
def test_the_same_wish_goes_on_in_the_same_way(piece, beginning):
    wish = {"requested_duration": 10, "beginning": beginning(), "takeover": 5, "energy": 5}
    assert after(piece(**wish)).midi.read() == after(piece(**wish)).midi.read()


def test_a_continued_piece_can_be_tried_again(piece, heard, beginning, monkeypatch):
    def render(*arguments, **options):
        raise jobs.AudioError("The soundfont is missing.")

    monkeypatch.setattr(jobs.audio, "render", render)
    made = after(piece(beginning=beginning(), takeover=5))
    assert made.status == Status.FAILED
    monkeypatch.setattr(jobs.audio, "render", fakes.fake_render)
    assert made.retry()
    assert after(made, attempt=2).status == Status.READY
    assert heard[0] == heard[1]


@pytest.mark.parametrize("gone", ["row", "file"])
def test_a_beginning_that_is_gone_is_a_sentence_on_the_row(piece, beginning, gone):
    music = beginning()
    made = piece(beginning=music, takeover=5)
    if gone == "row":
        music.delete()
    else:
        music.notes.storage.delete(music.notes.name)
    row = after(made)
    assert row.status == Status.FAILED
    assert row.error == "The music that this piece goes on from is gone."


@pytest.mark.usefixtures("weights")
def test_a_beginning_without_notes_is_a_sentence_on_the_row(piece, beginning):
    music = beginning(notes=[[9000, 500, 60, 70]])
    assert "no note" in after(piece(beginning=music, takeover=5)).error


def test_the_tags_tell_what_was_wished(piece):
    made = piece(title="Night", style="chopin", energy=1, loudness=5, takeover=8.5, seed=0)
    assert jobs.tags(made)["comment"] == (
        "model Concert; style chopin; seed 0; temperature 1.0; energy 1; loudness 5; "
        "takeover 8.5; seconds 60"
    )


def test_our_bounds_are_the_composers():
    assert beginnings.MOST_NOTES == MOST_NOTES
    assert LONGEST_TAKEOVER == LONGEST_BEGINNING


def test_a_piece_may_be_empty():
    assert jobs.note_list(Piece(())) == {"duration": 0.0, "notes": []}
