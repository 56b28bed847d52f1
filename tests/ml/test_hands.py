from itertools import pairwise

from ml.hands import split
from ml.notes import Note


def chord(onset, *pitches):
    return tuple(Note(onset, 0.4, pitch, 64) for pitch in pitches)


def test_a_tune_over_chords_is_the_right_hands():
    chords = tuple(chord(i * 0.5, 43, 50, 55, 76 + i % 3) for i in range(8))

    assert all(55 < line <= 76 for line in split(chords))


def test_a_scale_is_not_handed_over_in_the_middle():
    chords = tuple(chord(i * 0.15, 48 + i) for i in range(20))
    hands = [line <= notes[0].pitch for notes, line in zip(chords, split(chords), strict=True)]

    assert sum(one != other for one, other in pairwise(hands)) <= 1


def test_no_hand_has_to_stretch_over_what_two_can_reach():
    chords = tuple(chord(i * 0.5, 36, 43, 48, 67, 72, 76) for i in range(4))

    assert all(48 < line <= 67 for line in split(chords))
