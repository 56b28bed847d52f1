"""How long a piece takes to be made, judged by what its model has made lately."""

from dataclasses import dataclass
from itertools import combinations
from statistics import median

from django.utils import timezone

from generator.models.queries import Status

JUDGED_BY = 50  # pieces of a model
RECORDING = 0.5  # of the work on a piece, measured: 70 % with 20 s of music, 37 % with 240
HEARD_TWICE = 1.6  # times as long composing with a wish for energy or loudness, see experiments.md
LONG = 90 * 60  # seconds from which one speaks of hours
GUIDED = RECORDING + (1 - RECORDING) * HEARD_TWICE


@dataclass(frozen=True)
class Pace:
    """Seconds of work on any piece, and on each second of music besides."""

    fixed: float
    each: float

    def work(self, seconds, is_guided=False):
        """Seconds of work on a piece of so many seconds."""
        return (self.fixed + self.each * seconds) * (GUIDED if is_guided else 1)


def pace_of(model):
    """The Pace of a model; None as long as it has made nothing. One query."""
    made = model.compositions.made_lately()[:JUDGED_BY]
    rows = made.values_list("started_at", "finished_at", "duration", "energy", "loudness")
    points = [
        (duration, (finished - started).total_seconds() / (GUIDED if energy or loudness else 1))
        for started, finished, duration, energy, loudness in rows
    ]
    return fit(points) if points else None


def fit(points):
    """The Pace through (seconds of music, seconds of work), that few odd ones do not move.

    The median of the slopes between any two (Theil 1950, Sen 1968). Where all lengths are much
    alike, or longer pieces took less, that says nothing: then all work grows with the length.

    >>> fit([(20, 4), (60, 8), (120, 14), (30, 500)])
    Pace(fixed=2.0, each=0.1)
    """
    lengths = [length for length, _ in points]
    if max(lengths) > 1.5 * min(lengths):
        pairs = combinations(points, 2)
        each = median((w - v) / (n - m) for (m, v), (n, w) in pairs if n != m)
        if each > 0:
            return Pace(max(median(work - each * length for length, work in points), 0), each)
    return Pace(0, median(work / length for length, work in points))


class Making:
    """What a piece that is being made tells of how far it is: part of Composition."""

    @property
    def percent(self):
        """How much is composed, in whole percent; 100 only when all is."""
        return int(100 * self.progress + 1e-9)

    @property
    def is_guided(self):
        return bool(self.energy or self.loudness)

    def work_left(self, pace):
        """Seconds of work that are left of it at that pace."""
        work = pace.work(self.expected_seconds, self.is_guided)
        if self.status == Status.COMPOSING:
            return work * (1 - (1 - RECORDING) * self.progress)
        if self.status == Status.RENDERING and self.started_at:
            passed = (timezone.now() - self.started_at).total_seconds()
            return min(max(work - passed, 0), work * RECORDING)
        return work

    def left_in_words(self):
        """How long it is likely to take yet, or nothing if that is not known. One query."""
        is_begun = self.status in (Status.COMPOSING, Status.RENDERING)
        pace = pace_of(self.model) if is_begun else None
        return about(self.work_left(pace)) if pace else ""


def roughly(seconds):
    """A span of time as one would say it.

    >>> roughly(3), roughly(38), roughly(130), roughly(6000)
    ('a few seconds', '40 seconds', '2 minutes', '1.5 hours')
    """
    if seconds < 8:
        return "a few seconds"
    if seconds < 57:
        return f"{5 * round(seconds / 5)} seconds"
    if seconds < LONG:
        minutes = round(seconds / 60)
        return f"{minutes} minute{'' if minutes == 1 else 's'}"
    hours = round(seconds / 1800) / 2
    return f"{hours:g} hours"


def about(seconds):
    """The same where it is a guess.

    >>> about(3), about(38)
    ('a few seconds', 'about 40 seconds')
    """
    words = roughly(seconds)
    return words if words.startswith("a ") else f"about {words}"
