"""How long a wish is likely to take, judged by what was made lately and by what comes before."""

import math
from dataclasses import dataclass
from statistics import median

from generator.models import Composition

JUDGED_BY = 50  # pieces of a model
LONG = 90 * 60  # seconds from which one speaks of hours


@dataclass(frozen=True)
class Wait:
    """Seconds until the first take is begun, and until all takes are made; and for how many."""

    before: float
    making: float
    pieces_before: int

    @property
    def in_words(self):
        return roughly(self.before + self.making)

    @property
    def before_in_words(self):
        return roughly(self.before)


def expected_wait(model, seconds, takes=1):
    """The Wait for takes of so many seconds each; None while no piece of the model tells its pace.

    Queries: one for each model in the queue, and two.
    """
    pace = pace_of(model)
    if pace is None:
        return None
    paces = {model.pk: pace}
    before, pieces = 0.0, 0
    unfinished = Composition.objects.unfinished().select_related("model")
    for piece in unfinished.defer("draft", "model__card"):
        if piece.model_id not in paces:
            paces[piece.model_id] = pace_of(piece.model) or pace
        before += paces[piece.model_id] * piece.expected_seconds * (1 - piece.progress)
        pieces += 1
    workers = max(Composition.objects.at_work().count(), 1)
    return Wait(before / workers, pace * seconds * math.ceil(takes / workers), pieces)


def pace_of(model):
    """Seconds of work a second of music: the median of the last pieces, or None."""
    made = Composition.objects.made_lately().filter(model=model)[:JUDGED_BY]
    paces = [
        (finished - started).total_seconds() / duration
        for started, finished, duration in made.values_list("started_at", "finished_at", "duration")
    ]
    return median(paces) if paces else None


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
