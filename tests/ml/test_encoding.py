import numpy as np
import pytest
from hypothesis import given, settings

from ml.encoding import (
    FINE_SHIFTS,
    KEYS,
    LONGEST_SHIFT,
    SHIFT_CENTRE,
    SHIFT_START,
    SHIFT_WIDTH,
    SHIFTS,
    SIZES,
    decode,
    encode,
    note_count,
    shift_bin,
)
from ml.notes import Note, Piece
from tests.ml.pieces import any_pieces, plain_pieces

UP = KEYS  # a key goes up
C4, E4, G4 = 60 - 21, 64 - 21, 67 - 21


def rows_of(*notes):
    return encode(Piece(tuple(Note(*note) for note in notes))).tolist()


def test_the_sizes_of_the_fields_stand():
    assert SIZES == (125, 176, 32)


def test_one_note_is_two_rows():
    assert rows_of((0, 0.5, 60, 64)) == [[0, C4, 16], [50, C4 + UP, 0]]


def test_a_chord_has_no_shifts_and_goes_from_low_to_high():
    assert rows_of((0, 0.1, 67, 64), (0, 0.1, 60, 64), (0, 0.2, 64, 64)) == [
        [0, C4, 16],
        [0, E4, 16],
        [0, G4, 16],
        [10, C4 + UP, 0],
        [0, G4 + UP, 0],
        [10, E4 + UP, 0],
    ]


def test_of_one_instant_ends_come_first():
    assert rows_of((0, 0.3, 67, 64), (0.3, 0.3, 60, 64)) == [
        [0, G4, 16],
        [30, G4 + UP, 0],
        [0, C4, 16],
        [30, C4 + UP, 0],
    ]


def test_silence_before_the_first_note_is_left_out():
    assert rows_of((7.77, 0.5, 60, 64)) == rows_of((0, 0.5, 60, 64))


def test_a_key_struck_again_ends_there():
    assert rows_of((0, 5, 60, 64), (1, 0.5, 60, 64)) == [
        [0, C4, 16],
        [100, C4 + UP, 0],
        [0, C4, 16],
        [50, C4 + UP, 0],
    ]


def test_a_second_strike_within_10_ms_is_left_out():
    assert rows_of((0, 0.5, 60, 64), (0.004, 2, 60, 90)) == rows_of((0, 0.5, 60, 64))


def test_no_note_is_shorter_than_10_ms():
    assert rows_of((0, 0.001, 60, 64)) == [[0, C4, 16], [1, C4 + UP, 0]]


@pytest.mark.parametrize(
    ("velocity", "value"), [(1, 0), (3, 0), (4, 1), (64, 16), (123, 30), (124, 31), (127, 31)]
)
def test_four_velocities_share_a_bin(velocity, value):
    assert rows_of((0, 0.5, 60, velocity))[0][2] == value


@pytest.mark.parametrize(
    ("pitch", "key"), [pytest.param(21, 0, id="lowest"), pytest.param(108, 87, id="highest")]
)
def test_the_outermost_keys_have_rows(pitch, key):
    assert [row[1] for row in rows_of((0, 1, pitch, 64))] == [key, key + UP]


@pytest.mark.parametrize(
    ("ticks", "value"),
    [(0, 0), (1, 1), (100, 100), (101, 101), (110, 101), (111, 102), (999, 124), (1000, 124)],
)
def test_shifts_are_fine_to_a_second_then_logarithmic(ticks, value):
    assert shift_bin(ticks) == value


def test_a_shift_over_10_s_falls_into_the_last_bin():
    assert shift_bin(LONGEST_SHIFT + 1) == shift_bin(10**12) == SHIFTS - 1


def test_the_bins_of_the_shifts_leave_no_gap():
    assert SHIFT_START[0] == 0
    assert SHIFT_START[-1] == LONGEST_SHIFT + 1
    assert (SHIFT_WIDTH[:FINE_SHIFTS] == 1).all()
    assert (np.diff(SHIFT_WIDTH[FINE_SHIFTS:]) >= -1).all()  # but for rounding ever wider
    ticks = np.arange(LONGEST_SHIFT + 1)
    bins = shift_bin(ticks)
    assert (SHIFT_START[bins] <= ticks).all()
    assert (ticks < SHIFT_START[bins + 1]).all()


def test_the_centre_of_a_bin_lies_in_it():
    assert shift_bin(SHIFT_CENTRE).tolist() == list(range(SHIFTS))


def test_a_piece_without_notes_has_no_rows():
    rows = encode(Piece(()))
    assert (rows.shape, rows.dtype) == ((0, 3), np.uint8)
    assert decode(rows) == Piece(())


def test_rows_become_notes_of_their_bins_centres():
    piece = decode(np.array([[0, C4, 16], [50, C4 + UP, 0]]))
    assert piece.notes == (Note(0, 0.5, 60, 66),)


def test_known_times_replace_the_bins():
    piece = decode(np.array([[0, C4, 16], [50, C4 + UP, 0]]), np.array([20, 75]))
    assert piece.notes == (Note(0.2, 0.55, 60, 66),)


def test_keys_still_down_end_with_the_last_row():
    piece = decode(np.array([[0, C4, 16], [10, E4, 16], [30, E4 + UP, 0]]))
    assert [(note.pitch, note.duration) for note in piece.notes] == [(60, 0.4), (64, 0.3)]


def test_the_end_of_a_silent_key_is_passed_over():
    assert decode(np.array([[0, C4 + UP, 0], [5, C4, 1], [5, C4 + UP, 0], [5, E4 + UP, 0]])) == (
        Piece((Note(0.05, 0.05, 60, 6),))
    )


def test_a_key_going_down_twice_is_struck_twice():
    piece = decode(np.array([[0, C4, 16], [10, C4, 16], [10, C4 + UP, 0]]))
    assert [(note.onset, note.duration) for note in piece.notes] == [(0, 0.1), (0.1, 0.1)]


def test_onsets_are_counted_as_notes():
    assert note_count(np.array([[0, C4, 16], [0, E4, 16], [9, C4 + UP, 0], [0, E4 + UP, 0]])) == 2


@settings(max_examples=50, deadline=None)
@given(any_pieces())
def test_rows_survive_the_way_through_notes(piece):
    rows = encode(piece)
    assert encode(decode(rows)).tolist() == rows.tolist()


@settings(max_examples=50, deadline=None)
@given(plain_pieces(100))
def test_notes_on_the_grid_survive_the_way_through_rows(piece):
    again = decode(encode(piece))
    assert [note.pitch for note in again.notes] == [note.pitch for note in piece.notes]
    for was, now in zip(piece.notes, again.notes, strict=True):
        assert now.onset == pytest.approx(was.onset)
        assert now.duration == pytest.approx(was.duration)
        assert abs(now.velocity - was.velocity) <= 2


@settings(max_examples=40, deadline=None)
@given(any_pieces())
def test_every_onset_has_its_end_and_all_values_fit(piece):
    rows = encode(piece).astype(int)
    assert (rows < SIZES).all()
    keys = rows[:, 1].tolist()
    for key in set(keys):
        moves = [one < KEYS for one in keys if one % KEYS == key % KEYS]
        assert moves == [True, False] * (len(moves) // 2)
