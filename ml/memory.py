"""What followed the last time that the music stood where it stands now.

Pieces repeat themselves exactly, over minutes, farther back than the state of an LSTM reaches. The
memory cuts a piece's onsets into chords, looks for the last chords among those of before and reads
on from there: the match model of lossless compression (Cleary and Teahan 1997), for chords.
"""

from ml.encoding import TICKS_PER_SECOND

CHORD_TICKS = round(0.03 * TICKS_PER_SECOND)  # onsets no farther from the first are one chord
ORDERS = (8, 6, 4, 3, 2)  # how many chords must agree; the longest agreement counts
SURE_ORDER = 4  # a shorter agreement gives way to reading on, where that has gone well
FORGETTING = 0.75  # of the trust in reading on, from chord to chord
LEAST_TRUST = 0.3

Chord = dict[int, int]  # key -> velocity bin


class Memory:
    """The chords of one piece so far, the last of them still open."""

    def __init__(self):
        self.chords: list[Chord] = []
        self.onsets: list[int] = []  # tick of each chord's first onset
        self.shapes: list[tuple[int, ...]] = []  # sorted keys of each finished chord
        self.followers = {}  # some shapes in a row -> number of the chord that came after them
        self.reading: int | None = None  # number of the chord that the open one should resemble
        self.next: int | None = None  # number of the chord that the one after it should resemble
        self.order = 0  # how many chords agreed when `next` was found
        self.trust = 0.0  # how well the chords were foretold lately, 0 to 1

    def strike(self, key: int, tick: int, velocity: int) -> None:
        """A key goes down."""
        if not self.onsets or tick - self.onsets[-1] > CHORD_TICKS:
            if self.chords:
                self._finish()
            self.chords.append({})
            self.onsets.append(tick)
        self.chords[-1][key] = velocity
        self._look_up()

    def expected_now(self) -> Chord:
        """What the open chord still lacks."""
        if self.reading is None:
            return {}
        here = self.chords[-1]
        return {key: v for key, v in self.chords[self.reading].items() if key not in here}

    def expected_next(self) -> Chord:
        """What the chord after the open one should be."""
        return {} if self.next is None else self.chords[self.next]

    def ticks_to_next(self) -> int:
        """Ticks from the open chord's onset to the next one's, as they were then; -1: unknown."""
        if not self.next:
            return -1
        return self.onsets[self.next] - self.onsets[self.next - 1]

    def _finish(self):
        here = self.chords[-1]
        if self.reading is not None:
            there = self.chords[self.reading]
            agreed = sum(key in there for key in here) / max(len(here), len(there))
            self.trust = FORGETTING * self.trust + (1 - FORGETTING) * agreed
        self.shapes.append(tuple(sorted(here)))
        count = len(self.shapes)
        for order in ORDERS:
            if count >= order:
                self.followers[tuple(self.shapes[count - order :])] = count
        self.reading = self.next

    def _look_up(self):
        here, count = tuple(sorted(self.chords[-1])), len(self.shapes)
        self.next, self.order = None, 0
        for order in ORDERS:
            found = count >= order - 1 and self.followers.get(
                (*self.shapes[count - order + 1 :], here)
            )
            if found:
                self.next, self.order = found, order
                break
        if self.reading is None or self.order >= SURE_ORDER or self.trust <= LEAST_TRUST:
            return
        if self.reading + 1 < len(self.chords):
            self.next = self.reading + 1
