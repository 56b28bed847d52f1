"""Pianos that are listened to, row by row: what stands in memory before every row."""

from typing import NamedTuple

import numpy as np

from ml.encoding import KEYS, SHIFT, SHIFT_CENTRE
from ml.memory import Memory
from ml.motifs import CHANNELS, LINES, TIMES, Motifs

NEVER = 10_000  # ticks since something that has not happened; longer ago is the same
INTERVALS = 8  # between the last chords
TOUCHES = 3  # last velocities


class Moment(NamedTuple):
    """What is known before a row. Int arrays, but for `down` and `foretold`; `...` is (pianos,) or
    (pianos, time).
    """

    down: np.ndarray  # (..., 88) bool: is the key down
    struck: np.ndarray  # (..., 88) ticks since it was struck last, at most NEVER
    released: np.ndarray  # (..., 88) ticks since it went up last
    velocity: np.ndarray  # (..., 88) bin of its last onset
    expected: np.ndarray  # (..., 2, 88) velocity bin + 1 of what memory expects now and next
    elapsed: np.ndarray  # (...,) ticks since the open chord's onset
    intervals: np.ndarray  # (..., INTERVALS) ticks between chords, the last first; 0: none
    order: np.ndarray  # (...,) chords that agree with an earlier place
    trust: np.ndarray  # (...,) percent
    to_next: np.ndarray  # (...,) ticks from the open chord to the next expected; -1: unknown
    touch: np.ndarray  # (..., TOUCHES) velocity bins + 1 of the last onsets; 0: none
    foretold: np.ndarray  # (..., 88, CHANNELS) float32: how likely motifs make each key
    due: np.ndarray  # (..., LINES, TIMES) ticks until motifs go on; -1: unknown, or past


class Listener:
    """Several pianos at once, each from the beginning of its piece on."""

    def __init__(self, pianos: int):
        self.now = np.zeros(pianos, np.int64)
        self.down = np.zeros((pianos, KEYS), bool)
        self.struck = np.zeros((pianos, KEYS), np.int64)
        self.released = np.zeros((pianos, KEYS), np.int64)
        self.velocity = np.zeros((pianos, KEYS), np.int64)
        self.expected = np.zeros((pianos, 2, KEYS), np.int64)
        self.chord = np.zeros(pianos, np.int64)  # tick of the open chord
        self.intervals = np.zeros((pianos, INTERVALS), np.int64)
        self.order = np.zeros(pianos, np.int64)
        self.trust = np.zeros(pianos, np.int64)
        self.to_next = np.zeros(pianos, np.int64)
        self.touch = np.zeros((pianos, TOUCHES), np.int64)
        self.foretold = np.zeros((pianos, KEYS, CHANNELS), np.float32)
        self.due = np.full((pianos, LINES, TIMES), -1)  # at which tick
        self.memories = [Memory() for _ in range(pianos)]
        self.motifs = [Motifs() for _ in range(pianos)]
        for piano in range(pianos):
            self.begin(piano)

    def begin(self, piano: int) -> None:
        """Another piece begins on a piano: all keys up, nothing heard."""
        for state in (
            self.now, self.down, self.velocity, self.expected, self.chord, self.intervals,
            self.order, self.trust, self.touch, self.foretold,
        ):  # fmt: skip
            state[piano] = 0
        self.struck[piano] = self.released[piano] = -NEVER
        self.to_next[piano] = self.due[piano] = -1
        self.memories[piano], self.motifs[piano] = Memory(), Motifs()

    def moment(self) -> Moment:
        """What is known now, of (pianos,)."""
        now = self.now[:, None]
        return Moment(
            self.down.copy(),
            np.minimum(now - self.struck, NEVER),
            np.minimum(now - self.released, NEVER),
            self.velocity.copy(),
            self.expected.copy(),
            np.minimum(self.now - self.chord, NEVER),
            self.intervals.copy(),
            self.order.copy(),
            self.trust.copy(),
            self.to_next.copy(),
            self.touch.copy(),
            self.foretold.copy(),
            np.maximum(self.due - now[:, None], -1),
        )

    def play(self, rows: np.ndarray) -> Moment:
        """Play (pianos, time, 3) rows; what was known before each, of (pianos, time)."""
        shifts = SHIFT_CENTRE[rows[:, :, SHIFT]]
        moments = []
        for step in range(rows.shape[1]):
            moments.append(self.moment())
            for piano, (_, key, velocity) in enumerate(rows[:, step].tolist()):
                self.move(piano, int(shifts[piano, step]), key, velocity)
        return Moment(*(np.stack(parts, axis=1) for parts in zip(*moments, strict=True)))

    def move(self, piano: int, ticks: int, key: int, velocity: int) -> None:
        """`ticks` later a key of one piano moves, as a row says."""
        self.now[piano] += ticks
        now = int(self.now[piano])
        if key >= KEYS:
            self.down[piano, key - KEYS] = False
            self.released[piano, key - KEYS] = now
            return
        self.down[piano, key] = True
        self.struck[piano, key] = now
        self.velocity[piano, key] = velocity
        self.touch[piano, 1:] = self.touch[piano, :-1]
        self.touch[piano, 0] = velocity + 1
        self.memories[piano].strike(key, now, velocity)
        self.motifs[piano].strike(key, now)
        self._recall(piano)

    def _recall(self, piano):
        """Take over what the piano's memory and its motifs say after an onset."""
        memory = self.memories[piano]
        if len(memory.onsets) > 1 and memory.onsets[-1] != self.chord[piano]:
            self.intervals[piano, 1:] = self.intervals[piano, :-1]
            self.intervals[piano, 0] = memory.onsets[-1] - self.chord[piano]
        self.chord[piano] = memory.onsets[-1]
        self.expected[piano] = 0
        for place, chord in enumerate((memory.expected_now(), memory.expected_next())):
            for key, velocity in chord.items():
                self.expected[piano, place, key] = velocity + 1
        self.order[piano] = memory.order
        self.trust[piano] = round(100 * memory.trust)
        self.to_next[piano] = memory.ticks_to_next()
        self.foretold[piano], self.due[piano] = self.motifs[piano].foretell()

    def drop_after(self, pianos: int) -> None:
        """Stop listening to all but the first so many."""
        for name, state in vars(self).items():
            setattr(self, name, state[:pianos])
