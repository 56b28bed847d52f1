"""What the network sees beside the row before: the keyboard, the wish, the time that is left.

Learning, measuring and composing all build their inputs here, so that they agree.
"""

import numpy as np

from ml import encoding
from ml.encoding import KEY, KEYS, SHIFT, SHIFT_CENTRE, TICKS_PER_SECOND, VELOCITY

BEGIN = np.array(encoding.SIZES, np.int32)  # the row before the first, one past each field's values
SILENT = -1  # in place of a key's age
AGE_SECONDS = (0.3, 1.5)  # time constants in which a sounding key's age is told
KEYBOARD = KEYS * (1 + len(AGE_SECONDS))
ENDING_SECONDS = (1.5, 6.0, 24.0, 96.0)  # time constants in which the time left is told

ANY = 0  # style, energy or loudness left to the network
ENERGY_EDGES = (5.0, 8.0, 11.0, 15.0)  # notes a second; five levels, 1 to 5
LOUDNESS_EDGES = (50.0, 57.0, 64.0, 72.0)  # mean MIDI velocity; five levels, 1 to 5
LEVELS = 5
AROUND_SECONDS = 10.0  # energy and loudness are those of the 10 s before and after


def keyboard(ages: np.ndarray) -> np.ndarray:
    """Inputs from the keys' ages in ticks, `SILENT` where a key is up.

    (..., 88) -> (..., 264) float32: is it down, and exp(-age / constant) for both constants.
    """
    down = ages >= 0
    seconds = ages.astype(np.float32) / TICKS_PER_SECOND
    told = [down, *(down * np.exp(-np.abs(seconds) / np.float32(c)) for c in AGE_SECONDS)]
    return np.concatenate(told, axis=-1, dtype=np.float32)


def ending(seconds_left: np.ndarray) -> np.ndarray:
    """Inputs from the time left, (...,) seconds -> (..., 4) float32. Infinite: nobody has said."""
    left = np.maximum(np.asarray(seconds_left, np.float64), 0)[..., None]
    return np.exp(-left / np.array(ENDING_SECONDS)).astype(np.float32)


class Keyboard:
    """The keys of several pianos at once: when each was struck, in ticks."""

    def __init__(self, pianos: int):
        self.now = np.zeros(pianos, np.int64)
        self.struck = np.full((pianos, KEYS), SILENT, np.int64)

    def lift(self, piano: int) -> None:
        """Begin again: all keys up, time at 0."""
        self.now[piano] = 0
        self.struck[piano] = SILENT

    def ages(self) -> np.ndarray:
        """(pianos, 88) ticks since each key was struck, `SILENT` where it is up."""
        return np.where(self.struck >= 0, self.now[:, None] - self.struck, SILENT)

    def play(self, rows: np.ndarray) -> np.ndarray:
        """Play (pianos, time, 3) rows; ages before each row, (pianos, time, 88)."""
        pianos = np.arange(len(rows))
        shifts = SHIFT_CENTRE[rows[:, :, SHIFT]]
        keys = rows[:, :, KEY].astype(np.int64)
        ages = np.empty((*rows.shape[:2], KEYS), np.int64)
        for step in range(rows.shape[1]):
            ages[:, step] = self.ages()
            self.now += shifts[:, step]
            key = keys[:, step]
            self.struck[pianos, key % KEYS] = np.where(key < KEYS, self.now, SILENT)
        return ages


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
