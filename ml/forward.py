"""The network in numpy: the same sums as `network.Network`, a row at a time, without Keras.

All arrays may have leading dimensions: () for composing one piece, (pieces,) for measuring many.
"""

from dataclasses import dataclass

import numpy as np

from ml.architecture import BLOCK, Architecture
from ml.encoding import KEY, KEYS, SHIFT, VELOCITY
from ml.features import EXPECTED_NEXT, EXPECTED_NOW, Inputs

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
        self.rhythm, self.keys = Neighbourhood(weights, "rhythm"), Neighbourhood(weights, "key")
        self.motifs = [weights[f"key_motifs/vars/{i}"] for i in (0, 1) if architecture.hears_motifs]

    def start(self, *shape: int) -> State:
        """The state before a piece: zeros."""
        return State(*np.zeros((4, *shape, self.architecture.units), np.float32))

    def wish(self, wish: np.ndarray) -> np.ndarray:
        """Vectors of a wish, (..., 3) numbers of style, energy, loudness -> (..., widths)."""
        names = ("style", "energy", "loudness")
        return np.concatenate([self.tables[n][wish[..., i]] for i, n in enumerate(names)], axis=-1)

    def hear(self, before, wish, ending, told: Inputs, state: State) -> np.ndarray:
        """Take one row in, and move `state` on.

        before (..., 3) int, wish (..., widths) from `wish`, ending (..., 4), `told` of (...)
        -> (..., 2 * units + CLOCK), what both layers say, and the clock.
        """
        seen = [
            self.tables["shift"][before[..., SHIFT]],
            self.tables["key"][before[..., KEY]],
            self.tables["velocity"][before[..., VELOCITY]],
            wish,
            ending,
            told.keyboard,
            told.clock,
            told.keys[..., EXPECTED_NEXT],
            state.low_h,
        ]
        joined = np.concatenate(seen, axis=-1)  # (..., inputs + units)
        state.low_h, state.low_c = _lstm_step(self.lower, joined, state.low_c)
        joined = np.concatenate([state.low_h, state.high_h], axis=-1)  # (..., 2 * units)
        state.high_h, state.high_c = _lstm_step(self.upper, joined, state.high_c)
        return np.concatenate([state.low_h, state.high_h, told.clock], axis=-1)

    def shift_logits(self, heard, told: Inputs) -> np.ndarray:
        """(..., 125)"""
        hidden = _hidden(self.heads["shift"], heard, told.keyboard)
        reading = self.rhythm.read(hidden)  # (..., 1, 2 * units)
        heard_of_rhythm = told.rhythm[..., : self.architecture.rhythm_channels]
        around = self.rhythm.look(heard_of_rhythm, reading)  # (..., 104, units)
        logits = _out(self.heads["shift"], hidden)
        logits[..., : around.shape[-2]] += self.rhythm.weigh(around, reading, 1)
        return logits

    def key_logits(self, heard, told: Inputs, before, shift) -> tuple[np.ndarray, np.ndarray]:
        """(..., 176) logits of the key, given the key of the row before and the row's shift, each
        (...) int; impossible moves stand at -1e9. And (..., 88, units), what is around each key.
        """
        expected = told.keys[..., EXPECTED_NOW], told.keys[..., EXPECTED_NEXT]
        shift_said = self.tables["shift"][shift]
        hidden = _hidden(self.heads["key"], heard, told.keyboard, *expected, shift_said)
        reading = self.keys.read(hidden)  # (..., 1, 3 * units)
        around = self.keys.look(told.keys, reading)  # (..., 88, units)
        logits = _out(self.heads["key"], hidden)
        logits[..., :KEYS] += self.keys.weigh(around, reading, 1)
        logits[..., KEYS:] += self.keys.weigh(around, reading, 2)
        if self.motifs:
            kernel, bias = self.motifs
            logits[..., :KEYS] += np.einsum("...pc,...c->...p", told.motifs, hidden @ kernel + bias)
        logits[impossible_keys(told.keys[..., 0] > 0, before, shift)] = IMPOSSIBLE
        return logits, around

    def velocity_logits(self, heard, told: Inputs, around, shift, key) -> np.ndarray:
        """(..., 32), given the row's shift and key, each (...) int, a key that goes down."""
        struck = key[..., None, None]
        at_key = [np.take_along_axis(p, struck, axis=-2)[..., 0, :] for p in (told.keys, around)]
        shift, key = self.tables["shift"][shift], self.tables["key"][key]
        hidden = _hidden(self.heads["velocity"], heard, shift, key, *at_key)
        return _out(self.heads["velocity"], hidden)


class Neighbourhood:
    """`neighbourhood.Neighbourhood` and the Dense layer that reads its biases and weights."""

    def __init__(self, weights, name):
        self.reading = weights[f"{name}_reading/vars/0"], weights[f"{name}_reading/vars/1"]
        kernel = weights[f"{name}_around/vars/0"]  # (2 * reach + 1, channels, units)
        window, channels, self.units = kernel.shape
        self.reach, self.seen = window // 2, BLOCK + window - 1
        moved = np.zeros((self.seen, channels, BLOCK, self.units), np.float32)
        for place in range(BLOCK):
            moved[place : place + window, :, place] = kernel
        self.kernel = moved.reshape(self.seen * channels, BLOCK * self.units)

    def read(self, hidden) -> np.ndarray:
        kernel, bias = self.reading
        return (hidden @ kernel + bias)[..., None, :]

    def look(self, places, reading) -> np.ndarray:
        """(..., places, channels) -> (..., places, units), not below 0; whole blocks of places."""
        *leading, count, channels = places.shape
        blocks = -(-count // BLOCK)
        line = np.zeros((*leading, blocks * BLOCK + 2 * self.reach, channels), np.float32)
        line[..., self.reach : self.reach + count, :] = places
        seen = BLOCK * np.arange(blocks)[:, None] + np.arange(self.seen)  # (blocks, seen)
        views = line.take(seen, axis=-2).reshape(*leading, blocks, self.seen * channels)
        found = (views @ self.kernel).reshape(*leading, blocks * BLOCK, self.units)
        return np.maximum(found + reading[..., : self.units], 0)

    def weigh(self, around, reading, which: int) -> np.ndarray:
        """(..., places): what the units say together, by the weights that were read."""
        weights = reading[..., self.units * which : self.units * (which + 1)]
        return np.einsum("...pu,...ou->...p", around, weights)


def impossible_keys(down: np.ndarray, before: np.ndarray, shift: np.ndarray) -> np.ndarray:
    """Where a key cannot move that way, (..., 176) bool: down only if it is up, and in one instant
    first what goes up, then what goes down, each from low to high.

    `down` (..., 88) bool, `before` (...) int the key of the row before, `shift` (...) int.
    """
    before, now = before[..., None], shift[..., None] == 0
    past = np.arange(KEYS) <= before % KEYS
    struck = now & (before < KEYS)
    lifted = now & (before >= KEYS) & (before < 2 * KEYS)  # the beginning is neither
    return np.concatenate([down | (struck & past), ~down | struck | (lifted & past)], axis=-1)


def _lstm(weights, layer):
    kernel, recurrent, bias = (weights[f"{layer}/vars/{i}"] for i in range(3))
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


def _hidden(head, *inputs):
    kernel, bias, _, _ = head
    return np.maximum(np.concatenate(inputs, axis=-1) @ kernel + bias, 0)


def _out(head, hidden):
    _, _, kernel, bias = head
    return hidden @ kernel + bias
