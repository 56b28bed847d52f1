"""How much a chord stands out from those around it, and what that tells of the beat."""

import numpy as np

KINDS = BEAT, HALF, ELSE = 0, 1, 2  # where in a beat a chord may fall
NEIGHBOURS = 3  # chords on each side, among which a bass is deep
AROUND = 8  # chords on each side, of which the mean is taken

# Weights of the columns of `features` in a logistic regression on the 181,000 chords of
# piano-midi.de's first two minutes, where the beats are known: (9 and a constant, BEAT and HALF).
WEIGHTS = np.array(
    [
        [0.43, 0.30],  # notes
        [0.53, 0.24],  # deepest
        [0.68, 0.28],  # how deep
        [0.85, 0.24],  # loud
        [1.35, 0.36],  # long
        [0.14, 0.29],  # highest
        [-1.01, -0.44],  # a new bass
        [0.56, 0.41],  # wide
        [0.21, -0.09],  # new pitch classes
        [0.19, -0.27],
    ]
)
SHARES = np.array([0.33, 0.22, 0.45])  # of chords on the beat, on its half and elsewhere


def features(chords) -> np.ndarray:
    """(chords, 9) float64: what may mark a beat, against the chords around it."""
    lowest = np.array([min(note.pitch for note in chord) for chord in chords], float)
    highest = np.array([max(note.pitch for note in chord) for chord in chords], float)
    notes = np.log([len(chord) for chord in chords])
    loudest = np.array([max(note.velocity for note in chord) for chord in chords], float)
    longest = np.log([max(note.duration for note in chord) + 0.05 for chord in chords])
    below, above = _neighbours(lowest), _neighbours(highest)
    return np.stack(
        [
            notes - _mean(notes),
            lowest < below.min(1),
            np.clip((below.mean(1) - lowest) / 12, -1, 2),
            np.clip((loudest - _mean(loudest)) / 10, -2, 2),
            np.clip(longest - _mean(longest), -1.5, 1.5),
            highest > above.max(1),
            np.diff(lowest, prepend=lowest[0]) != 0,
            highest - lowest >= 12,
            _news(chords),
        ],
        axis=1,
    )


def accents(chords) -> np.ndarray:
    """(chords, 3) nats: what it costs to take a chord for one of that kind; 0 says nothing."""
    marks = features(chords)
    scores = np.zeros((len(marks), len(KINDS)))
    scores[:, :2] = marks @ WEIGHTS[:-1] + WEIGHTS[-1]
    scores -= np.log(np.exp(scores).sum(1, keepdims=True))
    return np.log(SHARES) - scores


def _mean(values):
    filled = np.pad(values, AROUND, mode="edge")
    return np.convolve(filled, np.ones(2 * AROUND + 1) / (2 * AROUND + 1), "valid")


def _neighbours(values):
    """(chords, 6): the values of the chords before and after each."""
    filled = np.pad(values, NEIGHBOURS, mode="edge")
    windows = np.lib.stride_tricks.sliding_window_view(filled, 2 * NEIGHBOURS + 1)
    return np.delete(windows, NEIGHBOURS, axis=1)


def _news(chords, back=4):
    """Share of each chord's pitch classes that the four chords before it did not have."""
    classes = [{note.pitch % 12 for note in chord} for chord in chords]
    return [
        len(new - set().union(*classes[max(0, i - back) : i])) / len(new)
        for i, new in enumerate(classes)
    ]
