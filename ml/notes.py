"""Value objects of piano music. They check themselves when they are made."""

from dataclasses import dataclass

LOWEST_PITCH = 21  # A0, the piano's first key, as a MIDI number
HIGHEST_PITCH = 108  # C8, its last


@dataclass(frozen=True, slots=True)
class Note:
    """One struck key. `onset` and `duration` in seconds, `pitch` and `velocity` as in MIDI.

    Raises ValueError for a note that no piano could play.
    """

    onset: float
    duration: float
    pitch: int
    velocity: int

    def __post_init__(self):
        if not 0 <= self.onset < float("inf"):
            raise ValueError(f"A note cannot begin at {self.onset} s.")
        if not 0 < self.duration < float("inf"):
            raise ValueError(f"A note cannot last {self.duration} s.")
        if not LOWEST_PITCH <= self.pitch <= HIGHEST_PITCH:
            raise ValueError(f"A piano has no key for pitch {self.pitch}.")
        if not 1 <= self.velocity <= 127:
            raise ValueError(f"A velocity lies in 1 to 127, not at {self.velocity}.")

    @property
    def end(self) -> float:
        """Seconds from the piece's start to the note's end."""
        return self.onset + self.duration


@dataclass(frozen=True, slots=True)
class Piece:
    """Notes in the order of onset, then pitch."""

    notes: tuple[Note, ...]

    def __post_init__(self):
        ordered = tuple(sorted(self.notes, key=lambda note: (note.onset, note.pitch)))
        object.__setattr__(self, "notes", ordered)

    def __len__(self):
        return len(self.notes)

    @property
    def seconds(self) -> float:
        """Seconds from 0 to the end of the last note; 0 for a piece without notes."""
        return max((note.end for note in self.notes), default=0.0)
