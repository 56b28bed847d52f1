import numpy as np
import pytest

BATCH, TIME, INPUTS, UNITS = 3, 12, 5, 7


@pytest.fixture(scope="module")
def layers():
    """Keras' own layer and ours, with the same weights."""
    import keras

    from ml.lstm import LSTM

    own = keras.layers.LSTM(UNITS, return_sequences=True, return_state=True, name="own")
    ours = LSTM(UNITS, name="ours")
    rng = np.random.default_rng(1)
    for layer in (own, ours):
        layer.build((BATCH, TIME, INPUTS))
    for a, b in zip(own.weights, ours.weights, strict=True):
        values = rng.normal(0, 0.5, a.shape)
        a.assign(values)
        b.assign(values)
    return own, ours


@pytest.fixture(scope="module")
def music():
    rng = np.random.default_rng(2)
    shapes = [(BATCH, TIME, INPUTS), (BATCH, UNITS), (BATCH, UNITS)]
    return [rng.normal(size=shape).astype(np.float32) for shape in shapes]


def outputs_and_gradients(layer, music):
    """All that comes out, and the gradients of a sum in which every output weighs differently."""
    import tensorflow as tf

    x, h, c = map(tf.constant, music)
    with tf.GradientTape() as tape:
        tape.watch([x, h, c])
        outputs = layer(x, initial_state=[h, c])
        total = sum(
            tf.reduce_sum(
                output * tf.reshape(tf.range(tf.size(output), dtype="float32"), output.shape)
            )
            for output in outputs
        )
    sources = [x, h, c, *(weight.value for weight in layer.weights)]
    return outputs, tape.gradient(total, sources)


def test_it_says_what_keras_own_layer_says(layers, music):
    (own, _), (ours, _) = (outputs_and_gradients(layer, music) for layer in layers)
    assert [output.shape for output in ours] == [
        (BATCH, TIME, UNITS),
        (BATCH, UNITS),
        (BATCH, UNITS),
    ]
    for a, b in zip(own, ours, strict=True):
        np.testing.assert_allclose(b, a, atol=1e-5)


def test_it_learns_what_keras_own_layer_learns(layers, music):
    (_, own), (_, ours) = (outputs_and_gradients(layer, music) for layer in layers)
    assert len(own) == 6
    for a, b in zip(own, ours, strict=True):
        assert np.abs(a).max() > 0
        np.testing.assert_allclose(b, a, rtol=1e-4, atol=1e-4 * np.abs(a).max())


def test_it_learns_through_a_compiled_step_as_well(layers, music):
    import tensorflow as tf

    ours = layers[1]
    _, plain = outputs_and_gradients(ours, music)
    compiled = tf.function(lambda: outputs_and_gradients(ours, music)[1])()
    for a, b in zip(plain, compiled, strict=True):
        np.testing.assert_allclose(b, a, rtol=1e-4, atol=1e-3)


def test_two_halves_with_the_state_carried_are_the_whole(layers, music):
    ours = layers[1]
    x, h, c = music
    whole = ours(x, initial_state=[h, c])
    first, h, c = ours(x[:, :5], initial_state=[h, c])
    second, h, c = ours(x[:, 5:], initial_state=[h, c])
    halves = [np.concatenate([first, second], axis=1), h, c]
    for a, b in zip(whole, halves, strict=True):
        np.testing.assert_allclose(b, a, atol=1e-6)


def test_it_always_returns_its_sequence_and_state():
    from ml.lstm import LSTM

    layer = LSTM(UNITS, return_sequences=False, return_state=False)
    assert layer.return_sequences
    assert layer.return_state


def test_its_weights_bear_keras_names_and_shapes(layers):
    own, ours = layers
    assert [(w.name, w.shape) for w in ours.weights] == [(w.name, w.shape) for w in own.weights]


def test_its_config_makes_it_again(layers):
    import keras

    again = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(layers[1]))
    assert type(again) is type(layers[1])
    assert again.units == UNITS
