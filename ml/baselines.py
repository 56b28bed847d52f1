"""What a network must beat: field frequencies, and a Markov chain of order 2, on the same rows."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ml.encoding import FIELDS, KEY, KEYS, SIZES, VELOCITY

ORDER = 2


def sequences(piece: np.ndarray) -> list[np.ndarray]:
    """What each field says in turn: all shifts, all keys, and the velocities of the onsets."""
    rows = piece.astype(np.int64)
    struck = rows[:, KEY] < KEYS
    return [rows[struck, f] if f == VELOCITY else rows[:, f] for f in range(len(FIELDS))]


@dataclass
class Chain:
    """Values of one field, each foretold by the `ORDER` before it.

    Orders are blended by Witten and Bell (1991): a context that was seen often and with few
    continuations is trusted, another leaves its share to the next shorter one.
    """

    size: int
    counts: list[np.ndarray]  # of order n: (size,) * (n + 1), the last axis what follows

    @classmethod
    def fit(cls, size: int, texts: Sequence[np.ndarray]) -> "Chain":
        counts = [np.zeros((size,) * (order + 1), np.int32) for order in range(ORDER + 1)]
        for text in texts:
            for order in range(ORDER + 1):
                grams = _grams(text, order)
                np.add.at(counts[order], grams, 1)
        return cls(size, counts)

    def nats(self, text: np.ndarray, order: int) -> float:
        """Summed -ln p of `text`, each value given at most `order` before it."""
        chances = (self.counts[0][text] + 1) / (self.counts[0].sum() + self.size)
        for n in range(1, order + 1):
            context = _grams(text, n)[:-1]
            followed = self.counts[n][context]  # (values, size)
            seen, kinds = followed.sum(axis=1), (followed > 0).sum(axis=1)
            exact = self.counts[n][_grams(text, n)]
            blended = (exact + kinds * chances[n:]) / np.maximum(seen + kinds, 1)
            chances[n:] = np.where(seen > 0, blended, chances[n:])
        return float(-np.log(chances).sum())


def _grams(text: np.ndarray, order: int) -> tuple[np.ndarray, ...]:
    """Index arrays of all runs of `order` + 1 values."""
    last = len(text) - order
    return tuple(text[i : i + max(last, 0)] for i in range(order + 1))


def measure(train: Sequence[np.ndarray], pieces: Sequence[np.ndarray]) -> dict[str, float]:
    """Nats per note of `pieces` under chains fitted to `train`: {"unigram": …, "markov_2": …}."""
    learnt = [sequences(piece) for piece in train]
    asked = [sequences(piece) for piece in pieces]
    notes = sum(len(texts[VELOCITY]) for texts in asked)
    totals = {"unigram": 0.0, "markov_2": 0.0}
    for field, size in enumerate(SIZES):
        chain = Chain.fit(size, [texts[field] for texts in learnt])
        for texts in asked:
            totals["unigram"] += chain.nats(texts[field], 0)
            totals["markov_2"] += chain.nats(texts[field], ORDER)
    return {name: nats / notes for name, nats in totals.items()}


def halves(pieces: Sequence[np.ndarray]) -> dict[str, float]:
    """`measure` where no training pieces are at hand: each half foretold by the other."""
    even, odd = pieces[::2], pieces[1::2]
    if not odd:
        raise ValueError("Baselines need at least two pieces.")
    found = [(measure(odd, even), even), (measure(even, odd), odd)]
    notes = [sum(len(sequences(piece)[VELOCITY]) for piece in half) for _, half in found]
    return {
        name: sum(nats[name] * count for (nats, _), count in zip(found, notes, strict=True))
        / sum(notes)
        for name in found[0][0]
    }
