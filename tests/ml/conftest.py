"""One Keras network for all tests that need it: TensorFlow takes ten seconds to import."""

import numpy as np
import pytest

from tests.ml.tiny import tiny_architecture


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
