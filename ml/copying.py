"""How much of a piece stands in the music a network learnt from: its runs of 16 and 32 pitches.

The field asks this of generated music by runs of notes that are found again, as they are or in
another key. Notes struck together have no order of their own, so those within 30 ms are sorted by
pitch first. People quote and repeat, too: composed pieces are held against what performances that
were not learnt from share with the same training set.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from ml.encoding import KEY, KEYS, SHIFT, SHIFT_CENTRE, TICKS_PER_SECOND
from ml.notes import LOWEST_PITCH, Piece

LENGTHS = (16, 32)  # notes of a run
TOGETHER = 3  # ticks: onsets less than 30 ms after the first of a chord belong to it
EXACT, TRANSPOSED = "exact", "transposed"

# A run's hash is a polynomial of its values modulo a Mersenne prime, at one fixed point (Karp and
# Rabin 1987). Two different runs share it by a chance below 32 / PRIME = 1.4e-17: where all runs of
# MAESTRO's validation are sought in all of its training, 1 search in 20,000 finds a false one.
PRIME = 2**61 - 1
POINT = 1_327_217_884_210_368_013


def melody(ticks: np.ndarray, pitches: np.ndarray) -> np.ndarray:
    """Pitches (notes,) int64 in the order of their onsets, `ticks` of 10 ms; chords from below."""
    after = np.searchsorted(ticks, ticks + TOGETHER).tolist()
    begins = np.zeros(len(ticks), np.int64)
    first = 0
    while first < len(after):
        begins[first] = 1
        first = after[first]
    return pitches[np.lexsort((pitches, np.cumsum(begins)))].astype(np.int64)


def melody_of_rows(rows: np.ndarray) -> np.ndarray:
    """`melody` of encoded rows (rows, 3), without making notes of them: a corpus has millions."""
    down = rows[:, KEY] < KEYS
    ticks = np.cumsum(SHIFT_CENTRE[rows[:, SHIFT]])
    return melody(ticks[down], rows[down, KEY])


def melody_of_piece(piece: Piece) -> np.ndarray:
    """`melody` of notes, their pitches counted from the piano's lowest as rows count them."""
    ticks = [round(note.onset * TICKS_PER_SECOND) for note in piece.notes]
    keys = [note.pitch - LOWEST_PITCH for note in piece.notes]
    return melody(np.array(ticks, np.int64), np.array(keys, np.int64))


@dataclass(frozen=True)
class Learnt:
    """All runs of the melodies a network learnt from, as sorted hashes (runs,) uint64."""

    runs: dict[str, np.ndarray]  # by "exact_16", "transposed_16" and so on

    @classmethod
    def of(cls, melodies: Iterable[np.ndarray]) -> "Learnt":
        found = {}
        for melody in melodies:
            for name, hashes in _runs(melody).items():
                found.setdefault(name, []).append(hashes)
        return cls({name: np.sort(np.concatenate(hashes)) for name, hashes in found.items()})

    def shares(self, melody: np.ndarray) -> dict[str, float]:
        """Percent of the melody's runs that were learnt, by the names of `runs`.

        0 for a melody that is shorter than a run.
        """
        return {name: self._share(name, hashes) for name, hashes in _runs(melody).items()}

    def _share(self, name, hashes) -> float:
        known = self.runs[name]
        if not len(hashes) or not len(known):
            return 0.0
        place = np.minimum(np.searchsorted(known, hashes), len(known) - 1)
        return 100 * float((known[place] == hashes).mean())


def flags(shares: dict[str, float], people: dict[str, float]) -> list[str]:
    """The names under which a piece shares more than `people`, their 95th percentile, do."""
    return [name for name, share in shares.items() if share > people[name]]


def _runs(melody):
    """Hashes of all runs of a melody. In another key its intervals stay: one fewer than notes."""
    intervals = np.diff(melody) + KEYS
    runs = {}
    for length in LENGTHS:
        runs[f"{EXACT}_{length}"] = run_hashes(melody, length)
        runs[f"{TRANSPOSED}_{length}"] = run_hashes(intervals, length - 1)
    return runs


def run_hashes(values: np.ndarray, length: int) -> np.ndarray:
    """A hash of each run of `length` values, (values - length + 1,) uint64 below PRIME.

    `values` (values,) are 0 or more and below PRIME. Runs are doubled until they are long enough;
    in the last step the two halves may overlap, which leaves the polynomial a function of the run
    that tells any two apart.
    """
    hashes = values.astype(np.uint64)
    covered = 1
    while covered < length:
        step = min(covered, length - covered)
        shifted = _times(hashes[: max(len(hashes) - step, 0)], pow(POINT, covered, PRIME))
        hashes = _reduced(shifted + hashes[step:])
        covered += step
    return hashes


def _times(values, factor):
    """`values` * `factor` modulo PRIME, in parts of 31 bits, since 64 cannot hold the product."""
    low = np.uint64(2**31 - 1)
    high, factor_high, factor_low = values >> 31, np.uint64(factor >> 31), np.uint64(factor) & low
    values = values & low
    middle = values * factor_high + high * factor_low  # counts 2^31 times
    middle_low = middle & np.uint64(2**30 - 1)
    top = high * factor_high * np.uint64(2) + (middle >> 30)  # counts 2^61 times, that is once
    return _reduced(top + (middle_low << 31) + values * factor_low)


def _reduced(values):
    """`values` modulo PRIME."""
    prime = np.uint64(PRIME)
    values = (values & prime) + (values >> 61)
    return np.where(values >= prime, values - prime, values)
