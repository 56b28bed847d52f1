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


def test_a_note_counts_where_it_sounds_in_the_middle_of_a_step():
    short = piece((0.03, 0.04, 58, 64), (0.06, 0.02, 60, 64), (0.11, 0.05, 62, 64))
    assert metrics.sounding(short).tolist() == [0, 1, 1]
    assert metrics.sounding(short, 0.3).tolist() == [0, 1, 1, 0, 0, 0]


def test_silence_is_the_share_of_steps_without_a_note():
    assert metrics.silence(piece((0, 0.25, 60, 64), (0.75, 0.25, 60, 64))) == 50
    assert metrics.silence(piece((0, 1, 60, 64)), 4) == 75
    assert metrics.silence(Piece(()), 4) == 100


def test_what_is_too_short_for_any_step_has_no_polyphony():
    assert metrics.polyphony(piece((0, 0.01, 60, 64))) == 0


def test_pitches_their_range_and_their_steps():
    tune = melody(60, 64, 64, 55)
    assert metrics.distinct_pitches(tune) == 3
    assert metrics.pitch_range(tune) == 9
    assert metrics.mean_pitch(tune) == 60.75
    assert metrics.mean_step(tune) == pytest.approx((4 + 0 + 9) / 3)


def test_one_note_has_neither_gap_nor_step():
    alone = melody(60)
    assert metrics.mean_gap(alone) == metrics.mean_step(alone) == metrics.chord_share(alone) == 0


def test_gaps_are_those_of_chords_too():
    chords = piece((0, 1, 60, 64), (0.02, 1, 64, 64), (0.05, 1, 67, 64), (1.05, 3, 60, 64))
    assert metrics.mean_gap(chords) == pytest.approx(0.35)
    assert metrics.chord_share(chords) == pytest.approx(1 / 3)  # 30 ms are one too many
    assert metrics.mean_duration(chords) == 1.5


def test_a_note_longer_than_a_string_sounds_was_never_ended():
    held = piece((0, 20, 60, 64), (1, 20.5, 62, 64), (2, 1, 64, 64))
    assert metrics.hanging_notes(held) == 1
    assert metrics.longest_note(held) == 20.5
    assert metrics.longest_note(Piece(())) == 0


# Clips


def test_a_cut_begins_at_0_and_ends_what_sounds():
    tune = piece((0.5, 3, 60, 64), (2, 1, 62, 64), (3, 9, 64, 64), (4, 1, 65, 64))
    assert metrics.cut(tune, 2, 2) == piece((0, 1, 62, 64), (1, 1, 64, 64))


def test_an_excerpt_is_the_middle_minute():
    tune = melody(*(40 + i % 37 for i in range(200)))  # 100 s
    found = metrics.excerpt(tune)
    assert found == metrics.cut(tune, 20, 60)
    assert len(metrics.clips(found)) == 2


@pytest.mark.parametrize(("seconds", "kept"), [(59, 1), (31, 1), (29, 0)])
def test_of_a_shorter_performance_it_is_the_middle_half_minute_or_nothing(seconds, kept):
    found = metrics.excerpt(melody(*[60, 62] * seconds))
    assert len(metrics.clips(found)) == kept
    assert found.seconds == 30 * kept


def test_a_composed_piece_is_cut_into_its_two_halves():
    tune = melody(*[60, 62] * 59)  # ends a second early
    one, two = metrics.clips(tune)
    assert [len(one), len(two)] == [60, 58]
    assert metrics.features(two)[list(metrics.FEATURES).index("silence")] == pytest.approx(100 / 30)


def test_a_clip_without_two_notes_is_left_out():
    assert metrics.clips(piece((0, 1, 60, 64), (40, 20, 60, 64))) == []


def test_features_of_a_clip_count_its_whole_length():
    found = dict(zip(metrics.FEATURES, metrics.features(melody(60, 64, 67)), strict=True))
    assert len(found) == 15
    assert found["notes_per_second"] == 0.1
    assert found["silence"] == 95
    assert found["polyphony"] == 1
    assert found["mean_gap"] == 0.5


def test_a_table_tells_whose_each_clip_is():
    tunes = [melody(*[60, 62] * 60), melody(60, 62), melody(*[70, 72] * 30)]
    features, owners = metrics.table(tunes)
    assert features.shape == (3, 15)
    assert owners.tolist() == [0, 0, 2]
    assert metrics.table([])[0].shape == (0, 15)


def test_a_description_has_all_figures_rounded():
    told = metrics.describe(piece((0, 0.5, 60, 50), (0.5, 1 / 3, 64, 70)))
    assert told == {
        "seconds": 0.833,
        "notes": 2,
        "notes_per_second": 2.4,
        "longest_silence": 0,
        "longest_pause": 0.5,
        "longest_note": 0.5,
        "hanging_notes": 0,
        "pattern_repeats": 1,
        "mean_gap": 0.5,
        "chord_share": 0,
        "mean_duration": 0.417,
        "pitch_class_entropy": 1,
        "pitch_entropy": 1,
        "scale_consistency": 1,
        "distinct_pitches": 2,
        "pitch_range": 4,
        "mean_pitch": 62,
        "mean_step": 4,
        "polyphony": 1,
        "silence": 0,
        "velocity_mean": 60,
        "velocity_spread": 10,
    }
