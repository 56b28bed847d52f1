"""The LSTM layer that learns: Keras' own sums, in an order that a CPU likes.

`keras.layers.LSTM` multiplies its inputs with the kernel inside its loop over time, and adds up the
gradient of every weight step by step. Here all inputs are multiplied at once, only the recurrence
is left in the loop, and the recurrent weights' gradient is one product at the end. On TensorFlow
without a GPU the loop runs in numpy, with gradients by hand (backpropagation through time).
"""

import keras
import numpy as np
from keras import ops


@keras.saving.register_keras_serializable(package="nocturne")
class LSTM(keras.layers.Layer):
    """Hochreiter and Schmidhuber (1997) with forget gates; gates in Keras' order i, f, c, o.

    Besides its learnt inputs it may take `given` ones more, features that need no gradients.
    """

    def __init__(self, units: int, given: int = 0, **kwargs):
        super().__init__(**kwargs)
        self.units, self.given = units, given

    def build(self, shape):
        def bias(shape, dtype=None):  # forget gates begin open (Jozefowicz et al. 2015)
            closed, opened = ops.zeros((self.units,)), ops.ones((self.units,))
            return ops.concatenate([closed, opened, closed, closed])

        wide = 4 * self.units
        self.kernel = self.add_weight(
            shape=(shape[-1] + self.given, wide), initializer="glorot_uniform", name="kernel"
        )
        self.recurrent = self.add_weight(
            shape=(self.units, wide), initializer="orthogonal", name="recurrent"
        )
        self.bias = self.add_weight(shape=(wide,), initializer=bias, name="bias")

    def call(self, inputs, state, given=None):
        """(batch, time, inputs), h and c each (batch, units), given (batch, time, given)
        -> (batch, time, units), h, c.
        """
        learnt = self.kernel.shape[0] - self.given
        driven = ops.matmul(inputs, self.kernel[:learnt]) + self.bias  # (batch, time, 4 * units)
        if given is not None:
            driven += ops.matmul(given, self.kernel[learnt:])
        if _is_tensorflow_on_cpu():
            return _in_numpy(driven, self.recurrent, *state)
        return _in_keras(driven, self.recurrent, *state)


def _is_tensorflow_on_cpu():
    if keras.backend.backend() != "tensorflow":
        return False
    import tensorflow as tf

    return not tf.config.list_physical_devices("GPU")


def _in_keras(driven, recurrent, h, c):
    """The recurrence in Keras' operations, for any backend."""

    out = []
    for t in range(driven.shape[1]):
        let_in, keep, fresh, let_out = ops.split(
            driven[:, t] + ops.matmul(h, recurrent), 4, axis=-1
        )
        c = ops.sigmoid(keep) * c + ops.sigmoid(let_in) * ops.tanh(fresh)
        h = ops.sigmoid(let_out) * ops.tanh(c)
        out.append(h)
    return ops.stack(out, axis=1), h, c


def _in_numpy(driven, recurrent, h, c):
    import tensorflow as tf

    @tf.custom_gradient
    def recur(driven, recurrent, h, c):
        # (batch, time, units), (batch, units), and what the gradients need, batch second
        kinds = [tf.float32] * 5
        out, last, gates, cells, shown = tf.numpy_function(
            forward, [driven, recurrent, h, c], kinds, stateful=False
        )

        def gradients(d_out, d_h, d_c):
            d_driven, d_recurrent, d_h, d_c = tf.numpy_function(
                backward,
                [d_out, d_h, d_c, recurrent, h, c, out, gates, cells, shown],
                [tf.float32] * 4,
                stateful=False,
            )
            d_driven.set_shape(driven.shape)
            return d_driven, tf.ensure_shape(d_recurrent, recurrent.shape), d_h, d_c

        units = recurrent.shape[0]
        out.set_shape([*driven.shape[:2], units])
        last.set_shape(c.shape)
        return (out, out[:, -1], last), gradients

    return recur(driven, tf.convert_to_tensor(recurrent), h, c)


def forward(driven, recurrent, h, c):
    """out (batch, time, units), the last c, and for `backward`, time first: gates (time, batch,
    4 * units) after their squashing, cells and tanh of the cells (time, batch, units).
    """
    batch, time, wide = driven.shape
    units = wide // 4
    out = np.empty((batch, time, units), np.float32)
    gates = np.empty((time, batch, wide), np.float32)
    cells, shown = np.empty((2, time, batch, units), np.float32)
    let_in, keep, fresh, let_out = (slice(i * units, (i + 1) * units) for i in range(4))
    # All gates by one exponential: sigmoid(x) = 1 / (1 + exp(-x)), tanh(x) = 2 sigmoid(2 x) - 1.
    scale = np.full(wide, -1, np.float32)
    scale[fresh] = -2
    scaled = recurrent * scale
    with np.errstate(over="ignore"):  # exp overflows to infinity, and the sigmoid is rightly 0
        for t in range(time):
            gate = gates[t]
            np.matmul(h, scaled, out=gate)
            gate += driven[:, t] * scale
            np.exp(gate, out=gate)
            gate += 1
            np.reciprocal(gate, out=gate)
            gate[:, fresh] *= 2
            gate[:, fresh] -= 1
            cell = cells[t]
            np.multiply(gate[:, keep], c, out=cell)
            cell += gate[:, let_in] * gate[:, fresh]
            np.tanh(cell, out=shown[t])
            h = gate[:, let_out] * shown[t]
            out[:, t] = h
            c = cell
    return out, c, gates, cells, shown


def backward(d_out, d_h, d_c, recurrent, h, c, out, gates, cells, shown):
    """Gradients of driven (batch, time, 4 * units), recurrent, h and c."""
    time, batch, wide = gates.shape
    units = wide // 4
    let_in, keep, fresh, let_out = (slice(i * units, (i + 1) * units) for i in range(4))
    d_gates = np.empty((time, batch, wide), np.float32)
    slope = gates * (1 - gates)  # of the sigmoids
    slope[:, :, fresh] = 1 - gates[:, :, fresh] ** 2
    shown_slope = 1 - shown**2
    back = np.ascontiguousarray(recurrent.T)
    for t in reversed(range(time)):
        gate, d_gate = gates[t], d_gates[t]
        d_h = d_h + d_out[:, t]
        np.multiply(d_h, shown[t], out=d_gate[:, let_out])
        d_c = d_c + d_h * gate[:, let_out] * shown_slope[t]
        np.multiply(d_c, gate[:, fresh], out=d_gate[:, let_in])
        np.multiply(d_c, cells[t - 1] if t else c, out=d_gate[:, keep])
        np.multiply(d_c, gate[:, let_in], out=d_gate[:, fresh])
        d_gate *= slope[t]
        d_c = d_c * gate[:, keep]
        d_h = d_gate @ back
    before = np.concatenate([h[None], out.transpose(1, 0, 2)[:-1]])  # (time, batch, units)
    d_recurrent = before.reshape(-1, units).T @ d_gates.reshape(-1, wide)
    return np.ascontiguousarray(d_gates.transpose(1, 0, 2)), d_recurrent, d_h, d_c
