"""The network in numpy: the same sums as `network.Network`, a row at a time, without Keras.

All arrays may have leading dimensions: () for composing one piece, (pieces,) for measuring many.
"""

from dataclasses import dataclass

import numpy as np

from ml.architecture import Architecture
from ml.encoding import KEY, KEYS, SHIFT, VELOCITY

IMPOSSIBLE = np.float32(-1e9)  # logit of a key that cannot move that way


@dataclass
class State:
    """What the two LSTM layers remember: hidden h and cell c, each (..., units)."""

    low_h: np.ndarray
    low_c: np.ndarray
    high_h: np.ndarray
    high_c: np.ndarray


class Forward:
    """The network's sums. `weights` as `Architecture.shapes` names them, float32."""

    def __init__(self, architecture: Architecture, weights: dict[str, np.ndarray]):
        self.architecture = architecture
        self.tables = {
            name: weights[f"{name}_table/vars/0"]
            for name in ("shift", "key", "velocity", "style", "energy", "loudness")
        }
        self.lower, self.upper = _lstm(weights, "lower"), _lstm(weights, "upper")
        self.heads = {field: _head(weights, field) for field in ("shift", "key", "velocity")}

    def start(self, *shape: int) -> State:
        """The state before a piece: zeros."""
        return State(*np.zeros((4, *shape, self.architecture.units), np.float32))

    def wish(self, wish: np.ndarray) -> np.ndarray:
        """Vectors of a wish, (..., 3) numbers of style, energy, loudness -> (..., widths)."""
        names = ("style", "energy", "loudness")
        return np.concatenate([self.tables[n][wish[..., i]] for i, n in enumerate(names)], axis=-1)

    def hear(self, before, wish, ending, keyboard, state: State) -> np.ndarray:
        """Take one row in, and move `state` on.

        before (..., 3) int, wish (..., widths) from `wish`, ending (..., 4), keyboard (..., 264)
        -> (..., 2 * units), what both layers say.
        """
        seen = [
            self.tables["shift"][before[..., SHIFT]],
            self.tables["key"][before[..., KEY]],
            self.tables["velocity"][before[..., VELOCITY]],
            wish,
            ending,
            keyboard,
            state.low_h,
        ]
        joined = np.concatenate(seen, axis=-1)  # (..., inputs + units)
        state.low_h, state.low_c = _lstm_step(self.lower, joined, state.low_c)
        joined = np.concatenate([state.low_h, state.high_h], axis=-1)  # (..., 2 * units)
        state.high_h, state.high_c = _lstm_step(self.upper, joined, state.high_c)
        return np.concatenate([state.low_h, state.high_h], axis=-1)

    def shift_logits(self, heard, keyboard) -> np.ndarray:
        """(..., 125)"""
        return _dense(self.heads["shift"], heard, keyboard)

    def key_logits(self, heard, keyboard, shift) -> np.ndarray:
        """(..., 176), given the row's shift (...) int; impossible moves stand at -1e9."""
        logits = _dense(self.heads["key"], heard, keyboard, self.tables["shift"][shift])
        down = keyboard[..., :KEYS]
        return logits + IMPOSSIBLE * np.concatenate([down, 1 - down], axis=-1)

    def velocity_logits(self, heard, shift, key) -> np.ndarray:
        """(..., 32), given the row's shift and key, each (...) int."""
        shift, key = self.tables["shift"][shift], self.tables["key"][key]
        return _dense(self.heads["velocity"], heard, shift, key)


def _lstm(weights, layer):
    kernel, recurrent, bias = (weights[f"{layer}/cell/vars/{i}"] for i in range(3))
    return np.concatenate([kernel, recurrent]), bias


def _lstm_step(lstm, joined, cell):
    """Hochreiter and Schmidhuber (1997) with forget gates, in Keras' order i, f, c, o."""
    kernel, bias = lstm
    gates = joined @ kernel + bias  # (..., 4 * units)
    units = cell.shape[-1]
    let_in = _sigmoid(gates[..., :units])
    keep = _sigmoid(gates[..., units : 2 * units])
    fresh = np.tanh(gates[..., 2 * units : 3 * units])
    let_out = _sigmoid(gates[..., 3 * units :])
    cell = keep * cell + let_in * fresh  # (..., units)
    return let_out * np.tanh(cell), cell


def _sigmoid(x):
    return np.float32(0.5) * (np.tanh(np.float32(0.5) * x) + np.float32(1))


def _head(weights, field):
    return [weights[f"{field}_{layer}/vars/{i}"] for layer in ("hidden", "head") for i in (0, 1)]


def _dense(head, *inputs):
    hidden_kernel, hidden_bias, kernel, bias = head
    hidden = np.concatenate(inputs, axis=-1) @ hidden_kernel + hidden_bias
    return np.maximum(hidden, 0) @ kernel + bias
