"""Drawing one value from logits: temperature, mask, nucleus. Never the likeliest: that loops."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Taste:
    """How freely a head draws. Temperature 1, top_p 1, min_p 0 draw what the network believes."""

    temperature: float = 1.0
    top_p: float = 1.0
    min_p: float = 0.0

    def __post_init__(self):
        if not 0.05 <= self.temperature <= 5:
            raise ValueError(f"A temperature lies in 0.05 to 5, not at {self.temperature}.")
        if not 0 < self.top_p <= 1:
            raise ValueError(f"top_p lies above 0 and up to 1, not at {self.top_p}.")
        if not 0 <= self.min_p < 1:
            raise ValueError(f"min_p lies in 0 up to 1, that excluded, not at {self.min_p}.")


def probabilities(
    logits: np.ndarray, taste: Taste, allowed: np.ndarray | None = None, kinds: int = 1
) -> np.ndarray:
    """Chances of each value, (values,) float64, from its logits (not from probabilities).

    `allowed` (values,) bool takes values out first. Of the rest, the likeliest that together reach
    `top_p` stay (nucleus sampling, Holtzman et al. 2020), unless they have less than `min_p` of
    the likeliest's chance (Nguyen et al. 2024). If the values are of several `kinds`, equal parts
    one after the other, each is trimmed by itself and keeps its chance as a whole. Raises
    ValueError if nothing is allowed.
    """
    scaled = logits.astype(np.float64) / taste.temperature
    if allowed is not None:
        if not allowed.any():
            raise ValueError("There is no value left to draw.")
        scaled = np.where(allowed, scaled, -np.inf)
    chances = np.exp(scaled - scaled.max())
    chances /= chances.sum()
    if taste.top_p < 1 or taste.min_p > 0:
        for kind in np.split(chances, kinds):
            _trim(kind, taste)
    return chances


def _trim(chances, taste):
    """Take the unlikely values' chances, in place, and give them to the others."""
    whole = chances.sum()
    if taste.top_p < 1:
        order = np.argsort(-chances, kind="stable")
        reached = np.cumsum(chances[order])
        chances[order[1:][reached[:-1] >= taste.top_p * whole]] = 0
    if taste.min_p > 0:
        chances[chances < taste.min_p * chances.max()] = 0
    if whole > 0:
        chances *= whole / chances.sum()


def draw(
    logits: np.ndarray,
    taste: Taste,
    rng: np.random.Generator,
    allowed: np.ndarray | None = None,
    kinds: int = 1,
) -> int:
    """One value, drawn with `probabilities`. Takes exactly one number from `rng`."""
    chances = probabilities(logits, taste, allowed, kinds)
    value = int(np.searchsorted(np.cumsum(chances), rng.random(), side="right"))
    return min(value, int(np.flatnonzero(chances)[-1]))
