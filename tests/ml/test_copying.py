import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ml import copying, encoding
from ml.copying import POINT, PRIME, Learnt, melody_of_piece, melody_of_rows
from ml.notes import Note, Piece
from tests.ml.pieces import any_pieces, walk

NAMES = ["exact_16", "transposed_16", "exact_32", "transposed_32"]


def melody(*pitches):
    return np.array(pitches, np.int64)


def random_melody(seed, notes=200):
    return np.random.default_rng(seed).integers(0, 88, notes)


def chord_of(*onsets_and_pitches):
    return Piece(tuple(Note(onset, 1, pitch, 64) for onset, pitch in onsets_and_pitches))


# Melodies


def test_notes_within_30_ms_of_the_first_are_sorted_by_pitch():
    played = chord_of((0, 60), (0.01, 50), (0.02, 55), (0.03, 40))
    assert melody_of_piece(played).tolist() == [50 - 21, 55 - 21, 60 - 21, 40 - 21]


def test_a_chord_reaches_from_its_first_note_and_not_from_note_to_note():
    rolled = chord_of(*((0.02 * i, 70 - i) for i in range(4)))
    assert melody_of_piece(rolled).tolist() == [48, 49, 46, 47]


def test_one_chord_played_twice_by_unsteady_hands_is_one_melody():
    one = chord_of((1, 60), (1.02, 64), (1.01, 67))
    two = chord_of((5.02, 60), (5, 64), (5.01, 67))
    assert melody_of_piece(one).tolist() == melody_of_piece(two).tolist()


def test_a_piece_without_notes_has_no_melody():
    assert melody_of_piece(Piece(())).tolist() == []


@settings(max_examples=50, deadline=None)
@given(any_pieces())
def test_rows_have_the_melody_of_the_piece_they_tell(piece):
    rows = encoding.encode(piece)
    assert melody_of_rows(rows).tolist() == melody_of_piece(encoding.decode(rows)).tolist()


# Hashes


def hash_by_hand(run):
    """The same polynomial in Python's whole numbers: halves of halves, the first overlapping."""
    if len(run) == 1:
        return int(run[0])
    covered = 1
    while covered * 2 < len(run):
        covered *= 2
    step = len(run) - covered
    front, back = hash_by_hand(run[:covered]), hash_by_hand(run[step:])
    return (front * pow(POINT, covered, PRIME) + back) % PRIME


@pytest.mark.parametrize("length", [1, 2, 15, 16, 31, 32])
def test_hashes_are_those_of_whole_numbers_without_end(length):
    values = np.random.default_rng(1).integers(0, PRIME, 40)
    hashes = copying.run_hashes(values, length)
    assert hashes.dtype == np.uint64
    assert hashes.tolist() == [
        hash_by_hand(values[i : i + length].tolist()) for i in range(40 - length + 1)
    ]


@settings(max_examples=50, deadline=None)
@given(st.lists(st.integers(0, 175), min_size=31, max_size=31), st.integers(0, 30))
def test_a_run_with_one_value_changed_has_another_hash(run, place):
    changed = list(run)
    changed[place] = (run[place] + 1) % 176
    one, two = (copying.run_hashes(np.array(values), 31) for values in (run, changed))
    assert one != two


def test_half_a_million_runs_have_as_many_hashes():
    values = np.random.default_rng(2).integers(0, 88, 500_000)
    assert len(set(copying.run_hashes(values, 16).tolist())) == 500_000 - 15


def test_what_is_shorter_than_a_run_has_none():
    assert len(copying.run_hashes(melody(*range(15)), 16)) == 0
    assert len(copying.run_hashes(melody(), 16)) == 0
    assert len(copying.run_hashes(melody(*range(16)), 16)) == 1


# Shares


def test_what_was_learnt_is_found_whole():
    learnt = Learnt.of([random_melody(1), random_melody(2)])
    assert learnt.shares(random_melody(2)) == dict.fromkeys(NAMES, 100)


def test_in_another_key_it_is_found_transposed_only():
    learnt = Learnt.of([random_melody(1) % 80])
    assert learnt.shares(random_melody(1) % 80 + 5) == {
        "exact_16": 0,
        "transposed_16": 100,
        "exact_32": 0,
        "transposed_32": 100,
    }


def test_the_share_is_of_all_runs_of_the_piece():
    """20 notes copied are 5 runs of 16 among 85, and none of 32."""
    piece = np.concatenate([random_melody(3, 40), random_melody(1)[50:70], random_melody(4, 40)])
    shares = Learnt.of([random_melody(1)]).shares(piece)
    assert shares == pytest.approx(
        {"exact_16": 500 / 85, "transposed_16": 500 / 85, "exact_32": 0, "transposed_32": 0}
    )


def test_no_run_goes_from_one_learnt_piece_into_the_next():
    joined = np.concatenate([random_melody(1, 12), random_melody(2, 12)])
    shares = Learnt.of([random_melody(1, 12), random_melody(2, 12), random_melody(3)]).shares(
        joined
    )
    assert shares == dict.fromkeys(NAMES, 0)


def test_other_music_shares_nothing():
    assert Learnt.of([random_melody(1, 5000)]).shares(random_melody(2, 5000)) == dict.fromkeys(
        NAMES, 0
    )


def test_a_piece_shorter_than_a_run_shares_nothing():
    assert Learnt.of([random_melody(1)]).shares(random_melody(1)[:10]) == dict.fromkeys(NAMES, 0)


def test_nothing_long_enough_to_learn_is_nothing_to_copy():
    assert Learnt.of([random_melody(1, 5)]).shares(random_melody(1)) == dict.fromkeys(NAMES, 0)


def test_a_walk_played_again_in_c_sharp_is_recognised():
    higher = Piece(tuple(Note(n.onset + 3, n.duration, n.pitch + 1, 90) for n in walk(1).notes))
    shares = Learnt.of([melody_of_piece(walk(1))]).shares(melody_of_piece(higher))
    assert shares["exact_16"] == 0
    assert shares["transposed_32"] == 100


def test_a_piece_is_flagged_above_the_people_and_not_at_them():
    people = {"exact_16": 0.9, "transposed_16": 2.7, "exact_32": 0.1, "transposed_32": 0.5}
    assert copying.flags(people, people) == []
    assert copying.flags(people | {"exact_32": 0.2}, people) == ["exact_32"]
