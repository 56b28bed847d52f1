"""Patterns of pitches that repeat: found in a piece, and kept out of one while it is made."""

from collections.abc import Iterable

LONGEST_PATTERN = 8  # notes
MOST_REPEATS = 6  # times in a row that one pattern may sound


class LoopGuard:
    """Follows the pitches of a piece, and knows which next one would repeat a pattern too often."""

    def __init__(self, most_repeats: int = MOST_REPEATS):
        self.most_repeats = most_repeats
        self.pitches = []
        self.runs = [0] * (
            LONGEST_PATTERN + 1
        )  # runs[n]: pitches in a row equal to the n-th before

    def add(self, pitch: int) -> None:
        for length in range(1, LONGEST_PATTERN + 1):
            same = len(self.pitches) >= length and self.pitches[-length] == pitch
            self.runs[length] = self.runs[length] + 1 if same else 0
        self.pitches.append(pitch)

    def banned(self) -> list[int]:
        """Pitches that would complete a pattern for the `most_repeats` + 1st time in a row."""
        return [
            self.pitches[-length]
            for length in range(1, LONGEST_PATTERN + 1)
            if self.runs[length] + 1 >= self.most_repeats * length
        ]


def most_repeats(pitches: Iterable[int]) -> int:
    """How often, at most, a pattern of up to 8 pitches sounds in a row."""
    guard, most = LoopGuard(), 0
    for pitch in pitches:
        guard.add(pitch)
        longest = (run // length + 1 for length, run in enumerate(guard.runs[1:], 1))
        most = max(most, *longest)
    return most
