"""What came after the last intervals whenever they were heard before, in whatever key.

A motif returns a third higher, in the other hand or under other chords, where `Memory`, which looks
for the same chords, knows nothing of it. Here the onsets are lines of keys, all of them, the upper
and the lower ones; what followed the same intervals in each is counted (context models of lossless
compression, Cleary and Witten 1984, of intervals, Conklin and Witten 1995).
"""

from collections import Counter, deque

import numpy as np

from ml.encoding import KEYS

ORDERS = ((2, 3, 5), (2, 3), (2, 3))  # intervals that must agree: of all onsets, upper, lower ones
LINES = len(ORDERS)
CHANNELS = sum(map(len, ORDERS))
TIMES = 3  # last times from such intervals to what followed, that are told
UNSEEN = 0.5  # times that something else may have followed, too
MIDDLE_KEY, MIDDLE_PACE = 44.0, 0.1  # between upper and lower: a running mean of the keys


class Line:
    """Onsets in a row, and what followed which intervals."""

    def __init__(self, orders: tuple[int, ...]):
        self.orders = orders
        self.key = self.tick = 0  # of the last onset
        self.steps: list[int] | None = None  # the last intervals; None: no onset yet
        self.followers = [{} for _ in orders]  # steps -> how often which came next, and when

    def strike(self, key: int, tick: int) -> None:
        """The next onset."""
        if self.steps is None:
            self.steps = []
        else:
            for order, known in zip(self.orders, self.followers, strict=True):
                if len(self.steps) >= order:
                    counts, times = known.setdefault(
                        tuple(self.steps[-order:]), (Counter(), deque(maxlen=TIMES))
                    )
                    counts[key - self.key] += 1
                    times.append(tick - self.tick)
            self.steps = [*self.steps, key - self.key][-max(self.orders) :]
        self.key, self.tick = key, tick

    def foretold(self) -> list[tuple[Counter, deque] | None]:
        """For each order: how often which interval came next, and the last times until then."""
        steps = self.steps or []
        return [
            known.get(tuple(steps[-order:])) if len(steps) >= order else None
            for order, known in zip(self.orders, self.followers, strict=True)
        ]


class Motifs:
    """The lines of one piece so far."""

    def __init__(self):
        self.lines = [Line(orders) for orders in ORDERS]
        self.middle = MIDDLE_KEY

    def strike(self, key: int, tick: int) -> None:
        """A key goes down."""
        everything, upper, lower = self.lines
        everything.strike(key, tick)
        (upper if key >= self.middle else lower).strike(key, tick)
        self.middle += MIDDLE_PACE * (key - self.middle)

    def foretell(self) -> tuple[np.ndarray, np.ndarray]:
        """How likely each key comes next, (88, CHANNELS) float32, a channel for each order of each
        line; and the ticks at which each line may go on, (LINES, TIMES) int, -1: unknown.
        """
        shares = np.zeros((CHANNELS, KEYS), np.float32)
        due = np.full((LINES, TIMES), -1)
        channel = 0
        for number, line in enumerate(self.lines):
            for found in line.foretold():
                if found:
                    counts, times = found
                    seen = counts.total() + UNSEEN
                    for step, count in counts.items():
                        if 0 <= line.key + step < KEYS:
                            shares[channel, line.key + step] = count / seen
                    due[number] = -1  # the longest agreement counts, and is the last
                    due[number, : len(times)] = [line.tick + time for time in times]
                channel += 1
        return shares.T, due
