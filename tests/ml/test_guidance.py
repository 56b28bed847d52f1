from pathlib import Path

import numpy as np
import pytest

from ml import features
from ml.composer import Composer, Request
from ml.features import BEGIN, Inputs
from ml.forward import Forward
from ml.guidance import SCALE, Guided
from ml.listener import Listener
from tests.ml.tiny import lively_weights, random_weights, tiny_architecture

WEIGHTS = Path(__file__).parents[2] / "ml" / "weights"
WISH = np.array([1, 5, 2])
SHIFT, KEY = np.int64(20), np.int64(40)


@pytest.fixture(scope="module")
def forward():
    architecture = tiny_architecture()
    return Forward(architecture, random_weights(architecture))


def logits_of(network, wish):
    """What a network says of the second row of a piece."""
    listener, state = Listener(1), network.start()
    wish, ending = network.wish(wish), features.ending(30.0)
    for before in (BEGIN, np.array([0, 39, 16])):
        told = Inputs(*(part[0] for part in features.inputs(listener.moment())))
        heard = network.hear(before, wish, ending, told, state)
        listener.move(0, 0, 39, 16)
    keys, around = network.key_logits(heard, told, before[1], SHIFT)
    velocities = network.velocity_logits(heard, told, around, SHIFT, KEY)
    return network.shift_logits(heard, told), keys, velocities


@pytest.mark.parametrize("scale", [0.0, 1.0, 2.0, 3.0])
def test_what_the_wish_changes_is_played_several_times_over(forward, scale):
    told, left_open = logits_of(forward, WISH), logits_of(forward, np.array([1, 0, 0]))
    guided = logits_of(Guided(forward, scale), WISH)
    for mixed, with_wish, without in zip(guided, told, left_open, strict=True):
        assert mixed.shape == with_wish.shape
        possible = with_wish > -1e8
        assert (mixed[~possible] < -1e8).all()
        expected = without + scale * (with_wish - without)
        np.testing.assert_allclose(mixed[possible], expected[possible], rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(
    ("wish", "guided"),
    [
        pytest.param({"energy": 3}, True, id="energy"),
        pytest.param({"loudness": 1}, True, id="loudness"),
        pytest.param({"style": "bach"}, False, id="style alone"),
        pytest.param({}, False, id="nothing"),
    ],
)
def test_the_composer_guides_a_network_that_is_told_a_level(monkeypatch, wish, guided):
    scales = []
    monkeypatch.setattr(Guided, "_guided", lambda self, both: scales.append(self.scale) or both[0])
    architecture = tiny_architecture()
    Composer(Forward(architecture, lively_weights(architecture))).compose(Request(3, 1, **wish))
    assert set(scales) == ({SCALE} if guided else set())


@pytest.mark.parametrize("model", ["concert", "open"])
def test_the_shipped_models_play_calm_or_lively_as_they_are_told(model):
    """Twice as many notes; without guidance one piece in three went its own way."""
    composer = Composer.open(WEIGHTS / f"{model}.keras")

    def notes(energy):
        asked = [Request(12, seed, energy=energy) for seed in range(1, 5)]
        return sum(len(composer.compose(request)) for request in asked)

    assert notes(5) > 2 * notes(1)
