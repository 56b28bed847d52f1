import numpy as np

from ml.encoding import KEYS, encode
from ml.listener import NEVER, Listener
from tests.ml.pieces import walk

UP = KEYS
ROWS = np.array([[[0, 39, 16], [10, 43, 12], [20, 39 + UP, 0], [5, 43 + UP, 0]]])


def same(one, two):
    return all(np.array_equal(a, b) for a, b in zip(one, two, strict=True))


def test_before_the_first_row_nothing_has_happened():
    moment = Listener(1).moment()
    assert not moment.down.any()
    assert (moment.struck == NEVER).all()
    assert (moment.released == NEVER).all()
    assert moment.to_next.tolist() == [-1]


def test_it_knows_before_each_row_which_keys_are_down_and_since_when():
    moment = Listener(1).play(ROWS)
    assert moment.down[0, :, 39].tolist() == [False, True, True, False]
    assert moment.struck[0, :, 39].tolist() == [NEVER, 0, 10, 30]
    assert moment.released[0, :, 39].tolist() == [NEVER, NEVER, NEVER, 0]
    assert moment.velocity[0, :, 43].tolist() == [0, 0, 12, 12]
    assert moment.touch[0, -1].tolist() == [13, 17, 0]


def test_intervals_are_those_between_chords():
    rows = np.array(
        [[[0, 39, 9], [2, 43, 9], [28, 46, 9], [50, 46 + UP, 0], [0, 51, 9], [0, 60, 9]]]
    )
    moment = Listener(1).play(rows)
    assert moment.intervals[0, -1, :3].tolist() == [50, 30, 0]
    assert moment.elapsed[0].tolist() == [0, 0, 2, 0, 50, 0]


def test_it_goes_on_where_it_stopped():
    rows = encode(walk(3))[None, :60].astype(np.int64)
    whole = Listener(1).play(rows)
    listener = Listener(1)
    halves = listener.play(rows[:, :25]), listener.play(rows[:, 25:])
    assert same(whole, [np.concatenate(parts, axis=1) for parts in zip(*halves, strict=True)])


def test_pianos_do_not_hear_one_another():
    rows = np.stack([encode(walk(seed))[:60] for seed in (1, 2)]).astype(np.int64)
    both = Listener(2).play(rows)
    assert same([part[1] for part in both], [part[0] for part in Listener(1).play(rows[1:])])


def test_a_piano_that_begins_again_has_forgotten_all_and_the_others_nothing():
    rows = np.stack([encode(walk(seed))[:60] for seed in (1, 2)]).astype(np.int64)
    listener = Listener(2)
    listener.play(rows)
    kept = [part[1].copy() for part in listener.moment()]
    listener.begin(0)
    moment = listener.moment()
    assert same([part[0] for part in moment], [part[0] for part in Listener(1).moment()])
    assert same([part[1] for part in moment], kept)
    again = listener.play(rows)
    assert same([part[0] for part in again], [part[0] for part in Listener(1).play(rows[:1])])


def test_pianos_can_be_left_out():
    rows = np.stack([encode(walk(seed))[:60] for seed in (1, 2)]).astype(np.int64)
    listener = Listener(2)
    listener.play(rows[:, :30])
    listener.drop_after(1)
    rest = listener.play(rows[:1, 30:])
    assert same([part[:, 30:] for part in Listener(1).play(rows[:1])], rest)
