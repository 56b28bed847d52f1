"""Pieces that go on from a beginning; and drafts, which tell what stands of a piece so far."""

import json
import os
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ml import encoding
from ml.beginning import Beginning
from ml.composer import LONGEST_SECONDS, Composer, Request
from ml.encoding import KEYS
from ml.notes import Note, Piece
from tests.ml.pieces import any_pieces, walk
from tests.ml.rigged import composer_that_likes
from tests.ml.test_composer import ROOT
from tests.ml.tiny import write_tiny_model

UP = KEYS
C4 = 60 - 21
SLOW = composer_that_likes([124], range(KEYS))


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    path = tmp_path_factory.mktemp("model") / "tiny.keras"
    write_tiny_model(path)
    return path


@pytest.fixture(scope="module")
def composer(model):
    return Composer.open(model)


def walk_until(seconds):
    """The beginning of a scale that goes on for 12 s, five notes a second."""
    return Beginning.cut(walk(1).notes, seconds)


def new_notes(piece, beginning):
    """Notes of the composer; fails unless the others are those of the beginning, as they were."""
    end = beginning.seconds
    given = {(note.onset, note.pitch): note for note in beginning.notes}
    new = []
    for note in piece.notes:
        old = given.pop((note.onset, note.pitch), None)
        if old is None:
            new.append(note)
            continue
        assert note.velocity == old.velocity
        if old.end < end - 0.01:
            assert note == old
        else:
            assert note.end >= old.end
    assert given == {}
    return new


def assert_goes_on(piece, request):
    """What holds for every piece that goes on from a beginning."""
    takeover = request.beginning.seconds
    new = new_notes(piece, request.beginning)
    assert new
    assert new[0].onset >= takeover - 1e-9
    assert takeover + request.seconds - 2 <= piece.seconds <= takeover + request.seconds + 1e-9
    before_coda = [n.onset for n in new if n.onset < takeover + request.seconds - 6]
    assert max(np.diff([takeover, *before_coda]), default=0) <= 4
    free = {}
    for note in piece.notes:
        assert note.onset >= free.get(note.pitch, 0) - 1e-6
        free[note.pitch] = note.end


# Going on


@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize("seconds", [1, 3, 10, 25.5])
def test_a_piece_goes_on_for_the_seconds_asked(composer, seconds, seed):
    request = Request(seconds, seed, beginning=walk_until(7.3))
    assert_goes_on(composer.compose(request), request)


def test_the_same_request_gives_the_same_notes(composer, model, tmp_path):
    """In another interpreter too, from the beginning as JSON keeps it."""
    request = Request(10, 5, beginning=walk_until(7.3))
    piece = composer.compose(request)
    script = """
import json, sys
from ml.beginning import Beginning, to_lists
from ml.composer import Composer, Request
beginning = Beginning.from_dict(json.loads(sys.argv[2]))
piece = Composer.open(sys.argv[1]).compose(Request(10, 5, beginning=beginning))
print(json.dumps([[note.onset, note.duration, note.pitch, note.velocity] for note in piece.notes]))
"""
    answer = subprocess.run(
        [sys.executable, "-c", script, model, json.dumps(request.beginning.to_dict())],
        cwd=ROOT, env=os.environ, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert tuple(Note(*note) for note in json.loads(answer.stdout)) == piece.notes


def test_another_beginning_is_gone_on_from_otherwise(composer):
    one = Request(10, 5, beginning=Beginning.cut(walk(1).notes, 6))
    two = Request(10, 5, beginning=Beginning.cut(walk(2).notes, 6))
    pitches = [
        [note.pitch for note in new_notes(composer.compose(request), request.beginning)]
        for request in (one, two)
    ]
    assert pitches[0] != pitches[1]


class Recorder:
    """A network that keeps what it was told before each row, and what it had in mind."""

    def __init__(self, forward):
        self.forward, self.heard = forward, []

    def __getattr__(self, name):
        return getattr(self.forward, name)

    def hear(self, before, wish, ending, told, state):
        mind = self.forward.hear(before, wish, ending, told, state)
        self.heard.append([before, wish, ending, *told, mind])
        return mind


def test_the_network_hears_a_beginning_as_if_it_had_composed_it(composer):
    wish = {"style": "bach", "energy": 4, "loudness": 2}
    alone = Recorder(composer.forward)
    piece = Composer(alone).compose(Request(20, 3, **wish))
    after = Recorder(composer.forward)
    beginning = Beginning.cut(piece.notes, 12)
    Composer(after).compose(Request(8, 4, **wish, beginning=beginning))

    ticks = encoding.timed(piece)[1]
    rows = int(np.searchsorted(ticks, 1200))
    assert rows > 20
    for one, two in zip(alone.heard[: rows + 1], after.heard[: rows + 1], strict=True):
        for part, same in zip(one, two, strict=True):
            np.testing.assert_array_equal(part, same)


# The seam


def test_what_sounds_at_the_takeover_rings_until_the_network_lets_it_go():
    held = Beginning.cut([Note(0, 9, 60, 64), Note(1, 0.5, 64, 64)], 2)
    lets_go = composer_that_likes([60], [C4 + UP, *range(70, 80)])
    notes = lets_go.compose(Request(10, 1, beginning=held)).notes
    assert notes[0].end in (2.1, 2.7, 3.3)  # in one of the rows after that at 1.5 s
    holds = composer_that_likes([60], [*range(70, 80), *range(70 + UP, 80 + UP)])
    assert holds.compose(Request(10, 1, beginning=held)).notes[0].end == 12


def test_after_a_silence_the_music_goes_on_at_once(composer):
    request = Request(10, 1, beginning=Beginning.cut([Note(0, 0.5, 60, 64)], 40))
    piece = composer.compose(request)
    assert_goes_on(piece, request)
    assert piece.notes[1].onset == 40


def test_a_short_rest_before_the_takeover_may_last_a_little_longer():
    beginning = Beginning.cut([Note(0, 0.5, 60, 64)], 2)
    pieces = [SLOW.compose(Request(10, seed, beginning=beginning)) for seed in range(8)]
    onsets = {piece.notes[1].onset for piece in pieces}
    assert 2 <= min(onsets) < max(onsets) <= 3


def test_a_pause_at_the_start_stays(composer):
    late = Beginning.cut([Note(25 + i / 5, 0.15, 60 + i, 64) for i in range(20)], 30)
    request = Request(10, 1, beginning=late)
    piece = composer.compose(request)
    assert_goes_on(piece, request)
    assert piece.notes[0].onset == 25


def test_a_note_shorter_than_a_tick_that_ended_just_before_the_takeover_stays_as_it_was(composer):
    short = Note(1.815, 0.004, 21, 1)
    request = Request(1, 0, beginning=Beginning.cut([short], 1.83))
    assert composer.compose(request).notes[0].duration == pytest.approx(0.004)


@pytest.mark.parametrize("seconds", [1, 4, 20])
def test_all_keys_may_be_down_at_the_takeover(composer, seconds):
    chord = Beginning.cut([Note(0, 9, pitch, 64) for pitch in range(21, 109)], 2)
    request = Request(seconds, 1, beginning=chord)
    assert_goes_on(composer.compose(request), request)


def test_a_beginning_that_loops_is_not_gone_on_with_for_ever():
    trill = [Note(i / 10, 0.08, 60 + 2 * (i % 2), 64) for i in range(100)]
    alike = composer_that_likes([10], [C4, C4 + 2, C4 + UP, C4 + 2 + UP])
    request = Request(20, 1, beginning=Beginning.cut(trill, 10))
    new = new_notes(alike.compose(request), request.beginning)
    assert new[0].pitch != 60


@settings(max_examples=60, deadline=None)
@given(any_pieces(), st.floats(0.01, 60), st.sampled_from([1, 2.5, 8]), st.integers(0, 9))
def test_any_music_can_be_gone_on_from(composer, piece, takeover, seconds, seed):
    first = piece.notes[0].onset
    beginning = Beginning.cut(piece.notes, max(takeover, first + 0.02))
    request = Request(seconds, seed, beginning=beginning)
    assert_goes_on(composer.compose(request), request)


def test_the_longest_beginning_is_heard(composer):
    notes = [Note(i / 4, 0.2, 40 + i * 7 % 40, 1 + i % 127) for i in range(1200)]
    request = Request(5, 1, beginning=Beginning.cut(notes, 300))
    assert_goes_on(composer.compose(request), request)


def test_beginning_and_wish_together_are_bounded():
    beginning = walk_until(10)
    assert Request(LONGEST_SECONDS - 10, 1, beginning=beginning).takeover == 10
    with pytest.raises(ValueError, match="are too many after a beginning of 10 s"):
        Request(LONGEST_SECONDS - 9, 1, beginning=beginning)


# Progress and drafts


def test_progress_is_that_of_the_new_music(composer):
    told = []
    request = Request(10, 1, beginning=walk_until(8))
    composer.compose(request, lambda share, draft: told.append(share))
    heard = 2 * len(request.beginning.notes) - 1  # but for the end of what still sounds
    assert told[: heard - 1] == [0] * (heard - 1)
    assert told == sorted(told)
    assert told[-1] == 1
    assert len(set(told)) > 20


def test_a_draft_is_the_piece_so_far(composer):
    drafts = []
    request = Request(10, 1)
    piece = composer.compose(request, lambda share, draft: drafts.append((share, draft())))
    assert drafts[-1] == (1, piece)
    counts = [len(draft) for _, draft in drafts]
    assert counts == sorted(counts)
    assert counts[0] == 1
    for share, draft in drafts[:-1]:
        now = round(share * 10, 2)
        assert draft.seconds <= now + 0.01 + 1e-9
        begun = [note for note in piece.notes if note.onset <= now]
        ended = {note for note in begun if note.end < now - 1e-9}
        assert ended <= set(draft.notes) | {n for n in begun if n.onset == now}
        assert {(n.onset, n.pitch) for n in draft.notes} <= {(n.onset, n.pitch) for n in begun}


def test_a_draft_has_the_whole_beginning_from_the_first_row_on(composer):
    drafts = []
    request = Request(5, 1, beginning=walk_until(8))
    composer.compose(request, lambda share, draft: drafts.append(draft()))
    assert drafts[0] == Piece(request.beginning.notes)
    for draft in drafts:
        new_notes(draft, request.beginning)


def test_a_draft_that_nobody_wants_is_not_made(composer, monkeypatch):
    made = []
    decode = encoding.decode
    monkeypatch.setattr(encoding, "decode", lambda *args: made.append(1) or decode(*args))
    composer.compose(Request(5, 1), lambda share, draft: None)
    assert made == [1]
