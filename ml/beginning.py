"""The beginning of a piece that a person brings: the composer hears it and goes on from it."""

from collections.abc import Iterable
from dataclasses import dataclass

from ml.encoding import TICKS_PER_SECOND
from ml.notes import Note, Piece

LONGEST_BEGINNING = 300.0  # seconds
MOST_NOTES = 6_000  # of a beginning: it is heard note by note, some seconds long
LARGEST_NUMBER = 2**31 - 1  # of a list of notes: 24 days of milliseconds
ROUNDING = 1e-6  # seconds


@dataclass(frozen=True, slots=True)
class Beginning:
    """Notes of one piano, and the second at which the composer takes over from it.

    What ends just then still sounds: the composer decides when to let it go. `cut` makes one of
    any notes. Raises ValueError for notes that no piano could have played by then.
    """

    notes: tuple[Note, ...]
    seconds: float

    def __post_init__(self):
        _check_seconds(self.seconds)
        object.__setattr__(self, "notes", Piece(self.notes).notes)
        if not self.notes:
            raise ValueError(f"The beginning has no note in its first {self.seconds:g} s.")
        if len(self.notes) > MOST_NOTES:
            raise ValueError(
                f"The beginning has {len(self.notes):,} notes in its first {self.seconds:g} s, "
                f"and may have {MOST_NOTES:,}."
            )
        free = {}  # pitch -> end of its last note
        for note in self.notes:
            if _tick(note.onset) >= _tick(self.seconds) or note.end > self.seconds + ROUNDING:
                raise ValueError(f"A note of the beginning goes on beyond {self.seconds:g} s.")
            if note.onset < free.get(note.pitch, 0) - ROUNDING:
                raise ValueError(f"The beginning strikes {note.pitch} while that key is down.")
            free[note.pitch] = note.end

    @classmethod
    def cut(cls, notes: Iterable[Note], seconds: float) -> "Beginning":
        """What a piano has played of `notes` by then: cut off there, in whole milliseconds.

        A key that is struck again ends there; two strikes within 10 ms are one. The composer takes
        over on a hundredth of a second. Raises ValueError as `Beginning` does.
        """
        _check_seconds(seconds)
        seconds = _tick(seconds) / TICKS_PER_SECOND
        takeover = round(seconds * 1000)
        struck = {}  # pitch -> its last note
        played = []  # [onset, end, pitch, velocity], milliseconds
        for note in Piece(tuple(notes)).notes:
            onset, end = round(note.onset * 1000), min(round(note.end * 1000), takeover)
            if _tick(onset / 1000) >= _tick(seconds):
                break
            before = struck.get(note.pitch)
            if before and _tick(onset / 1000) == _tick(before[0] / 1000):
                before[1] = max(before[1], end)
                continue
            if before:
                before[1] = min(before[1], onset)
            struck[note.pitch] = [onset, max(end, onset + 1), note.pitch, note.velocity]
            played.append(struck[note.pitch])
        lists = [[onset, end - onset, *rest] for onset, end, *rest in played]
        return cls(from_lists(lists), seconds)

    @classmethod
    def from_dict(cls, told: dict) -> "Beginning":
        """The opposite of `to_dict`, for any notes. Raises ValueError if it is something else."""
        if not (isinstance(told, dict) and told.keys() == {"seconds", "notes"}):
            raise ValueError('A beginning has "seconds" and "notes", and nothing else.')
        if type(told["seconds"]) not in (int, float):
            raise ValueError('The "seconds" of a beginning are a number.')
        return cls.cut(from_lists(told["notes"]), told["seconds"])

    def to_dict(self) -> dict:
        """Plain numbers, ready for JSON."""
        return {"seconds": self.seconds, "notes": to_lists(self.notes)}


def to_lists(notes: Iterable[Note]) -> list[list[int]]:
    """[onset, duration, pitch, velocity] of each note, times in milliseconds."""
    return [
        [round(note.onset * 1000), max(round(note.duration * 1000), 1), note.pitch, note.velocity]
        for note in notes
    ]


def from_lists(lists: list[list[int]]) -> tuple[Note, ...]:
    """The notes that `to_lists` told. Raises ValueError if they are none."""
    if not isinstance(lists, list) or not all(map(_is_note, lists)):
        raise ValueError(
            "Notes are a list of [onset, duration, pitch, velocity], whole numbers all, "
            "with times in milliseconds."
        )
    return tuple(
        Note(onset / 1000, duration / 1000, pitch, velocity)
        for onset, duration, pitch, velocity in lists
    )


def _is_note(numbers):
    return (
        isinstance(numbers, list)
        and len(numbers) == 4
        and all(type(number) is int and 0 <= number <= LARGEST_NUMBER for number in numbers)
    )


def _check_seconds(seconds):
    if not 1 / TICKS_PER_SECOND <= seconds <= LONGEST_BEGINNING:
        raise ValueError(
            f"A beginning lasts from {1 / TICKS_PER_SECOND} s to {LONGEST_BEGINNING:.0f} s."
        )


def _tick(seconds):
    return round(seconds * TICKS_PER_SECOND)
