import numpy as np
import pytest

BATCH, TIME, INPUTS, UNITS = 3, 7, 5, 4


@pytest.fixture(scope="module")
def layers():
    """Keras' layer and ours, with the same weights."""
    import keras

    from ml.lstm import LSTM

    theirs = keras.layers.LSTM(UNITS, return_sequences=True, return_state=True)
    ours = LSTM(UNITS)
    theirs.build((None, TIME, INPUTS))
    ours.build((None, TIME, INPUTS))
    rng = np.random.default_rng(1)
    for a, b in zip(theirs.weights, ours.weights, strict=True):
        assert a.shape == b.shape
        value = rng.normal(0, 1, a.shape).astype(np.float32)
        a.assign(value)
        b.assign(value)
    return theirs, ours


@pytest.fixture(scope="module")
def results(layers):
    """Of both: output, h, c, and the gradients by inputs, h, c and all weights."""
    import tensorflow as tf

    rng = np.random.default_rng(2)
    inputs = tf.constant(rng.normal(size=(BATCH, TIME, INPUTS)), tf.float32)
    h, c = (tf.constant(rng.normal(size=(BATCH, UNITS)), tf.float32) for _ in range(2))
    wanted = tf.constant(rng.normal(size=(BATCH, TIME, UNITS)), tf.float32)
    theirs, ours = layers

    def with_gradients(layer, call):
        with tf.GradientTape() as tape:
            tape.watch([inputs, h, c])
            out, last_h, last_c = call()
            loss = tf.reduce_sum(out * wanted) + tf.reduce_sum(last_h**2) + tf.reduce_sum(last_c**3)
        asked = [inputs, h, c, *(weight.value for weight in layer.weights)]
        return [out, last_h, last_c, *tape.gradient(loss, asked)]

    return (
        with_gradients(theirs, lambda: theirs(inputs, initial_state=[h, c])),
        with_gradients(ours, lambda: ours(inputs, [h, c])),
    )


NAMES = ["out", "h", "c", "by inputs", "by h", "by c", "by kernel", "by recurrent", "by bias"]


@pytest.mark.parametrize("place", range(len(NAMES)), ids=NAMES)
def test_its_sums_and_gradients_are_those_of_keras(results, place):
    theirs, ours = (result[place].numpy() for result in results)
    np.testing.assert_allclose(ours, theirs, rtol=1e-4, atol=1e-5)
    assert np.abs(theirs).max() > 0.1  # else equality would say nothing


def test_gates_that_are_shut_tight_overflow_into_nothing():
    from ml.lstm import forward

    driven = np.full((1, 2, 4), -1000, np.float32)
    state = np.ones((1, 1), np.float32)
    with np.errstate(all="raise", under="ignore"):
        out, c, *_ = forward(driven, np.zeros((1, 4), np.float32), state, state)
    assert not out.any()
    assert not c.any()


def test_its_forget_gates_begin_open():
    from ml.lstm import LSTM

    layer = LSTM(2)
    layer.build((None, None, 3))
    assert np.array(layer.bias).tolist() == [0, 0, 1, 1, 0, 0, 0, 0]


def test_given_inputs_count_like_learnt_ones(layers):
    import keras

    from ml.lstm import LSTM

    whole, split = layers[1], LSTM(UNITS, given=2)
    split.build((None, None, INPUTS - 2))
    for a, b in zip(whole.weights, split.weights, strict=True):
        b.assign(a)
    inputs = np.random.default_rng(4).normal(size=(BATCH, TIME, INPUTS)).astype(np.float32)
    state = [keras.ops.zeros((BATCH, UNITS)) for _ in range(2)]
    one, *_ = whole(inputs, state)
    two, *_ = split(inputs[..., :-2], state, inputs[..., -2:])
    np.testing.assert_allclose(one, two, atol=1e-5)


def test_other_backends_make_the_same_sums(layers):
    import tensorflow as tf

    from ml.lstm import _in_keras, _in_numpy

    rng = np.random.default_rng(3)
    driven = tf.constant(rng.normal(size=(BATCH, TIME, 4 * UNITS)), tf.float32)
    state = [tf.constant(rng.normal(size=(BATCH, UNITS)), tf.float32) for _ in range(2)]
    recurrent = tf.convert_to_tensor(layers[1].recurrent)
    ours = _in_numpy(driven, recurrent, *state)
    general = _in_keras(driven, recurrent, *state)
    for a, b in zip(ours, general, strict=True):
        np.testing.assert_allclose(a, b, atol=1e-5)
