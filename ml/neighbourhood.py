"""A Dense layer that looks at the surroundings of each key, or of each bin, with the same eyes."""

import keras
from keras import ops

from ml.architecture import BLOCK


@keras.saving.register_keras_serializable(package="nocturne")
class Neighbourhood(keras.layers.Layer):
    """One Dense layer shared by all places of a line: it sees the place and `reach` more on either
    side. A convolution without activation, made of one matrix product for a block of places at a
    time: narrow convolutions are slow on a CPU.
    """

    def __init__(self, reach: int, units: int, **kwargs):
        super().__init__(**kwargs)
        self.reach, self.units = reach, units

    def build(self, shape):
        self.kernel = self.add_weight(
            shape=(2 * self.reach + 1, shape[-1], self.units),
            initializer="glorot_uniform",
            name="kernel",
        )

    def call(self, places):
        """(..., places, channels) -> (..., places, units), in whole blocks of places."""
        *leading, count, channels = places.shape
        leading = ops.shape(places)[: len(leading)]
        blocks = -(-count // BLOCK)
        seen = BLOCK + 2 * self.reach
        line = ops.reshape(places, (-1, count, channels))
        line = ops.pad(line, ((0, 0), (self.reach, self.reach + blocks * BLOCK - count), (0, 0)))
        views = [line[:, BLOCK * i : BLOCK * i + seen] for i in range(blocks)]
        views = ops.reshape(ops.stack(views, axis=1), (-1, seen * channels))
        moved = [ops.pad(self.kernel, ((i, BLOCK - 1 - i), (0, 0), (0, 0))) for i in range(BLOCK)]
        kernel = ops.reshape(ops.stack(moved, axis=2), (seen * channels, BLOCK * self.units))
        return ops.reshape(ops.matmul(views, kernel), (*leading, blocks * BLOCK, self.units))
