import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ml.loops import LONGEST_PATTERN, LoopGuard, most_repeats


def slow_most_repeats(pitches):
    """The same by definition: every pattern at every place."""
    most = 1 if pitches else 0
    for length in range(1, LONGEST_PATTERN + 1):
        for start in range(len(pitches) - length + 1):
            pattern, times = pitches[start : start + length], 1
            while pitches[start + times * length : start + (times + 1) * length] == pattern:
                times += 1
            most = max(most, times)
    return most


@pytest.mark.parametrize(
    ("pitches", "repeats"),
    [
        pytest.param([], 0, id="nothing"),
        pytest.param([60], 1, id="one note"),
        pytest.param([60, 62, 64], 1, id="no pattern"),
        pytest.param([60] * 7, 7, id="one key"),
        pytest.param([60, 62] * 5, 5, id="a trill"),
        pytest.param([60, 62] * 5 + [60], 5, id="a trill and a half"),
        pytest.param([1, 2, 3, 4, 5, 6, 7, 8] * 3, 3, id="eight notes"),
        pytest.param([1, 2, 3, 4, 5, 6, 7, 8, 9] * 3, 1, id="nine notes are too many"),
        pytest.param([9, 9, 60, 62, 60, 62, 9], 2, id="in the middle"),
    ],
)
def test_repeats_of_known_patterns(pitches, repeats):
    assert most_repeats(pitches) == repeats


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(60, 62), max_size=40))
def test_repeats_are_those_of_the_definition(pitches):
    assert most_repeats(pitches) == slow_most_repeats(pitches)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.integers(60, 61), max_size=30), st.integers(2, 4))
def test_a_pitch_is_banned_exactly_when_it_would_repeat_too_often(pitches, most):
    guard = LoopGuard(most)
    for pitch in pitches:
        if pitch not in guard.banned():
            guard.add(pitch)
    assert most_repeats(guard.pitches) <= most
    for pitch in (60, 61, 62):
        repeats = slow_most_repeats([*guard.pitches, pitch])
        assert (pitch in guard.banned()) == (repeats > most)


def test_whatever_is_drawn_beside_the_bans_repeats_at_most_six_times():
    rng, guard = random.Random(1), LoopGuard()
    for _ in range(2000):
        free = [pitch for pitch in (60, 62, 64) if pitch not in guard.banned()]
        guard.add(rng.choices(free, [1000**-i for i in range(len(free))])[0])
    assert most_repeats(guard.pitches) == 6
