"""How long a wish is likely to take, judged by what was made lately and by what comes before."""

from dataclasses import dataclass
from datetime import timedelta
from heapq import heapify, heapreplace
from statistics import median

from django.utils import timezone

from generator import overview, queueing
from generator.models import SILENT_AFTER, Composition, Rendition, RenditionStatus, Status
from generator.models.pace import about, pace_of, roughly
from generator.models.renditions import OVERDUE

__all__ = ["Wait", "expected_wait", "living_workers", "roughly"]

JUDGED_BY = 20  # renditions of a kind


@dataclass(frozen=True)
class Wait:
    """Seconds until the first take is begun, and until all takes are made.

    `pieces_before` are those that are waited for, and without workers nothing is made at all.
    """

    before: float
    until_made: float
    pieces_before: int
    workers: int

    @property
    def in_words(self):
        return about(self.until_made)

    @property
    def before_in_words(self):
        return about(self.before)


def expected_wait(model, seconds, takes=1, is_guided=False):
    """The Wait for takes of so many seconds each; None while no piece of the model tells its pace.

    The workers are followed through the queue, each taking the next piece when it is free. Two
    round trips to Redis, and queries: one for each model in the queue, and five.
    """
    pace = pace_of(model)
    if pace is None:
        return None
    paces = {model.pk: pace}
    begun, waiting = [], []
    for piece in unfinished():
        if piece.model_id not in paces:
            paces[piece.model_id] = pace_of(piece.model) or pace
        its_pace = paces[piece.model_id]
        if is_at_work(piece):
            begun.append(piece.work_left(its_pace))
        else:  # from the start, if it was begun by a worker that has died
            waiting.append(its_pace.work(piece.expected_seconds, piece.is_guided))
    rendering, wanted = work_on_renditions()
    busy = [*begun, *rendering]
    workers = max(living_workers(), len(busy))
    pieces = len(begun) + len(waiting)
    if workers == 0:
        return Wait(0, 0, pieces, 0)
    free_at = busy + [0.0] * (workers - len(busy))
    heapify(free_at)
    for work in [*waiting, *wanted]:
        heapreplace(free_at, free_at[0] + work)
    before, work = free_at[0], pace.work(seconds, is_guided)
    ends = [heapreplace(free_at, free_at[0] + work) + work for _ in range(takes)]
    return Wait(before, max(ends), pieces if before else 0, workers)


def unfinished():
    """Everybody's, in the order in which workers take them; what has lost its worker goes first."""
    pieces = Composition.objects.unfinished().select_related("model")
    return pieces.defer("draft", "model__card").order_by("queued_at", "pk")


def is_at_work(piece):
    """Whether a worker that is alive is making it."""
    if piece.status == Status.QUEUED or piece.heartbeat_at is None:
        return False
    return piece.heartbeat_at >= timezone.now() - SILENT_AFTER


def work_on_renditions():
    """(seconds left of what is being made, seconds of what will be), of scores and WAV files.

    One at a time is made or on the queue, see renditions.py: those behind it wait longer than we.
    """
    now = timezone.now()
    begun = Rendition.objects.begun().filter(started_at__gte=now - OVERDUE).first()
    if begun:
        passed = (now - begun.started_at).total_seconds()
        return [max(usual_work(begun.kind) - passed, 0.0)], []
    first = Rendition.objects.waiting().first()
    return [], [usual_work(first.kind)] if first else []


def usual_work(kind):
    """Seconds that the making of one took lately; 0 if none was made."""
    made = Rendition.objects.filter(kind=kind, status=RenditionStatus.READY)
    times = made.exclude(started_at=None).order_by("-finished_at")
    spans = [
        finished - started
        for started, finished in times.values_list("started_at", "finished_at")[:JUDGED_BY]
    ]
    return median(spans or [timedelta()]).total_seconds()


def living_workers():
    """How many composers Redis has heard of lately; none if it does not answer."""
    queues = overview.read_redis()
    return queues[queueing.QUEUE].workers if queues else 0
