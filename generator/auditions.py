"""What one member of staff sees of an audition, and what can be done with it.

Pieces go by a row (one a seed, from 1) and a letter. Whose piece a letter is, nothing here tells
before the names are shown to this person.
"""

import json
import string
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from django.db import transaction
from django.db.models import QuerySet

from generator import jobs
from generator.models import Audition, Composition, Status, TrainedModel, Vote
from generator.roll import draw_roll

LETTERS = string.ascii_uppercase
NO_DIFFERENCE = "none"  # what a form sends in the place of a letter
LONGEST_PATTERN = 8  # notes, as in ml/loops.py
TONES = ("C", "C♯", "D", "E♭", "E", "F", "F♯", "G", "A♭", "A", "B♭", "B")


@dataclass
class Entry:
    """A piece as it lies in its row."""

    row: int
    letter: str
    model: TrainedModel
    piece: Composition | None  # None: somebody has deleted it
    is_open: bool  # whether this person is shown the names
    votes: int
    secrets: set[str]  # what may not be read before; in small letters

    @property
    def key(self):
        return f"{self.row}{self.letter}"

    @property
    def percent(self):
        return round(self.piece.progress * 100)

    @property
    def state(self):
        """What has to change before the page shows something else."""
        if self.piece is None:
            return "gone"
        return f"{self.piece.status}-{self.percent}" if self.is_unfinished else self.piece.status

    @property
    def is_ready(self):
        return self.piece is not None and self.piece.is_ready

    @property
    def is_unfinished(self):
        return self.piece is not None and self.piece.is_unfinished

    @property
    def is_queued(self):
        return self.piece is not None and self.piece.status == Status.QUEUED

    @property
    def problem(self):
        """Why there is no piece, in a sentence that gives no name away."""
        if self.piece.status == Status.CANCELLED:
            return "It was cancelled."
        reason = self.piece.error
        if not self.is_open and any(secret in reason.lower() for secret in self.secrets):
            return "It failed. The reason names the model, and is shown with the names."
        return reason

    @cached_property
    def notes(self):
        """As jobs.note_list tells them; None if the file is gone."""
        try:
            with self.piece.notes.storage.open(self.piece.notes.name) as file:
                return json.load(file)["notes"]
        except FileNotFoundError:
            return None

    @property
    def roll(self):
        """SVG."""
        return draw_roll(self.notes, self.piece.duration)

    @property
    def figures(self):
        return figures_of(self.notes, self.piece.duration)


@dataclass
class Row:
    """All pieces of one seed."""

    number: int
    seed: int
    entries: list[Entry]
    vote: Vote | None  # of this person
    is_fixed: bool  # the vote can no longer be changed

    @property
    def is_comparable(self):
        return all(entry.is_ready for entry in self.entries)

    @property
    def chosen(self):
        """The letter voted for, NO_DIFFERENCE, or an empty text."""
        if self.vote is None:
            return ""
        liked = self.vote.model_id
        return next((e.letter for e in self.entries if e.model.pk == liked), NO_DIFFERENCE)

    @property
    def choices(self):
        """(value, words, whether it is chosen) of the vote's buttons."""
        offered = [(entry.letter, entry.letter) for entry in self.entries]
        offered.append((NO_DIFFERENCE, "No difference"))
        return [(value, words, value == self.chosen) for value, words in offered]


class Sheet:
    """All that a person sees of an audition. Shows the names if that is due."""

    def __init__(self, audition: Audition, person):
        self.audition = audition
        self.is_open = audition.show_names_if_due(person)
        self.candidates = list(audition.candidates.all())
        self._secrets = {word for model in self.candidates for word in marks_of(model)}
        pieces = audition.pieces.select_related("model").defer("draft").order_by()
        self._pieces = {(piece.seed, piece.model_id): piece for piece in pieces}
        self._votes = list(audition.votes.all())
        own = {vote.seed: vote for vote in self._votes if vote.person_id == person.pk}
        self.rows = [
            self._row(number, seed, own.get(seed)) for number, seed in enumerate(audition.seeds, 1)
        ]

    def _row(self, number, seed, vote):
        models = self.audition.in_order(seed, self.candidates)
        liked = [v.model_id for v in self._votes if v.seed == seed] if self.is_open else []
        entries = [
            Entry(
                number,
                letter,
                model,
                self._pieces.get((seed, model.pk)),
                self.is_open,
                liked.count(model.pk),
                self._secrets,
            )
            for letter, model in zip(LETTERS, models, strict=False)
        ]
        is_fixed = self.is_open and vote is not None and vote.was_blind
        return Row(number, seed, entries, vote, is_fixed)

    @property
    def entries(self):
        return [entry for row in self.rows for entry in row.entries]

    @property
    def are_unfinished(self):
        return any(entry.is_unfinished for entry in self.entries)

    @property
    def ready(self):
        return sum(entry.is_ready for entry in self.entries)

    @property
    def without_vote(self):
        """How many rows this person could vote on and has not."""
        return sum(row.vote is None for row in self.rows if row.is_comparable)

    @property
    def style_name(self):
        """Of the style asked for; any if it is empty."""
        style = self.audition.style
        return self.candidates[0].style_name(style) if style and self.candidates else style

    @property
    def state(self):
        """All that the page shows and time may change, in a line for the next look."""
        shown = "open" if self.is_open else "hidden"
        return ".".join([shown, *(entry.state for entry in self.entries)])

    def changed_since(self, state: str) -> list[Entry]:
        """What to draw anew on a page that shows `state`, whatever somebody wrote there."""
        then = state.split(".")[1:]
        if len(then) != len(self.entries):
            return self.entries
        return [entry for entry, old in zip(self.entries, then, strict=True) if entry.state != old]

    @property
    def result(self):
        """(model, blind Tally, Tally of the others) of each candidate, once the names are shown."""
        tallies = self.audition.votes.all().tallies()
        return [(model, *tallies[model.pk]) for model in self.candidates]

    def row(self, number: str) -> Row:
        """The row of a number that a form sent. Raises ValueError with a sentence."""
        found = next((row for row in self.rows if str(row.number) == number), None)
        if found is None:
            raise ValueError("There is no such row in this audition.")
        return found

    def entry(self, number: str, letter: str) -> Entry:
        """The piece that a form named. Raises ValueError with a sentence."""
        found = next((e for e in self.row(number).entries if e.letter == letter), None)
        if found is None:
            raise ValueError("There is no such piece in this row. Choose one of its letters.")
        return found


def marks_of(model: TrainedModel) -> set[str]:
    """By what one could tell a model in a sentence: its name, its file's, its checksum's head."""
    return {model.name.lower(), Path(model.file.name).stem.lower(), model.sha256[:8]} - {""}


def vote(audition: Audition, person, number: str, choice: str) -> str:
    """Keep a vote by its row and letter, or NO_DIFFERENCE. Return a sentence; raises ValueError."""
    sheet = Sheet(audition, person)
    seed = sheet.row(number).seed
    liked = None if choice == NO_DIFFERENCE else sheet.entry(number, choice).model
    audition.vote(person, seed, liked)
    return f"Your vote on row {number} is kept."


def retry(audition: Audition, person, number: str, letter: str) -> str:
    """Queue a piece again that failed. Return a sentence; raises ValueError with one."""
    piece = Sheet(audition, person).entry(number, letter).piece
    if piece is None:
        raise ValueError("This piece has been deleted.")
    if not piece.retry():
        raise ValueError("There was nothing to try again.")
    jobs.enqueue(piece)
    return f"Piece {letter} of row {number} is queued again."


def make(person, request_key, candidates, **wish) -> tuple[Audition, bool]:
    """Make an audition once and queue its pieces behind all others; and whether it is new."""
    with transaction.atomic():
        is_new = not Audition.objects.filter(created_by=person, request_key=request_key).exists()
        audition = Audition.objects.request(person, request_key, candidates, **wish)
        # What is on the queue already is not put there twice.
        for piece in audition.pieces.waiting().defer("draft"):
            jobs.enqueue(piece)
    return audition, is_new


def delete(auditions: QuerySet) -> None:
    """Delete auditions with their votes, pieces, files and jobs."""
    with transaction.atomic():
        doomed = Audition.objects.filter(pk__in=list(auditions.values_list("pk", flat=True)))
        pieces = Composition.objects.filter(audition__in=doomed)
        jobs.forget(pieces)
        pieces.delete_with_files()
        doomed.delete()


# Figures, without numpy: a web process has none.


def figures_of(notes: list, seconds: float) -> list[tuple[str, str]]:
    """(what, how much) of `[[onset_ms, duration_ms, pitch, velocity], ...]`, for people."""
    if not notes:
        return [("Length", f"{seconds:.1f} s"), ("Notes", "none")]
    pitches = [note[2] for note in notes]
    lowest, highest = name_of(min(pitches)), name_of(max(pitches))
    repeats = most_repeats(pitches)
    return [
        ("Length", f"{seconds:.1f} s"),
        ("Notes a second", f"{len(notes) * 1000 / end_of(notes):.1f}"),
        ("Pitches", f"{len(set(pitches))}, {lowest} to {highest}"),
        ("Mean velocity", f"{sum(note[3] for note in notes) / len(notes):.0f}"),
        ("Longest silence", f"{longest_silence(notes):.1f} s"),
        ("Same pattern in a row", "once" if repeats == 1 else f"{repeats} times"),
    ]


def end_of(notes):
    """Milliseconds until the last note has ended; at least one."""
    return max(1, *(onset + duration for onset, duration, *_ in notes))


def longest_silence(notes):
    """Seconds of the longest stretch without a sounding note, first onset to last end."""
    longest, sounding_until = 0, notes[0][0]
    for onset, duration, *_ in notes:
        longest = max(longest, onset - sounding_until)
        sounding_until = max(sounding_until, onset + duration)
    return longest / 1000


def most_repeats(pitches):
    """How often, at most, a pattern of up to 8 pitches sounds in a row; as ml/loops.py counts."""
    most = 1
    for length in range(1, LONGEST_PATTERN + 1):
        run = 0
        for before, pitch in zip(pitches, pitches[length:], strict=False):
            run = run + 1 if pitch == before else 0
            most = max(most, run // length + 1)
    return most


def name_of(pitch):
    """A pitch as pianists call it.

    >>> name_of(60), name_of(21)
    ('C4', 'A0')
    """
    return f"{TONES[pitch % 12]}{pitch // 12 - 1}"
