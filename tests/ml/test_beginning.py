import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ml import encoding
from ml.beginning import LONGEST_BEGINNING, MOST_NOTES, Beginning, from_lists, to_lists
from ml.notes import Note, Piece
from tests.ml.pieces import any_pieces

C, E, G = Note(0, 1, 60, 64), Note(0.5, 2, 64, 72), Note(2, 1, 67, 80)


def told(beginning):
    """[onset, end, pitch], milliseconds."""
    return [[on, on + length, pitch] for on, length, pitch, _ in to_lists(beginning.notes)]


# Cutting


def test_a_cut_keeps_what_was_played_by_then():
    assert told(Beginning.cut([C, E, G], 1.75)) == [[0, 1000, 60], [500, 1750, 64]]


def test_a_note_that_begins_at_the_cut_is_none_of_the_beginning():
    assert told(Beginning.cut([C, E, G], 2)) == [[0, 1000, 60], [500, 2000, 64]]


def test_a_cut_falls_on_a_hundredth_of_a_second():
    beginning = Beginning.cut([C, E, G], 1.7549)
    assert beginning.seconds == 1.75
    assert told(beginning)[1] == [500, 1750, 64]


def test_a_cut_after_the_end_leaves_all_as_it_was():
    beginning = Beginning.cut([C, E, G], 10)
    assert beginning.notes == (C, E, G)
    assert beginning.seconds == 10


def test_a_key_struck_again_ends_there():
    again = [Note(0, 5, 60, 64), Note(1, 1, 60, 70)]
    assert told(Beginning.cut(again, 4)) == [[0, 1000, 60], [1000, 2000, 60]]


def test_two_strikes_within_10_ms_are_one():
    twice = [Note(0, 0.004, 60, 64), Note(0.004, 3, 60, 70)]
    assert told(Beginning.cut(twice, 2)) == [[0, 2000, 60]]


def test_times_are_whole_milliseconds():
    beginning = Beginning.cut([Note(0.12345, 0.3, 60, 64)], 2)
    assert beginning.notes == (Note(0.123, 0.3, 60, 64),)


@settings(max_examples=100, deadline=None)
@given(any_pieces(), st.floats(0.01, 60))
def test_a_cut_of_a_cut_is_the_same_and_so_is_its_json(piece, seconds):
    seconds = max(seconds, piece.notes[0].onset + 0.02)
    beginning = Beginning.cut(piece.notes, seconds)
    assert Beginning.cut(beginning.notes, beginning.seconds) == beginning
    assert Beginning.from_dict(json.loads(json.dumps(beginning.to_dict()))) == beginning
    rows, ticks = encoding.timed(Piece(beginning.notes))
    assert encoding.note_count(rows) == len(beginning.notes)  # it leaves out none
    assert ticks[rows[:, encoding.KEY] < encoding.KEYS].max() < round(beginning.seconds * 100)


# What is no beginning


@pytest.mark.parametrize("seconds", [0, -1, 0.004, 300.01, float("nan"), float("inf")])
def test_a_beginning_of_no_or_too_many_seconds_is_a_value_error(seconds):
    for make in (Beginning.cut, Beginning):
        with pytest.raises(ValueError, match=r"A beginning lasts from 0\.01 s to 300 s"):
            make((C,), seconds)


@pytest.mark.parametrize("notes", [[], [G]], ids=["no note", "a note too late"])
def test_a_beginning_without_notes_is_a_value_error(notes):
    with pytest.raises(ValueError, match=r"has no note in its first 1\.5 s"):
        Beginning.cut(notes, 1.5)


def test_a_beginning_of_too_many_notes_is_a_value_error():
    notes = [Note(i / 25, 0.03, 40 + i % 40, 64) for i in range(MOST_NOTES + 1)]
    with pytest.raises(ValueError, match=r"has 6,001 notes in its first 300 s, and may have 6,000"):
        Beginning.cut(notes, LONGEST_BEGINNING)
    assert len(Beginning.cut(notes, 240).notes) == MOST_NOTES


@pytest.mark.parametrize(
    ("notes", "words"),
    [
        pytest.param([Note(0, 3, 60, 64)], "goes on beyond 2 s", id="too long"),
        pytest.param([C, Note(2, 0.1, 60, 64)], "goes on beyond 2 s", id="too late"),
        pytest.param([C, Note(0.5, 1, 60, 64)], "strikes 60 while that key is down", id="at once"),
    ],
)
def test_what_no_piano_could_have_played_by_then_is_a_value_error(notes, words):
    with pytest.raises(ValueError, match=words):
        Beginning(tuple(notes), 2)


# As lists


def test_notes_are_told_in_milliseconds():
    assert to_lists([Note(0.5, 0.0001, 60, 64)]) == [[500, 1, 60, 64]]
    assert from_lists([[500, 1, 60, 64]]) == (Note(0.5, 0.001, 60, 64),)


@pytest.mark.parametrize(
    "lists",
    [
        pytest.param(None, id="nothing"),
        pytest.param({}, id="an object"),
        pytest.param("notes", id="a word"),
        pytest.param([60], id="numbers alone"),
        pytest.param([[0, 1, 60]], id="three numbers"),
        pytest.param([[0, 1, 60, 64, 1]], id="five numbers"),
        pytest.param([[0, 1, 60, "64"]], id="a number in quotes"),
        pytest.param([[0, 1.5, 60, 64]], id="a fraction"),
        pytest.param([[0, 1, 60, True]], id="true"),
        pytest.param([[-1, 1, 60, 64]], id="before the start"),
        pytest.param([[10**400, 1, 60, 64]], id="beyond all floats"),
    ],
)
def test_what_is_no_list_of_notes_is_a_value_error(lists):
    with pytest.raises(ValueError, match=r"Notes are a list of \[onset, duration"):
        from_lists(lists)


@pytest.mark.parametrize(
    "wrong",
    [
        pytest.param([0, 0, 60, 64], id="no length"),
        pytest.param([0, 1, 20, 64], id="no key"),
        pytest.param([0, 1, 60, 0], id="no velocity"),
    ],
)
def test_a_list_of_notes_that_no_piano_plays_is_a_value_error(wrong):
    with pytest.raises(ValueError, match=r"A note|A piano|A velocity"):
        from_lists([wrong])


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        pytest.param([], 'has "seconds" and "notes"', id="a list"),
        pytest.param({"seconds": 1}, 'has "seconds" and "notes"', id="no notes"),
        pytest.param(
            {"seconds": 1, "notes": [], "pedal": []}, 'has "seconds" and "notes"', id="more"
        ),
        pytest.param({"seconds": "1", "notes": []}, '"seconds" of a beginning', id="in quotes"),
        pytest.param({"seconds": True, "notes": []}, '"seconds" of a beginning', id="true"),
        pytest.param({"seconds": 10**400, "notes": []}, r"lasts from 0\.01 s", id="for ever"),
        pytest.param({"seconds": 1, "notes": []}, "has no note", id="no note"),
    ],
)
def test_a_dict_that_is_no_beginning_is_a_value_error(wrong, words):
    with pytest.raises(ValueError, match=words) as refusal:
        Beginning.from_dict(wrong)
    assert len(str(refusal.value)) < 150
