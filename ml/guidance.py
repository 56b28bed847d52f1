"""A network that follows a wish for energy or loudness more closely than it learnt to."""

import numpy as np

from ml.features import ANY
from ml.forward import Forward, State

SCALE = 2.0  # chosen by bench/levels.py (docs/experiments.md)


class Guided:
    """A `Forward` that plays one piece, and asks itself what the wish changes.

    It hears all music twice: with the wish, and with energy and loudness left open. Its logits are
    the open ones and `scale` times the difference (classifier-free guidance, Ho and Salimans 2021,
    here in the logits). Told a level by itself, the network kept to it in half of the pieces only:
    what it has played so far tells it more.
    """

    def __init__(self, forward: Forward, scale: float):
        self.forward, self.scale = forward, np.float32(scale)
        self.architecture = forward.architecture

    def start(self) -> State:
        return self.forward.start(2)

    def wish(self, wish: np.ndarray) -> np.ndarray:
        """(3,) numbers -> (2, widths)"""
        style, _, _ = wish.tolist()
        return self.forward.wish(np.array([wish, [style, ANY, ANY]]))

    def hear(self, before, wish, ending, told, state) -> np.ndarray:
        """As `Forward.hear`, of arrays without leading dimensions, but -> (2, widths)."""
        return self.forward.hear(_twice(before), wish, _twice(ending), _both(told), state)

    def shift_logits(self, heard, told) -> np.ndarray:
        return self._guided(self.forward.shift_logits(heard, _both(told)))

    def key_logits(self, heard, told, before, shift) -> tuple[np.ndarray, np.ndarray]:
        before, shift = _twice(before), _twice(shift)
        logits, around = self.forward.key_logits(heard, _both(told), before, shift)
        return self._guided(logits), around

    def velocity_logits(self, heard, told, around, shift, key) -> np.ndarray:
        shift, key = _twice(shift), _twice(key)
        return self._guided(self.forward.velocity_logits(heard, _both(told), around, shift, key))

    def _guided(self, logits):
        """(2, values) -> (values,)"""
        told, left_open = logits
        return left_open + self.scale * (told - left_open)


def _twice(array):
    return np.broadcast_to(array, (2, *np.shape(array)))


def _both(told):
    return type(told)(*map(_twice, told))
