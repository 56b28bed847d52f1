"""How the site is doing, in numbers: for the admin's front page, and for machines at /metrics.

Cheap enough for every request: a few queries, two round trips to Redis, and sizes of files that are
read once a minute. All of it stands without Redis, and in an empty database.
"""

import logging
import math
from bisect import bisect
from collections import Counter
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from statistics import median

from django.urls import reverse
from django.utils import timezone
from redis.exceptions import RedisError
from rq import Queue, worker_registration
from rq.utils import as_text, utcparse

from generator import disk, queueing
from generator.models import Composition, Rendition, Status, Task
from generator.models.renditions import OVERDUE
from generator.reconcile import QUEUED_LONG
from generator.tasks import KINDS

ALIVE_FOR = timedelta(seconds=90)  # a worker beats every 30 s, see worker.py
DAYS = 14
PERIODS = {"24h": timedelta(hours=24), "7d": timedelta(days=7)}
FAILURES_OF = "7d"
MOST_REASONS = 8

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class OnRedis:
    """What Redis says of a queue."""

    job_ids: frozenset[str]
    workers: int


@dataclass(frozen=True)
class QueueState:
    """A queue as the rows have it; `jobs`, `lost` and `workers` are None if Redis is silent."""

    name: str
    waiting: int
    running: int
    longest_wait: float  # seconds, of what still waits
    jobs: int | None = None
    lost: int | None = None  # rows that should have a job there and have none
    workers: int | None = None


@dataclass(frozen=True)
class Work:
    """What a worker is doing now. `permission` is needed to follow `url`."""

    words: str
    percent: int
    since: datetime
    url: str
    permission: str = ""


@dataclass(frozen=True)
class Day:
    date: date
    ready: int
    failed: int


@dataclass(frozen=True)
class Wait:
    """Seconds from asking to ready; None where nothing became ready."""

    count: int
    median: float | None
    p95: float | None


@dataclass
class Ended:
    """People's pieces that ended in a period, and what became of them; auditions apart."""

    ready: int = 0
    failed: int = 0
    waits: list[float] = field(default_factory=list)
    reasons: Counter = field(default_factory=Counter)
    failed_auditions: int = 0

    @property
    def wait(self) -> Wait:
        if not self.waits:
            return Wait(0, None, None)
        return Wait(len(self.waits), median(self.waits), percentile(self.waits, 95))


@dataclass(frozen=True)
class Overview:
    redis_answers: bool
    queues: list[QueueState]
    renditions: int  # that wait; one at a time is on the queue "compositions"
    running: list[Work]
    days: list[Day]
    ended: dict[str, Ended]  # by period
    parts: list[disk.Part]
    volumes: list[disk.Volume]

    @property
    def failures(self) -> list[tuple[str, int]]:
        return self.ended[FAILURES_OF].reasons.most_common(MOST_REASONS)

    @property
    def failed_auditions(self) -> int:
        return self.ended[FAILURES_OF].failed_auditions


def look() -> Overview:
    """All numbers, as they are now."""
    on_redis = read_redis()
    days, ended = read_ended()
    return Overview(
        redis_answers=on_redis is not None,
        queues=[queue_state(name, on_redis) for name in queueing.QUEUES],
        renditions=Rendition.objects.waiting().count(),
        running=running(),
        days=days,
        ended=ended,
        parts=disk.parts(),
        volumes=disk.volumes(),
    )


# Queues and workers.


def read_redis() -> dict[str, OnRedis] | None:
    """What is on each queue and how many workers listen, or None if Redis does not answer.

    RQ's register of workers names those that were killed, too: only a recent heartbeat counts.
    """
    try:
        connection = queueing.queue().connection
        with connection.pipeline(transaction=False) as pipeline:
            for name in queueing.QUEUES:
                pipeline.lrange(Queue.redis_queue_namespace_prefix + name, 0, -1)
                pipeline.smembers(worker_registration.WORKERS_BY_QUEUE_KEY % name)
            answers = pipeline.execute()
            jobs, workers = answers[0::2], answers[1::2]
            for key in set().union(*workers):
                pipeline.hmget(key, "last_heartbeat", "death")
            beats = dict(zip(set().union(*workers), pipeline.execute(), strict=True))
    except RedisError as problem:
        logger.warning("The queues cannot be read: %s", problem)
        return None
    return {
        name: OnRedis(frozenset(map(as_text, job_ids)), sum(_is_alive(*beats[key]) for key in keys))
        for name, job_ids, keys in zip(queueing.QUEUES, jobs, workers, strict=True)
    }


def _is_alive(heartbeat, death):
    if heartbeat is None or death is not None:
        return False
    return timezone.now() - utcparse(as_text(heartbeat)) < ALIVE_FOR


def queue_state(name: str, on_redis: dict[str, OnRedis] | None) -> QueueState:
    """A queue by its rows, and by what Redis says of it."""
    now = timezone.now()
    kinds = [kind for kind in (Composition, *KINDS) if kind.queue == name]
    # The rows after Redis: a row may be claimed in between, which looks like no job lost.
    waiting = [
        row
        for kind in kinds
        for row in kind.objects.waiting().only("pk", "attempt", "status", "queued_at")
    ]
    state = {
        "name": name,
        "waiting": len(waiting),
        "running": sum(kind.objects.at_work().count() for kind in kinds),
        "longest_wait": max(((now - row.queued_at).total_seconds() for row in waiting), default=0),
    }
    if name == queueing.QUEUE:
        recently = Rendition.objects.begun().filter(started_at__gte=now - OVERDUE)
        state["running"] += recently.count()
    if on_redis is None:
        return QueueState(**state)
    there = on_redis[name]
    long = [row for row in waiting if row.queued_at < now - QUEUED_LONG]
    lost = sum(row.job_id not in there.job_ids for row in long)
    # Whoever works on a row is alive, whatever the register says.
    workers = max(there.workers, state["running"])
    return QueueState(**state, jobs=len(there.job_ids), lost=lost, workers=workers)


def running() -> list[Work]:
    """What is being done now. Of people's pieces neither title nor owner: that is their affair."""
    pieces = Composition.objects.at_work().defer("draft").select_related("model")
    found = [_piece_at_work(piece) for piece in pieces.order_by("started_at")]
    for kind in KINDS:
        found += [_task_at_work(task) for task in kind.objects.at_work().order_by("started_at")]
    return found


def _piece_at_work(piece):
    told = {"percent": round(100 * piece.progress), "since": piece.started_at}
    if piece.audition_id:  # the model is not to be known by when its piece is ready
        url = reverse("admin:generator_audition_change", args=[piece.audition_id])
        return Work(f"A piece of audition {piece.audition_id}", url=url, **told)
    return Work(
        f"A piece, {piece.requested_duration} s by {piece.model}",
        url=reverse("admin:generator_composition_change", args=[piece.pk]),
        permission="generator.view_composition",
        **told,
    )


def _task_at_work(task):
    words = f"{task._meta.verbose_name.capitalize()} “{task}”"
    return Work(words, task.percent, task.started_at, url_of(task))


def url_of(task: Task) -> str:
    """The task's page in the admin."""
    return reverse(f"admin:generator_{task._meta.model_name}_change", args=[task.pk])


# Pieces that ended.


def read_ended() -> tuple[list[Day], dict[str, Ended]]:
    """Pieces of each of the last `DAYS` days, the latest last; and what ended in `PERIODS`.

    One query. A failed piece that its owner tried again counts as what came of it then.
    """
    now = timezone.now()
    dates = [timezone.localdate(now) - timedelta(days=ago) for ago in reversed(range(DAYS))]
    midnights = [timezone.make_aware(datetime.combine(day, time.min)) for day in dates]
    counts = [Counter() for _ in dates]
    since = {period: now - length for period, length in PERIODS.items()}
    ended = {period: Ended() for period in PERIODS}
    for status, error, audition, asked, finished in _rows_since(midnights[0]):
        if audition is None:
            counts[bisect(midnights, finished) - 1][status] += 1
        for period, begin in since.items():
            if finished >= begin:
                _count(ended[period], status, error, audition, (finished - asked).total_seconds())
    numbers = zip(dates, counts, strict=True)
    return [Day(day, n[Status.READY], n[Status.FAILED]) for day, n in numbers], ended


def _rows_since(moment):
    rows = Composition.objects.filter(
        status__in=(Status.READY, Status.FAILED), finished_at__gte=moment
    )
    fields = ("status", "error", "audition_id", "queued_at", "finished_at")
    return rows.order_by().values_list(*fields).iterator()


def _count(ended, status, error, audition, seconds):
    if audition is not None:
        ended.failed_auditions += status == Status.FAILED
    elif status == Status.READY:
        ended.ready += 1
        ended.waits.append(seconds)
    else:
        ended.failed += 1
        ended.reasons[error or "No reason was kept."] += 1


def percentile(values: list[float], percent: int) -> float:
    """The least value that so many percent of all do not exceed.

    >>> percentile([1, 2, 3, 4], 50), percentile([5], 95)
    (2, 5)
    """
    return sorted(values)[math.ceil(len(values) * percent / 100) - 1]
