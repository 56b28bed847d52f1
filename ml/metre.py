"""How many beats make a bar, where bars begin, and how a beat is divided."""

from dataclasses import dataclass

import numpy as np

from ml.accents import features
from ml.beats import STEPS, Pulse

BEATS_A_BAR = (2, 3, 4)
# Weights of `_marks` in a logistic regression of the bars' first beats against all others, in the
# 274 pieces of piano-midi.de that keep one metre.
WEIGHTS = np.array([0.27, -0.34, 0.33, 0.29, 0.39, 1.1, -0.21, -0.1, 0.33, 0.44, 0.87])
IN_THREES = 0.7  # share of the divided beats with three or six parts that makes a metre compound


@dataclass(frozen=True, slots=True)
class Metre:
    """`beats` a bar, each of a quarter, or of a dotted one where `compound`. The first whole bar
    begins with beat `first`, counted from 0.
    """

    beats: int
    compound: bool
    first: int

    def __str__(self):
        return f"{self.beats * 3}/8" if self.compound else f"{self.beats}/4"


def find_metre(pulse: Pulse) -> Metre:
    """The metre whose first beats stand out most (likelihood of a logistic regression)."""
    marks = _marks(pulse) @ WEIGHTS
    marks -= marks.mean()
    places = np.arange(len(marks))
    best = max(
        ((beats, first) for beats in BEATS_A_BAR for first in range(beats)),
        key=lambda metre: _likelihood(marks, (places - metre[1]) % metre[0] == 0),
    )
    divided = pulse.steps % STEPS != 0
    parts = dict(zip(pulse.steps[divided] // STEPS, pulse.parts[divided], strict=True))  # by beat
    in_threes = np.mean([part in (3, 6) for part in parts.values()]) if parts else 0
    return Metre(best[0], bool(in_threes >= IN_THREES), best[1])


def _likelihood(marks, first):
    scores = marks - np.log(1 / max(first.mean(), 1e-9) - 1)
    return -np.logaddexp(0, np.where(first, -scores, scores)).sum()


def _marks(pulse):
    """(beats, 11): whether a chord begins with the beat, how it stands out, and how much of the
    harmony of two beats is new against the two before.
    """
    beats = pulse.steps // STEPS
    on_beat = pulse.steps % STEPS == 0
    marks = np.zeros((beats[-1] + 1, len(WEIGHTS)))
    marks[beats[on_beat], 0] = 1
    marks[beats[on_beat], 1:-1] = features(pulse.chords)[on_beat]
    classes = np.zeros((len(marks), 12))
    for beat, chord in zip(beats, pulse.chords, strict=True):
        for note in chord:
            classes[beat, note.pitch % 12] += min(note.duration, 1) + 0.2
    sums = np.concatenate([np.zeros((1, 12)), np.cumsum(classes, 0)])
    here = np.arange(len(marks))
    before = sums[here] - sums[np.maximum(here - 2, 0)]
    after = sums[np.minimum(here + 2, len(marks))] - sums[here]
    norms = np.sqrt((before**2).sum(1) * (after**2).sum(1))
    heard = norms > 0
    marks[heard, -1] = 1 - (before * after).sum(1)[heard] / norms[heard]
    return marks
