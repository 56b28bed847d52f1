"""What the network hears beside the row before: keys, clock, rhythm, the wish, the time left.

Learning, measuring and composing all build their inputs here, so that they agree. Times are told as
exp(-time / constant), for several constants: near things finely, far ones roughly.
"""

from typing import NamedTuple

import numpy as np

from ml import encoding
from ml.encoding import (
    FINE_SHIFTS,
    KEY,
    KEYS,
    SHIFT,
    SHIFT_CENTRE,
    TICKS_PER_SECOND,
    VELOCITIES,
    VELOCITY,
)  # fmt: skip
from ml.listener import NEVER, TOUCHES, Moment
from ml.memory import ORDERS
from ml.motifs import LINES, TIMES

BEGIN = np.array(encoding.SIZES, np.int32)  # the row before the first, one past each field's values
NOW, NEXT = 0, 1  # places in Moment.expected


def _fading(seconds: float) -> np.ndarray:
    """exp(-t / seconds) of all ticks up to NEVER, and 0 there."""
    table = np.exp(-np.arange(NEVER + 1) / (seconds * TICKS_PER_SECOND)).astype(np.float32)
    table[NEVER] = 0
    return table


_AGES = [_fading(s) for s in (0.3, 1.5)]  # of a sounding key
_STRUCK = [_fading(s) for s in (0.05, 0.5, 3.0, 20.0)]  # any key's last onset
_TOUCHED = _fading(3.0)  # how hard it was
_RELEASED = _fading(0.2)
_ELAPSED = [_fading(s) for s in (0.05, 0.5, 3.0)]  # since the open chord
_OFF = [_fading(s) for s in (0.05, 0.5)]  # from when memory expects the next one
_LOG_INTERVAL = np.log((np.arange(NEVER + 1) + 1) / 25).astype(np.float32)  # 0 at a quarter second
_MOTIF_CHANNELS = [5, *[6] * (LINES - 1)]  # of all onsets; of the upper and the lower ones
_CHANNEL_OF_DUE = np.array([0, 1, 2, 2, 3, 3, 3, 3, 4, *np.repeat(_MOTIF_CHANNELS, TIMES)])
TOLD_INTERVALS = 4

SOUNDING = 1 + len(_AGES)  # the first channels of a key
KEYBOARD = KEYS * SOUNDING
KEY_CHANNELS = SOUNDING + len(_STRUCK) + 5
EXPECTED_NOW, EXPECTED_NEXT = KEY_CHANNELS - 3, KEY_CHANNELS - 2
CLOCK = len(_ELAPSED) + TOLD_INTERVALS + 3 + len(_OFF) + 1 + TOUCHES + 1
RHYTHM_WITHOUT_MOTIFS, RHYTHM_CHANNELS = 5, 7
ENDING_SECONDS = (1.5, 6.0, 24.0, 96.0)  # time constants in which the time left is told

ANY = 0  # style, energy or loudness left to the network
ENERGY_EDGES = (5.0, 8.0, 11.0, 15.0)  # notes a second; five levels, 1 to 5
LOUDNESS_EDGES = (50.0, 57.0, 64.0, 72.0)  # mean MIDI velocity; five levels, 1 to 5
LEVELS = 5
AROUND_SECONDS = 10.0  # energy and loudness are those of the 10 s before and after


class Inputs(NamedTuple):
    """What the network hears of the music so far. All float32."""

    keys: np.ndarray  # (..., 88, KEY_CHANNELS) each key: sounding, struck, released, expected
    clock: np.ndarray  # (..., CLOCK) time since the last chord, intervals, memory, touch
    rhythm: np.ndarray  # (..., 101, RHYTHM_CHANNELS) where a known interval puts the next onset
    motifs: np.ndarray  # (..., 88, CHANNELS) how likely each key is by what followed such intervals

    @property
    def keyboard(self) -> np.ndarray:
        """(..., 264): the sounding keys and their ages alone."""
        sounding = self.keys[..., :SOUNDING]
        return sounding.reshape(*sounding.shape[:-2], KEYBOARD)


def inputs(moment: Moment) -> Inputs:
    """The network's inputs before a row, from what a `Listener` knows; same leading axes."""
    return Inputs(_keys(moment), _clock(moment), _rhythm(moment), moment.foretold)


def _keys(moment):
    down = moment.down.astype(np.float32)
    channels = [
        down,
        *(table[moment.struck] * down for table in _AGES),
        *(table[moment.struck] for table in _STRUCK),
        _TOUCHED[moment.struck] * moment.velocity / np.float32(VELOCITIES),
        _RELEASED[moment.released],
        moment.expected[..., NOW, :] > 0,
        moment.expected[..., NEXT, :] > 0,
        moment.expected.max(axis=-2) / np.float32(VELOCITIES),
    ]
    return np.stack(channels, axis=-1, dtype=np.float32, casting="same_kind")


def _clock(moment):
    elapsed = moment.elapsed[..., None]
    to_next = moment.to_next[..., None]
    off = np.where(to_next >= 0, np.minimum(np.abs(to_next - elapsed), NEVER), NEVER)
    last = np.minimum(moment.intervals[..., :TOLD_INTERVALS], NEVER)
    after = moment.expected[..., NEXT, :]
    loud = after.sum(axis=-1) / np.maximum((after > 0).sum(axis=-1), 1)
    told = [
        *(table[elapsed] for table in _ELAPSED),
        np.where(last > 0, _LOG_INTERVAL[last], 0),
        moment.order[..., None] / ORDERS[0],
        moment.trust[..., None] / 100,
        to_next >= 0,
        *(table[off] for table in _OFF),
        loud[..., None] / VELOCITIES,
        moment.touch / VELOCITIES,
        moment.down.sum(axis=-1, keepdims=True) / 10,
    ]
    return np.concatenate(told, axis=-1, dtype=np.float32, casting="same_kind")


def _rhythm(moment):
    """Marks in the bins of the shift at which the next onset is due, if it is as far from the open
    chord's as the last, the second last, the 3rd and 4th, the 5th to 8th last interval, or as the
    one that memory expects, was; and where motifs put it.
    """
    leading = moment.elapsed.shape
    after_chord = np.concatenate([moment.intervals, moment.to_next[..., None]], axis=-1)
    ahead = np.where(after_chord > 0, after_chord - moment.elapsed[..., None], -1)
    ahead = np.concatenate([ahead, moment.due.reshape(*leading, -1)], axis=-1)
    ahead = ahead.reshape(-1, ahead.shape[-1])
    places, which = np.nonzero((ahead >= 0) & (ahead < FINE_SHIFTS))
    marks = np.zeros((len(ahead), FINE_SHIFTS, RHYTHM_CHANNELS), np.float32)
    np.add.at(marks, (places, ahead[places, which], _CHANNEL_OF_DUE[which]), 1)
    return marks.reshape(*leading, FINE_SHIFTS, RHYTHM_CHANNELS)


def ending(seconds_left: np.ndarray) -> np.ndarray:
    """Inputs from the time left, (...,) seconds -> (..., 4) float32. Infinite: nobody has said."""
    left = np.maximum(np.asarray(seconds_left, np.float64), 0)[..., None]
    return np.exp(-left / np.array(ENDING_SECONDS)).astype(np.float32)


def seconds_of(rows: np.ndarray) -> np.ndarray:
    """When each row happens, (rows, 3) -> (rows,) seconds, from bins' centres."""
    return np.cumsum(SHIFT_CENTRE[rows[:, SHIFT]]) / TICKS_PER_SECOND


def levels(rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Energy and loudness, 1 to 5, around every row of a piece; each (rows,) int."""
    seconds = seconds_of(rows)
    down = rows[:, KEY] < KEYS
    notes = np.concatenate([[0], np.cumsum(down)])
    velocities = np.concatenate([[0], np.cumsum(np.where(down, rows[:, VELOCITY], 0))])
    first = np.searchsorted(seconds, seconds - AROUND_SECONDS, side="left")
    last = np.searchsorted(seconds, seconds + AROUND_SECONDS, side="right")
    around = notes[last] - notes[first]
    span = np.minimum(seconds + AROUND_SECONDS, seconds[-1]) - np.maximum(
        seconds - AROUND_SECONDS, 0
    )
    loud = (velocities[last] - velocities[first]) / np.maximum(around, 1)
    energy = 1 + np.searchsorted(ENERGY_EDGES, around / np.maximum(span, 1))
    loudness = 1 + np.searchsorted(
        LOUDNESS_EDGES, loud * encoding.VELOCITY_WIDTH + encoding.VELOCITY_WIDTH / 2
    )
    return energy, loudness
