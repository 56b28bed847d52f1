import numpy as np
import pytest

from ml.motifs import CHANNELS, LINES, TIMES, Motifs

ALL_2, ALL_3, ALL_5, UPPER_2, UPPER_3, LOWER_2, LOWER_3 = range(CHANNELS)
MOTIF = (40, 42, 44, 47)  # up by 2, 2 and 3


def after(keys, gap=20):
    """What is foretold after onsets of `keys`, `gap` ticks apart."""
    motifs = Motifs()
    for place, key in enumerate(keys):
        motifs.strike(key, place * gap)
    return motifs.foretell()


def moved(by, notes=MOTIF):
    return [key + by for key in notes]


def test_at_first_nothing_is_foretold():
    shares, due = Motifs().foretell()
    assert shares.shape == (88, CHANNELS)
    assert shares.dtype == np.float32
    assert not shares.any()
    assert due.tolist() == [[-1] * TIMES] * LINES


def test_what_is_new_foretells_nothing():
    shares, due = after((40, 42, 45, 41, 50))
    assert not shares.any()
    assert (due == -1).all()


@pytest.mark.parametrize("by", [0, 5, -12], ids=["the same", "a fourth up", "an octave down"])
def test_after_two_known_intervals_the_third_is_foretold_in_any_key(by):
    shares, _ = after([*MOTIF, *moved(by)[:3]])
    assert np.flatnonzero(shares[:, ALL_2]).tolist() == [47 + by]
    assert shares[47 + by, ALL_2] == pytest.approx(1 / 1.5)


def test_longer_agreements_have_channels_of_their_own():
    shares, _ = after([*MOTIF, 50, *moved(20)])
    assert shares[70, ALL_2] == shares[70, ALL_3] == pytest.approx(1 / 1.5)
    assert not shares[:, ALL_5].any()


def test_what_followed_more_often_is_likelier():
    shares, _ = after([*MOTIF, 30, *moved(1), 33, *moved(-3, (40, 42, 44, 45)), 20, 40, 42, 44])
    assert shares[47, ALL_2] == pytest.approx(2 / 3.5)
    assert shares[45, ALL_2] == pytest.approx(1 / 3.5)


def test_hands_are_lines_of_their_own():
    """The upper hand repeats itself a fifth higher, while the lower does something else."""
    low = (20, 13, 27, 11, 25, 16, 22)
    keys = [key for pair in zip((60, 62, 64, 67, 65, 67, 69), low, strict=True) for key in pair]
    shares, _ = after(keys)
    assert shares[72, UPPER_2] == pytest.approx(1 / 1.5)
    assert not shares[:, ALL_2].any()
    assert not shares[:, LOWER_2].any()


def test_keys_beyond_the_piano_are_not_foretold():
    shares, due = after([*MOTIF, *moved(41)[:3]])
    assert not shares.any()
    assert due[0].tolist() == [140, -1, -1]


def test_a_line_goes_on_when_it_went_on_then():
    motifs = Motifs()
    for tick, key in ((0, 40), (10, 42), (20, 44), (55, 47), (100, 30), (105, 32), (110, 34)):
        motifs.strike(key, tick)
    _, due = motifs.foretell()
    assert due[0].tolist() == [145, -1, -1]


def test_the_longest_agreement_tells_the_times():
    """Two steps up went on in 20 ticks after a leap of 10, but in 90 after one of 7."""
    motifs, tick = Motifs(), 0
    for key, gap in (
        (30, 5), (40, 5), (42, 5), (44, 20), (25, 5), (32, 5), (34, 5), (36, 90),
        (20, 5), (27, 5), (29, 5), (31, 0),
    ):  # fmt: skip
        motifs.strike(key, tick)
        tick += gap
    assert (motifs.foretell()[1][0] - tick).tolist() == [90, -1 - tick, -1 - tick]


def test_only_the_last_times_are_told():
    keys = [key for by in range(5) for key in moved(by, (40, 42, 44))]
    _, due = after(keys, gap=10)
    assert due[0].tolist() == [150, 150, 150]
