import numpy as np
import pytest

from ml import features
from ml.encoding import KEYS, SIZES, encode
from ml.features import SILENT, Keyboard
from ml.notes import Note, Piece

UP = KEYS


def test_the_row_before_the_first_is_past_all_values():
    assert features.BEGIN.tolist() == list(SIZES)


def test_a_silent_keyboard_is_all_zeros():
    told = features.keyboard(np.full(KEYS, SILENT))
    assert (told.shape, told.dtype) == ((264,), np.float32)
    assert not told.any()


def test_a_sounding_key_tells_its_age_twice():
    ages = np.full(KEYS, SILENT)
    ages[39], ages[43] = 0, 150
    told = features.keyboard(ages).reshape(3, KEYS)
    assert told[:, 39].tolist() == [1, 1, 1]
    assert told[:, 43] == pytest.approx([1, np.exp(-1.5 / 0.3), np.exp(-1)], rel=1e-5)
    assert np.count_nonzero(told) == 6


def test_leading_dimensions_stay():
    assert features.keyboard(np.zeros((2, 5, KEYS), np.int64)).shape == (2, 5, 264)


def test_the_end_comes_nearer():
    assert features.ending(0).tolist() == [1, 1, 1, 1]
    assert features.ending(-3).tolist() == [1, 1, 1, 1]
    assert features.ending(6) == pytest.approx(np.exp([-4, -1, -0.25, -0.0625]))


def test_an_end_that_nobody_has_told_is_zeros():
    told = features.ending(np.array([np.inf, 0]))
    assert told.tolist() == [[0, 0, 0, 0], [1, 1, 1, 1]]
    assert told.dtype == np.float32


def test_the_keyboard_tells_ages_before_each_row():
    rows = np.array([[[0, 39, 16], [10, 43, 16], [20, 39 + UP, 0], [5, 43 + UP, 0]]])
    board = Keyboard(1)
    ages = board.play(rows)[0]
    assert [ages[:, 39].tolist(), ages[:, 43].tolist()] == [
        [SILENT, 0, 10, SILENT],
        [SILENT, SILENT, 0, 20],
    ]
    assert (board.ages() == SILENT).all()
    assert board.now.tolist() == [35]


def test_the_keyboard_goes_on_where_it_stopped():
    rows = np.array([[[0, 39, 16], [10, 43, 16], [20, 39 + UP, 0], [5, 43 + UP, 0]]])
    whole = Keyboard(1).play(rows)
    board = Keyboard(1)
    halves = np.concatenate([board.play(rows[:, :2]), board.play(rows[:, 2:])], axis=1)
    assert (halves == whole).all()


def test_a_lifted_piano_begins_again_and_leaves_the_others():
    board = Keyboard(2)
    board.play(np.array([[[30, 39, 16]], [[40, 50, 16]]]))
    board.lift(0)
    assert (board.ages()[0] == SILENT).all()
    assert board.now.tolist() == [0, 40]
    assert board.ages()[1, 50] == 0


def test_rows_happen_when_their_shifts_add_up():
    rows = np.array([[0, 1, 1], [50, 2, 1], [100, 3, 1]])
    assert features.seconds_of(rows).tolist() == [0, 0.5, 1.5]


def steady(gap, velocity, count=200):
    """Rows of a note every `gap` seconds."""
    return encode(Piece(tuple(Note(i * gap, gap / 2, 40 + i % 40, velocity) for i in range(count))))


@pytest.mark.parametrize(("gap", "level"), [(0.25, 1), (0.15, 2), (0.11, 3), (0.08, 4), (0.05, 5)])
def test_energy_is_the_notes_a_second(gap, level):
    energy, _ = features.levels(steady(gap, 64, count=int(20 / gap)))
    assert set(energy.tolist()) == {level}


@pytest.mark.parametrize(("velocity", "level"), [(40, 1), (53, 2), (60, 3), (68, 4), (90, 5)])
def test_loudness_is_the_mean_velocity(velocity, level):
    _, loudness = features.levels(steady(0.2, velocity))
    assert set(loudness.tolist()) == {level}


def test_levels_follow_the_music_of_10_s_around():
    quiet = [Note(i * 0.25, 0.1, 60, 30) for i in range(160)]
    loud = [Note(40 + i * 0.05, 0.04, 62, 110) for i in range(800)]
    energy, loudness = features.levels(encode(Piece((*quiet, *loud))))
    assert (energy[0], loudness[0]) == (1, 1)
    assert (energy[-1], loudness[-1]) == (5, 5)
    assert set(energy.tolist()) == {1, 2, 3, 4, 5}
    assert (np.diff(loudness) >= 0).all()


def test_a_single_note_has_levels():
    energy, loudness = features.levels(encode(Piece((Note(0, 1, 60, 64),))))
    assert energy.tolist() == [1, 1]
    assert loudness.tolist() == [4, 4]
