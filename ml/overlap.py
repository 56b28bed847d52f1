"""How alike two sets of music are, feature by feature, beside how alike people are to people.

Yang and Lerch (On the evaluation of generative models in music, 2018) smooth the distances within
a set and those between two sets to densities, and take the area under both: `mgeval`. The same of
the features' own values is `direct`. Both depend on the sizes of the sets and on every detail of
the protocol; so people are held against people in just the way composed pieces are, and their
figure is the ceiling.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

POINTS = 512  # of the grid that densities are drawn on
MARGIN = 4  # bandwidths on either side of all values, beyond which a density is nothing
SMALLEST = 1e-9  # density, so that a divergence stays finite
SAME = 1e-9  # of a value: what differs by no more, differs by rounding
DRAWS = 40  # of the halves of people
FEWEST_CLIPS = 4  # in a half, for a density of their distances
KINDS = ("mgeval", "direct")


@dataclass(frozen=True)
class Clips:
    """Features of clips, and which clips belong together."""

    features: np.ndarray  # (clips, features) float64
    pieces: np.ndarray  # (clips,) int, the piece or performance each is cut from

    def __len__(self):
        return len(self.features)

    def of(self, pieces: np.ndarray) -> "Clips":
        """The clips of some pieces, by their numbers."""
        chosen = np.isin(self.pieces, pieces)
        return Clips(self.features[chosen], self.pieces[chosen])

    def some(self, count: int, rng: np.random.Generator) -> "Clips":
        """The clips of `count` pieces drawn at random; all if there are no more."""
        numbers = np.unique(self.pieces)
        return self if count >= len(numbers) else self.of(rng.permutation(numbers)[:count])


def bandwidth(values: np.ndarray) -> float:
    """Scott's rule (1992) in one dimension, as scipy's gaussian_kde has it: sd * n^(-1/5)."""
    return float(values.std(ddof=1) * len(values) ** -0.2)


def densities(one: np.ndarray, two: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Gaussian kernel densities of two samples (values,) on one common grid.

    Returns the grid and both densities, (POINTS,) each. Values are first counted on the grid, which
    Silverman (1982) shows to be as good, and costs the same for any number of them. The kernel is
    never narrower than the grid's pitch: so a sample of one value only has a density, too.
    """
    widths = bandwidth(one), bandwidth(two)
    lowest, highest = min(one.min(), two.min()), max(one.max(), two.max())
    margin = MARGIN * max(*widths, (highest - lowest) / POINTS)
    grid = np.linspace(lowest - margin, highest + margin, POINTS)
    pitch = grid[1] - grid[0]
    found = []
    for values, width in zip((one, two), widths, strict=True):
        places = np.rint((values - grid[0]) / pitch).astype(np.int64)
        counts = np.bincount(places, minlength=POINTS) / len(values)
        distances = np.arange(1 - POINTS, POINTS) * pitch / max(width, pitch)
        kernel = np.exp(-0.5 * distances**2)
        density = np.convolve(counts, kernel)[POINTS - 1 : 2 * POINTS - 1]
        found.append(density / (kernel.sum() * pitch))
    return grid, *found


def compare(one: np.ndarray, two: np.ndarray) -> tuple[float, float]:
    """Overlapped area and divergence of two samples (values,).

    The area is the integral of min(p, q) from the least value to the greatest, as the toolkit of
    Yang and Lerch takes it. What the kernels spill beyond the values is lost: of two samples that
    are the same it stays a little below 1. The divergence is Kullback and Leibler's, the integral
    of p ln(p / q) in nats, with p of the first sample; their toolkit has it on two grids at once.
    """
    lowest, highest = min(one.min(), two.min()), max(one.max(), two.max())
    if highest - lowest <= SAME * max(abs(lowest), abs(highest)):
        return 1.0, 0.0
    grid, p, q = densities(one, two)
    inside = (grid >= lowest) & (grid <= highest)
    area = np.minimum(p, q)[inside].sum()
    p, q = np.maximum(p, SMALLEST), np.maximum(q, SMALLEST)
    pitch = grid[1] - grid[0]
    return float(area * pitch), float((p * np.log(p / q)).sum() * pitch)


def within(values: np.ndarray) -> np.ndarray:
    """Distances between any two of (clips,) values."""
    one, two = np.triu_indices(len(values), 1)
    return np.abs(values[one] - values[two])


def between(one: np.ndarray, two: np.ndarray) -> np.ndarray:
    """Distances from each value of one set to each of the other."""
    return np.abs(one[:, None] - two).ravel()


def likeness(clips: Clips, people: Clips) -> np.ndarray:
    """Area and divergence of each feature, mgeval and direct, (features, 2 kinds, 2) float64.

    For `mgeval`, the distances between the sets are held against those within either one, as the
    toolkit does, and the two averaged: so a set that lies apart is seen, and one whose pieces are
    all alike as well.
    """
    scores = []
    for own, other in zip(clips.features.T, people.features.T, strict=True):
        apart = between(own, other)
        inner = [compare(within(values), apart) for values in (other, own)]
        scores.append((np.mean(inner, axis=0), compare(other, own)))
    return np.array(scores)


def halves(works: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Performances (performances,) split into two lists of numbers, no work in both."""
    names = np.unique(works)
    first = np.isin(works, rng.permutation(names)[: len(names) // 2])
    return np.flatnonzero(first), np.flatnonzero(~first)


def measure(
    composed: Clips, people: Clips, works: np.ndarray, draws: int = DRAWS, seed: int = 1
) -> dict[str, np.ndarray] | None:
    """`likeness` to people in every draw: of "composed", "people" and "halves", (draws, …) each.

    In a draw the performances are halved by `works` (performances,). Composed pieces are held
    against the second half, and so are as many performances of the first: the ceiling. `halves` is
    the ceiling with the whole of the first half, which is what other tables show. None if there
    are too few performances or pieces to compare.
    """
    rng = np.random.default_rng(seed)
    count = len(np.unique(composed.pieces))
    scores = {"composed": [], "people": [], "halves": []}
    for _ in range(draws):
        first, second = (people.of(half) for half in halves(works, rng))
        sample = first.some(count, rng)
        same_size = composed.some(len(np.unique(sample.pieces)), rng)
        if min(map(len, (second, sample, same_size))) < FEWEST_CLIPS:
            return None
        scores["composed"].append(likeness(same_size, second))
        scores["people"].append(likeness(sample, second))
        scores["halves"].append(likeness(first, second))
    return {who: np.array(found) for who, found in scores.items()}


def summary(scores: dict[str, np.ndarray], names: Sequence[str]) -> dict:
    """What `measure` found, by kind: the mean over features with the middle 90 % of the draws, the
    divergence, and the areas of each feature by its name. Rounded.
    """
    told = {}
    for k, kind in enumerate(KINDS):
        areas = {who: found[:, :, k, 0] for who, found in scores.items()}  # (draws, features)
        told[kind] = {who: _spread(found.mean(axis=1)) for who, found in areas.items()}
        told[kind]["divergence"] = {
            who: round(float(found[:, :, k, 1].mean()), 3) for who, found in scores.items()
        }
        told[kind]["by_feature"] = {
            name: {who: round(float(found[:, f].mean()), 3) for who, found in areas.items()}
            for f, name in enumerate(names)
        }
    return told


def _spread(values):
    low, high = np.percentile(values, (5, 95)).tolist()
    return {"mean": round(float(values.mean()), 3), "low": round(low, 3), "high": round(high, 3)}
