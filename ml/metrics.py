"""What the field measures on a piece of piano music, and what must not happen in a composed one."""

import itertools

import numpy as np

from ml.loops import most_repeats
from ml.notes import Piece

STEP_SECONDS = 0.05  # of polyphony


def notes_per_second(piece: Piece) -> float:
    """Onsets divided by the piece's length in seconds."""
    return len(piece) / piece.seconds if len(piece) else 0.0


def longest_silence(piece: Piece) -> float:
    """Seconds of the longest stretch without a sounding note, first onset to last end."""
    longest, sounding_until = 0.0, piece.notes[0].onset if len(piece) else 0.0
    for note in piece.notes:
        longest = max(longest, note.onset - sounding_until)
        sounding_until = max(sounding_until, note.end)
    return longest


def longest_pause(piece: Piece) -> float:
    """Seconds of the longest stretch between one onset and the next."""
    onsets = [note.onset for note in piece.notes]
    return max((b - a for a, b in itertools.pairwise(onsets)), default=0.0)


def pattern_repeats(piece: Piece) -> int:
    """How often, at most, a pattern of up to 8 pitches sounds in a row."""
    return most_repeats(note.pitch for note in piece.notes)


def entropy(values: np.ndarray) -> float:
    """-sum p log2 p of whole numbers, in bits."""
    chances = np.bincount(values) / len(values)
    chances = chances[chances > 0]
    return float(-(chances * np.log2(chances)).sum())


def pitch_class_entropy(piece: Piece) -> float:
    """Bits; at most log2 12 = 3.585."""
    return entropy(_pitches(piece) % 12)


def pitch_entropy(piece: Piece) -> float:
    """Bits."""
    return entropy(_pitches(piece))


def scale_consistency(piece: Piece) -> float:
    """Largest share of notes inside one of the 12 diatonic sets (Mogren 2016)."""
    counts = np.bincount(_pitches(piece) % 12, minlength=12)
    major = np.isin(np.arange(12), (0, 2, 4, 5, 7, 9, 11))
    return float(max(counts[np.roll(major, key)].sum() for key in range(12)) / counts.sum())


def polyphony(piece: Piece) -> float:
    """Mean number of sounding notes over the 50 ms steps in which any sounds."""
    sounding = np.zeros(int(piece.seconds / STEP_SECONDS) + 2, np.int64)
    for note in piece.notes:
        sounding[int(note.onset / STEP_SECONDS)] += 1
        sounding[int(note.end / STEP_SECONDS) + 1] -= 1
    sounding = np.cumsum(sounding)
    return float(sounding[sounding > 0].mean())


def describe(piece: Piece) -> dict[str, float]:
    """All figures of one piece with at least one note, rounded for reading."""
    figures = {
        "seconds": piece.seconds,
        "notes": len(piece),
        "notes_per_second": notes_per_second(piece),
        "longest_silence": longest_silence(piece),
        "longest_pause": longest_pause(piece),
        "pattern_repeats": pattern_repeats(piece),
        "pitch_class_entropy": pitch_class_entropy(piece),
        "pitch_entropy": pitch_entropy(piece),
        "scale_consistency": scale_consistency(piece),
        "polyphony": polyphony(piece),
        "velocity_mean": float(np.mean([note.velocity for note in piece.notes])),
        "velocity_spread": float(np.std([note.velocity for note in piece.notes])),
    }
    return {name: round(value, 3) for name, value in figures.items()}


def _pitches(piece: Piece) -> np.ndarray:
    return np.array([note.pitch for note in piece.notes])
