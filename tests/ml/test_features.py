import numpy as np
import pytest

from ml import features
from ml.encoding import KEYS, SIZES, encode
from ml.listener import Listener
from ml.notes import Note, Piece

UP = KEYS


def test_the_row_before_the_first_is_past_all_values():
    assert features.BEGIN.tolist() == list(SIZES)


def heard(rows):
    """Inputs before every row of one piece, and before the one that would follow."""
    rows = np.array([[*rows, [0, 0, 0]]])
    return features.Inputs(*(part[0] for part in features.inputs(Listener(1).play(rows))))


def test_at_first_nothing_is_heard():
    told = heard([])
    assert not told.keys.any()
    assert not told.rhythm.any()
    assert not told.motifs.any()
    assert told.clock[0, :3].tolist() == [1, 1, 1]  # no time has passed
    assert not told.clock[0, 3:].any()


def test_the_inputs_have_their_shapes():
    moment = Listener(2).play(np.zeros((2, 5, 3), np.int64))
    told = features.inputs(moment)
    assert [part.shape for part in told] == [
        (2, 5, 88, 12), (2, 5, 17), (2, 5, 101, 7), (2, 5, 88, 7),
    ]  # fmt: skip
    assert {part.dtype for part in told} == {np.dtype(np.float32)}
    assert told.keyboard.shape == (2, 5, 264)


def test_a_sounding_key_tells_its_age_twice():
    told = heard([[0, 39, 16], [100, 43, 16]])
    assert told.keys[-1, 43, :3].tolist() == [1, 1, 1]
    assert told.keys[-1, 39, :3] == pytest.approx([1, np.exp(-1 / 0.3), np.exp(-1 / 1.5)], rel=1e-5)
    assert np.count_nonzero(told.keys[-1, :, :3]) == 6


def test_a_key_that_went_up_is_remembered_as_struck_and_released():
    told = heard([[0, 39, 16], [30, 39 + UP, 0], [20, 50, 8]]).keys[-1, 39]
    assert not told[:3].any()
    since = np.exp(-0.5 / np.array([0.05, 0.5, 3, 20]))
    assert told[3:7] == pytest.approx(since, rel=1e-5)
    assert told[7] == pytest.approx(since[2] * 16 / 32, rel=1e-5)
    assert told[8] == pytest.approx(np.exp(-0.2 / 0.2), rel=1e-5)


def test_a_rhythm_marks_when_the_next_onset_is_due():
    """Onsets every 25 ticks; 10 ticks after the fourth, the fifth is due in 15."""
    rows = [[0, 39, 9], [25, 43, 9], [25, 46, 9], [25, 51, 9], [10, 39 + UP, 0]]
    rhythm = heard(rows).rhythm[-1]
    assert np.argwhere(rhythm).tolist() == [[15, 0], [15, 1], [15, 2]]
    assert rhythm[15].tolist() == [1, 1, 1, 0, 0, 0, 0]


def test_what_is_overdue_has_no_mark():
    rows = [[0, 39, 9], [25, 43, 9], [30, 39 + UP, 0]]
    assert not heard(rows).rhythm[-1].any()


def test_the_clock_tells_the_last_interval_and_touch():
    clock = heard([[0, 39, 8], [24, 43, 16], [50, 39 + UP, 0]]).clock[-1]
    assert clock[:3] == pytest.approx(np.exp(-0.5 / np.array([0.05, 0.5, 3])), rel=1e-5)
    assert clock[3:7].tolist() == [0, 0, 0, 0]  # ln of (24 + 1) / 25; no others yet
    assert clock[-4:] == pytest.approx([17 / 32, 9 / 32, 0, 1 / 10])


def test_a_repeated_passage_is_expected():
    """Five notes, then the first three again: the fourth is expected, with its touch and time."""
    first = [(39, 8), (43, 8), (46, 8), (60, 20), (62, 20)]
    rows = []
    for key, velocity in first + first[:3]:
        rows += [[20, key, velocity], [10, key + UP, 0]]
    told = heard(rows)
    keys, clock = told.keys[-1], told.clock[-1]
    assert np.flatnonzero(keys[:, features.EXPECTED_NEXT]).tolist() == [60]
    assert keys[60, 11] == pytest.approx(21 / 32)
    assert np.argwhere(told.rhythm[-1][:, 4:6]).tolist() == [[20, 0], [20, 1]]  # 30 - 10 passed
    order, trust, known, near, _, loud = clock[7:13]
    assert (order, known) == (3 / 8, 1)
    assert 0 <= trust < 1
    assert near == pytest.approx(np.exp(-0.2 / 0.05), rel=1e-5)
    assert loud == pytest.approx(21 / 32)


def test_a_motif_in_another_key_is_foretold_with_its_times():
    """Two steps up and a leap, 20 then 40 ticks apart; then the same two steps from elsewhere."""
    rows = []
    for shift, key in ((0, 39), (20, 41), (20, 43), (40, 50), (70, 30), (20, 32), (20, 34)):
        rows += [[shift, key, 9]]
    told = heard([*rows, [10, 50 + UP, 0]])
    assert told.motifs[-1, 41, 0] == pytest.approx(1 / 1.5)
    assert np.count_nonzero(told.motifs[-1, :, 0]) == 1
    assert np.flatnonzero(told.rhythm[-1][:, 5]).tolist() == [30]


def test_the_end_comes_nearer():
    assert features.ending(0).tolist() == [1, 1, 1, 1]
    assert features.ending(-3).tolist() == [1, 1, 1, 1]
    assert features.ending(6) == pytest.approx(np.exp([-4, -1, -0.25, -0.0625]))


def test_an_end_that_nobody_has_told_is_zeros():
    told = features.ending(np.array([np.inf, 0]))
    assert told.tolist() == [[0, 0, 0, 0], [1, 1, 1, 1]]
    assert told.dtype == np.float32


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
