import numpy as np
import pytest
from hypothesis import given, settings

from ml import weights
from ml.encoding import KEYS, SIZES, encode
from ml.features import BEGIN, Inputs
from ml.forward import Forward, impossible_keys
from ml.listener import Listener
from tests.ml.feeding import inputs_of, part
from tests.ml.pieces import any_pieces, walk
from tests.ml.tiny import random_weights, tiny_architecture

PIECES, STEPS = 3, 240
FIELDS = ("shift", "key", "velocity")


@pytest.fixture(scope="module")
def inputs():
    rows = np.stack([encode(walk(seed, notes=STEPS // 2))[:STEPS] for seed in range(PIECES)])
    left = np.linspace(30, 0, STEPS)[None] + np.arange(PIECES)[:, None]
    told = inputs_of(rows, left=left)
    told["wish"] = np.array([[2, 5, 1], [0, 0, 0], [1, 0, 3]], np.int32)[:, None].repeat(STEPS, 1)
    return told


def in_numpy(forward, inputs, pieces=slice(None)):
    """Logits of every step, one row at a time with the state carried; and the state at the end."""
    told = {name: array[pieces] for name, array in inputs.items()}
    state = forward.start(*told["rows"].shape[:-2])
    wish = forward.wish(told["wish"][..., 0, :])
    axis = told["rows"].ndim - 2  # of time
    steps = []
    for step in range(STEPS):
        now = {name: np.moveaxis(array, axis, 0)[step] for name, array in told.items()}
        heard_now = Inputs(*(now[name] for name in Inputs._fields))
        heard = forward.hear(now["before"], wish, now["ending"], heard_now, state)
        shift, key = now["rows"][..., 0], now["rows"][..., 1]
        keys, around = forward.key_logits(heard, heard_now, now["before"][..., 1], shift)
        struck = key % KEYS  # of a key that goes up nobody asks how hard
        velocity = forward.velocity_logits(heard, heard_now, around, shift, struck)
        steps.append([forward.shift_logits(heard, heard_now), keys, velocity])
    return [np.stack(field, axis=-2) for field in zip(*steps, strict=True)], state


def in_keras(network, inputs):
    """The same in windows of 60 steps, the state carried from one to the next."""
    state = [np.zeros((PIECES, network.architecture.units), np.float32) for _ in range(4)]
    windows = []
    for begin in range(0, STEPS, 60):
        logits, state = network(part(inputs, slice(begin, begin + 60)), state)
        windows.append([np.array(field) for field in logits])
    return [np.concatenate(field, axis=1) for field in zip(*windows, strict=True)], state


@pytest.fixture(scope="module")
def both(network, model_file, inputs):
    return in_numpy(Forward(*weights.read(model_file)), inputs), in_keras(network, inputs)


@pytest.mark.parametrize("field", [0, 1, 2], ids=FIELDS)
def test_its_logits_are_those_of_keras(both, inputs, field):
    (ours, _), (theirs, _) = both
    assert ours[field].shape == (PIECES, STEPS, SIZES[field])
    possible = theirs[field] > -1e8
    assert np.array_equal(ours[field] > -1e8, possible)
    if field == 2:  # nobody asks how hard a key goes up
        possible &= inputs["rows"][:, :, 1, None] < KEYS
    np.testing.assert_allclose(ours[field][possible], theirs[field][possible], atol=1e-4)
    assert np.ptp(theirs[field][possible]) > 1  # else equality would say nothing


def test_its_state_is_that_of_keras(both):
    (_, ours), (_, theirs) = both
    for a, b in zip((ours.low_h, ours.low_c, ours.high_h, ours.high_c), theirs, strict=True):
        np.testing.assert_allclose(a, b, atol=1e-4)


def test_one_piece_alone_is_the_same_as_among_others(inputs):
    architecture = tiny_architecture()
    forward = Forward(architecture, random_weights(architecture))
    many, _ = in_numpy(forward, inputs)
    one, _ = in_numpy(forward, inputs, pieces=1)
    for a, b in zip(one, many, strict=True):
        np.testing.assert_allclose(a, b[1], atol=1e-5)


def test_all_its_sums_are_in_float32(inputs):
    architecture = tiny_architecture()
    logits, state = in_numpy(Forward(architecture, random_weights(architecture)), inputs, 0)
    assert {field.dtype for field in logits} == {np.dtype(np.float32)}
    assert state.low_c.dtype == state.high_h.dtype == np.float32


def test_the_beginning_has_vectors_of_its_own():
    architecture = tiny_architecture()
    tables = Forward(architecture, random_weights(architecture)).tables
    for name, place in zip(FIELDS, BEGIN, strict=True):
        assert len(tables[name]) == place + 1


def possible_moves(down, before, shift):
    moves = ~impossible_keys(np.isin(np.arange(KEYS), down), np.int64(before), np.int64(shift))
    return np.flatnonzero(moves).tolist()


ALL = set(range(KEYS))


def test_a_key_goes_down_only_if_it_is_up():
    possible = possible_moves(down=[39], before=50 + KEYS, shift=5)
    assert possible == [*sorted(ALL - {39}), KEYS + 39]


def test_in_one_instant_keys_go_down_from_low_to_high():
    assert possible_moves(down=[10, 60], before=60, shift=0) == list(range(61, KEYS))


def test_in_one_instant_keys_go_up_from_low_to_high_and_then_down():
    possible = possible_moves(down=[10, 60, 70], before=60 + KEYS, shift=0)
    assert possible == [*sorted(ALL - {10, 60, 70}), KEYS + 70]


def test_the_first_row_follows_none():
    assert possible_moves(down=[], before=2 * KEYS, shift=0) == list(range(KEYS))


@settings(max_examples=50, deadline=None)
@given(any_pieces())
def test_no_piece_needs_an_impossible_move(piece):
    rows = encode(piece)[None].astype(np.int64)
    before = np.concatenate([[2 * KEYS], rows[0, :-1, 1]])
    down = Listener(1).play(rows).down[0]
    impossible = impossible_keys(down, before, rows[0, :, 0])
    assert not impossible[np.arange(len(down)), rows[0, :, 1]].any()


def test_impossible_moves_are_far_below_all_others(inputs):
    architecture = tiny_architecture()
    forward = Forward(architecture, random_weights(architecture))
    told = Inputs(*(inputs[name][0, 100] for name in Inputs._fields))
    logits, _ = forward.key_logits(np.zeros(49, np.float32), told, np.int64(3), np.int64(0))
    down = told.keys[:, 0] > 0
    assert np.array_equal(logits < -1e8, impossible_keys(down, np.int64(3), np.int64(0)))
