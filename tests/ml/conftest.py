"""One Keras network for all tests that need it: TensorFlow takes ten seconds to import."""

import numpy as np
import pytest

from ml import midi
from tests.ml.tiny import tiny_architecture


@pytest.fixture
def read(tmp_path):
    """Read bytes as a file; its notes as (onset, end, pitch, velocity), ms."""

    def read(data):
        path = tmp_path / "piece.mid"
        path.write_bytes(data)
        notes = midi.read(path).notes
        return [
            (round(note.onset * 1000, 3), round(note.end * 1000, 3), note.pitch, note.velocity)
            for note in notes
        ]

    return read


@pytest.fixture(scope="session")
def network():
    """A tiny network in Keras, all its weights random, the biases too."""
    from ml.network import Network

    made = Network(tiny_architecture())
    made.build()
    rng = np.random.default_rng(1)
    for weight in made.weights:
        weight.assign(rng.normal(0, 0.3, weight.shape))
    return made


@pytest.fixture(scope="session")
def model_file(network, tmp_path_factory):
    """The `.keras` file of `network`, written by Keras."""
    path = tmp_path_factory.mktemp("model") / "tiny.keras"
    network.save(path)
    return path


def pytest_configure(config):
    # Keras' own, under numpy 2: nothing that we could do otherwise.
    config.addinivalue_line(
        "filterwarnings", "ignore:__array__ implementation doesn't accept:DeprecationWarning"
    )
