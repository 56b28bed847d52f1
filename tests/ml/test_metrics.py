import numpy as np
import pytest

from ml import metrics
from ml.notes import Note, Piece


def piece(*notes):
    return Piece(tuple(Note(*note) for note in notes))


def melody(*pitches, gap=0.5):
    return piece(*((i * gap, gap, pitch, 64) for i, pitch in enumerate(pitches)))


def test_notes_a_second_are_over_the_whole_length():
    assert metrics.notes_per_second(melody(60, 62, 64, 65)) == 2
    assert metrics.notes_per_second(Piece(())) == 0


def test_silence_is_where_nothing_sounds():
    held = piece((1, 5, 60, 64), (2, 1, 64, 64), (8.5, 1, 60, 64), (9, 1, 62, 64))
    assert metrics.longest_silence(held) == 2.5
    assert metrics.longest_silence(melody(60, 62)) == 0
    assert metrics.longest_silence(Piece(())) == 0


def test_a_pause_is_between_onsets():
    assert metrics.longest_pause(piece((1, 5, 60, 64), (2, 1, 64, 64), (8.5, 1, 60, 64))) == 6.5
    assert metrics.longest_pause(melody(60)) == 0


def test_patterns_are_those_of_the_pitches():
    assert metrics.pattern_repeats(melody(*[60, 64, 67] * 4)) == 4


@pytest.mark.parametrize(
    ("values", "bits"),
    [
        pytest.param([7, 7, 7], 0, id="one value"),
        pytest.param([0, 1, 2, 3], 2, id="four alike"),
        pytest.param([5, 5, 9, 2], 1.5, id="half, quarter, quarter"),
    ],
)
def test_entropy_of_known_distributions(values, bits):
    assert metrics.entropy(np.array(values)) == bits


def test_octaves_are_one_pitch_class_and_two_pitches():
    octaves = melody(48, 60, 72, 84)
    assert metrics.pitch_class_entropy(octaves) == 0
    assert metrics.pitch_entropy(octaves) == 2


def test_the_pitch_class_entropy_is_at_most_that_of_twelve():
    assert metrics.pitch_class_entropy(melody(*range(60, 72))) == pytest.approx(np.log2(12))


@pytest.mark.parametrize("tonic", range(12))
def test_a_scale_is_consistent_in_every_key(tonic):
    scale = melody(*(60 + tonic + step for step in (0, 2, 4, 5, 7, 9, 11)))
    assert metrics.scale_consistency(scale) == 1


def test_all_twelve_tones_are_seven_twelfths_of_a_scale():
    assert metrics.scale_consistency(melody(*range(60, 72))) == pytest.approx(7 / 12)


def test_polyphony_counts_only_steps_in_which_something_sounds():
    alone = piece((0.01, 0.98, 60, 64))
    chord = piece((0.01, 0.98, 60, 64), (0.01, 0.98, 64, 64), (0.01, 0.98, 67, 64))
    assert metrics.polyphony(alone) == 1
    assert metrics.polyphony(chord) == 3
    both = piece(
        *((note.onset, 0.98, note.pitch, 64) for note in chord.notes), (9.01, 0.98, 60, 64)
    )
    assert metrics.polyphony(both) == 2


def test_a_description_has_all_figures_rounded():
    told = metrics.describe(piece((0, 0.5, 60, 50), (0.5, 1 / 3, 64, 70)))
    assert told == {
        "seconds": 0.833,
        "notes": 2,
        "notes_per_second": 2.4,
        "longest_silence": 0,
        "longest_pause": 0.5,
        "pattern_repeats": 1,
        "pitch_class_entropy": 1,
        "pitch_entropy": 1,
        "scale_consistency": 1,
        "polyphony": pytest.approx(1, abs=0.1),
        "velocity_mean": 60,
        "velocity_spread": 10,
    }
