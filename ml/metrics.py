"""What the field measures on a piece of piano music, and what must not happen in a composed one."""

import itertools

import numpy as np

from ml.loops import most_repeats
from ml.notes import Note, Piece

STEP_SECONDS = 0.05  # of polyphony and silence
CLIP_SECONDS = 30.0  # of the clips by which sets of music are compared
EXCERPT_SECONDS = 60.0  # two clips: as much of a performance as a composed piece is long
FEWEST_NOTES = 2  # of a clip that has a gap to speak of
TOGETHER = 0.03  # seconds: an onset this near to the one before belongs to a chord
HANGING_SECONDS = 20.0  # no string sounds longer; a note that does was never told to end
MAJOR = np.isin(np.arange(12), (0, 2, 4, 5, 7, 9, 11))


def notes_per_second(piece: Piece, seconds: float = 0) -> float:
    """Onsets divided by the piece's length, or by `seconds`."""
    return len(piece) / (seconds or piece.seconds) if len(piece) else 0.0


def longest_silence(piece: Piece) -> float:
    """Seconds of the longest stretch without a sounding note, first onset to last end."""
    longest, sounding_until = 0.0, piece.notes[0].onset if len(piece) else 0.0
    for note in piece.notes:
        longest = max(longest, note.onset - sounding_until)
        sounding_until = max(sounding_until, note.end)
    return longest


def longest_pause(piece: Piece) -> float:
    """Seconds of the longest stretch between one onset and the next."""
    return max(_gaps(piece), default=0.0)


def longest_note(piece: Piece) -> float:
    """Seconds of the longest note."""
    return max((note.duration for note in piece.notes), default=0.0)


def hanging_notes(piece: Piece) -> int:
    """How many notes sound longer than a string could."""
    return sum(note.duration > HANGING_SECONDS for note in piece.notes)


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
    return float(max(counts[np.roll(MAJOR, key)].sum() for key in range(12)) / counts.sum())


def distinct_pitches(piece: Piece) -> int:
    """How many keys are struck at all."""
    return len(set(_pitches(piece).tolist()))


def pitch_range(piece: Piece) -> int:
    """Semitones from the lowest note to the highest."""
    return int(np.ptp(_pitches(piece)))


def mean_pitch(piece: Piece) -> float:
    """As a MIDI number: 60 is the middle C."""
    return float(_pitches(piece).mean())


def mean_step(piece: Piece) -> float:
    """Mean semitones, up or down, from a note to the next (mgeval's average pitch interval)."""
    steps = np.abs(np.diff(_pitches(piece)))
    return float(steps.mean()) if len(steps) else 0.0


def mean_gap(piece: Piece) -> float:
    """Mean seconds between one onset and the next, those of a chord too."""
    gaps = _gaps(piece)
    return sum(gaps) / len(gaps) if gaps else 0.0


def chord_share(piece: Piece) -> float:
    """Share of the onsets that follow the one before within 30 ms."""
    gaps = _gaps(piece)
    return sum(gap < TOGETHER - 1e-9 for gap in gaps) / len(gaps) if gaps else 0.0


def mean_duration(piece: Piece) -> float:
    """Mean seconds of a note."""
    return float(np.mean([note.duration for note in piece.notes]))


def velocity_mean(piece: Piece) -> float:
    """Mean loudness of the notes, 1 to 127."""
    return float(_velocities(piece).mean())


def velocity_spread(piece: Piece) -> float:
    """Standard deviation of the notes' velocities."""
    return float(_velocities(piece).std())


def sounding(piece: Piece, seconds: float = 0) -> np.ndarray:
    """Notes that sound in the middle of each 50 ms step, (steps,) int.

    From 0 to the piece's end, or to `seconds`.
    """
    steps = round((seconds or piece.seconds) / STEP_SECONDS)
    middles = (np.arange(steps) + 0.5) * STEP_SECONDS
    onsets = np.sort([note.onset for note in piece.notes])
    ends = np.sort([note.end for note in piece.notes])
    return np.searchsorted(onsets, middles, "right") - np.searchsorted(ends, middles, "right")


def polyphony(piece: Piece, seconds: float = 0) -> float:
    """Mean number of sounding notes over the 50 ms steps in which any sounds."""
    counts = sounding(piece, seconds)
    return float(counts[counts > 0].mean()) if counts.any() else 0.0


def silence(piece: Piece, seconds: float = 0) -> float:
    """Percent of the 50 ms steps in which nothing sounds."""
    counts = sounding(piece, seconds)
    return 100 * float((counts == 0).mean()) if len(counts) else 0.0


# By these, sets of music are compared: the table of the design, and three of pitch and texture.
FEATURES = {
    "notes_per_second": notes_per_second,
    "mean_gap": mean_gap,
    "chord_share": chord_share,
    "mean_duration": mean_duration,
    "polyphony": polyphony,
    "silence": silence,
    "pitch_class_entropy": pitch_class_entropy,
    "pitch_entropy": pitch_entropy,
    "scale_consistency": scale_consistency,
    "distinct_pitches": distinct_pitches,
    "pitch_range": pitch_range,
    "mean_pitch": mean_pitch,
    "mean_step": mean_step,
    "velocity_mean": velocity_mean,
    "velocity_spread": velocity_spread,
}
OVER_TIME = (notes_per_second, polyphony, silence)  # these depend on how long a clip is


def describe(piece: Piece) -> dict[str, float]:
    """All figures of one piece with at least one note, rounded for reading."""
    figures = {
        "seconds": piece.seconds,
        "notes": len(piece),
        "longest_silence": longest_silence(piece),
        "longest_pause": longest_pause(piece),
        "longest_note": longest_note(piece),
        "hanging_notes": hanging_notes(piece),
        "pattern_repeats": pattern_repeats(piece),
    }
    figures |= {name: feature(piece) for name, feature in FEATURES.items()}
    return {name: round(value, 3) for name, value in figures.items()}


def features(clip: Piece, seconds: float = CLIP_SECONDS) -> np.ndarray:
    """FEATURES of a clip that is `seconds` long, whenever its last note ends, (15,) float64."""
    return np.array(
        [
            feature(clip, seconds) if feature in OVER_TIME else feature(clip)
            for feature in FEATURES.values()
        ]
    )


def cut(piece: Piece, begin: float, seconds: float) -> Piece:
    """The notes that begin in the `seconds` from `begin` on, which becomes 0. What sounds at the
    end of the cut ends there; what sounded already when it begins is not in it.
    """
    end = begin + seconds
    return Piece(
        tuple(
            Note(note.onset - begin, min(note.end, end) - note.onset, note.pitch, note.velocity)
            for note in piece.notes
            if begin <= note.onset < end
        )
    )


def excerpt(piece: Piece) -> Piece:
    """The middle minute; of a performance shorter than that, its middle half minute.

    Without notes if it is shorter still.
    """
    seconds = EXCERPT_SECONDS if piece.seconds >= EXCERPT_SECONDS else CLIP_SECONDS
    if piece.seconds < seconds:
        return Piece(())
    return cut(piece, (piece.seconds - seconds) / 2, seconds)


def clips(piece: Piece) -> list[Piece]:
    """The clips of 30 s that a composed piece, or an excerpt of a performance, is cut into.

    The last one may end in silence, if it is at least half filled; one of fewer than 2 notes is
    left out.
    """
    count = round(piece.seconds / CLIP_SECONDS)
    found = (cut(piece, i * CLIP_SECONDS, CLIP_SECONDS) for i in range(count))
    return [clip for clip in found if len(clip) >= FEWEST_NOTES]


def table(pieces: list[Piece]) -> tuple[np.ndarray, np.ndarray]:
    """Features (clips, 15) of the clips of all pieces, and (clips,) the piece each comes from."""
    rows, owners = [], []
    for number, piece in enumerate(pieces):
        for clip in clips(piece):
            rows.append(features(clip))
            owners.append(number)
    return np.array(rows).reshape(-1, len(FEATURES)), np.array(owners, np.int64)


def _pitches(piece: Piece) -> np.ndarray:
    return np.array([note.pitch for note in piece.notes])


def _velocities(piece: Piece) -> np.ndarray:
    return np.array([note.velocity for note in piece.notes])


def _gaps(piece: Piece) -> list[float]:
    return [b.onset - a.onset for a, b in itertools.pairwise(piece.notes)]
