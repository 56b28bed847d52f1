"""The network while it learns: its loss, the state that it carries, its weights to keep."""

from pathlib import Path

import keras
import numpy as np
from keras import ops

from ml.architecture import Architecture
from ml.encoding import FIELDS, KEY, KEYS
from ml.network import Network


class Trainer(keras.Model):
    """Carries the LSTM's state from batch to batch, and counts nats. Never saved itself."""

    def __init__(self, network: Network, lanes: int):
        super().__init__()
        self.network = network
        self.state = [
            self.add_weight(
                shape=(lanes, network.architecture.units),
                initializer="zeros",
                trainable=False,
                name=f"state_{i}",
            )
            for i in range(4)
        ]
        self.field_means = [keras.metrics.Mean(name=field) for field in FIELDS]

    @property
    def metrics(self):
        return self.field_means

    def call(self, inputs):
        logits, state = self.network(inputs, [kept * inputs["keep"] for kept in self.state])
        for kept, new in zip(self.state, state, strict=True):
            kept.assign(ops.stop_gradient(new))
        return logits

    def compute_loss(self, x, y, y_pred, sample_weight, training=True):
        """Nats a row; the metrics count nats a note."""
        struck = ops.cast(y[:, :, KEY] < KEYS, "float32") * sample_weight
        weights = (sample_weight, sample_weight, struck)
        notes = ops.maximum(ops.sum(struck), 1.0)
        total = 0.0
        for field, (logits, weight, mean) in enumerate(
            zip(y_pred, weights, self.field_means, strict=True)
        ):
            nats = ops.sparse_categorical_crossentropy(y[:, :, field], logits, from_logits=True)
            summed = ops.sum(nats * weight)
            mean.update_state(summed / notes)
            total += summed
        return total / ops.maximum(ops.sum(sample_weight), 1.0)


def trainer(architecture: Architecture, lanes: int) -> Trainer:
    """A trainer of a network with fresh weights."""
    network = Network(architecture)
    network.build()
    return Trainer(network, lanes)


def arrays(network: Network) -> dict[str, np.ndarray]:
    """The network's weights by the names of `Architecture.shapes`."""
    return {name: ops.convert_to_numpy(weight) for name, weight in _named(network)}


def assign(network: Network, learnt: dict[str, np.ndarray]) -> None:
    """Give the network the weights that `arrays` or `weights.read` gave; the others stay."""
    for name, weight in _named(network):
        if name in learnt:
            weight.assign(learnt[name])


def _named(network):
    for layer in network.layers:
        for i, weight in enumerate(layer.weights):
            yield f"{layer.name}/vars/{i}", weight


def save(network: Network, path: Path) -> None:
    """Write the `.keras` file whole, or not at all."""
    partial = path.with_suffix(".part.keras")
    network.save(partial)
    partial.replace(path)
