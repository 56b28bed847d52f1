import random
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ml.beats import STEPS, gather, track
from ml.notes import Note, Piece
from ml.score import LEAST_FIT

BEAT = 0.55  # seconds
RHYTHM = [0, 12, 24, 36, 48, 60, 66, 72, 84, 96, 120, 144, 152, 160, 168]  # steps of eight beats


def played(jitter, drift, seed=7, bars=12):
    """A made-up march by a hand that is late by `jitter` seconds and whose tempo drifts."""
    dice, now, step_seconds, notes, steps = random.Random(seed), 0.0, BEAT / STEPS, [], []
    places = [192 * bar + step for bar in range(bars) for step in RHYTHM]
    for place, following in pairwise([*places, places[-1] + STEPS]):
        onset = max(0.0, now + dice.uniform(-jitter, jitter))
        strong = place % (2 * STEPS) == 0
        pitches = (40, 52, 64, 67) if strong else (69 + dice.choice((0, 2, 3)),)
        notes += [Note(onset, 0.4, pitch, 84 if strong else 58) for pitch in pitches]
        steps.append(place)
        swing = 1 + drift * np.sin(place / 300)
        now += (following - place) * step_seconds * swing
    return Piece(tuple(notes)), np.array(steps)


@pytest.mark.parametrize(
    ("jitter", "drift"),
    [(0, 0), (0.015, 0), (0.015, 0.05)],
    ids=["exact", "late", "late, drifting"],
)
def test_it_finds_the_grid_again(jitter, drift):
    piece, steps = played(jitter, drift)
    found = track(piece).steps

    assert len(found) == len(steps)
    # Beats twice as long or short tell the same music.
    ratio = np.median(np.diff(found) / np.diff(steps))
    right = np.diff(found) == ratio * np.diff(steps)
    assert ratio in (0.5, 1, 2)
    assert right.mean() >= 0.95


def test_chance_fits_worse_than_music():
    dice, now, notes = random.Random(3), 0.0, []
    for _ in range(200):
        now += dice.expovariate(6)
        notes.append(Note(now, 0.2, dice.randint(40, 90), dice.randint(20, 110)))

    assert track(Piece(tuple(notes))).fit < LEAST_FIT < track(played(0.015, 0.05)[0]).fit


def test_what_is_struck_together_is_a_chord():
    onsets = [0.0, 0.02, 0.05, 0.3, 0.32]
    piece = Piece(tuple(Note(onset, 1, 60 + i, 64) for i, onset in enumerate(onsets)))

    assert [len(chord) for chord in gather(piece)] == [3, 2]


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(st.floats(0.001, 20), st.integers(21, 108)), min_size=3, max_size=40))
def test_time_never_goes_back(wishes):
    now, notes = 0.0, []
    for gap, pitch in wishes:
        now += gap
        notes.append(Note(now, 0.1, pitch, 64))
    if len(gather(Piece(tuple(notes)))) < 2:
        return
    pulse = track(Piece(tuple(notes)))

    assert (np.diff(pulse.steps) >= 0).all()
    assert 0 <= pulse.steps[0] < STEPS
