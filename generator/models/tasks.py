"""Long work that staff ask for: its states, and the moves between them.

As with pieces, the row is the truth and the queue a hint: status moves by conditional UPDATE,
every claim carries a fresh token, and whoever no longer holds the token can change nothing.
"""

import functools
import shutil
import uuid
from pathlib import Path

from django.conf import settings
from django.db import models, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.text import Truncator

from generator.models.queries import SILENT_AFTER

MOST_DEATHS = 3  # work whose worker died this often is poison


class TaskStatus(models.TextChoices):
    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    STOPPED = "stopped"


class TaskQuerySet(models.QuerySet):
    def waiting(self):
        """Queued work in the order in which workers take it."""
        return self.filter(status=TaskStatus.QUEUED).order_by("queued_at", "pk")

    def unfinished(self):
        return self.filter(status__in=(TaskStatus.QUEUED, TaskStatus.RUNNING))

    def silent(self):
        """Running work whose worker has not been heard of for `SILENT_AFTER`."""
        long_ago = timezone.now() - SILENT_AFTER
        return self.filter(status=TaskStatus.RUNNING, heartbeat_at__lt=long_ago)

    def at_work(self):
        """What a worker that is alive is doing."""
        long_ago = timezone.now() - SILENT_AFTER
        return self.filter(status=TaskStatus.RUNNING, heartbeat_at__gte=long_ago)


class Task(models.Model):
    """Its kind says on which queue, by which function, and in which folder it is done."""

    queue = ""
    function = ""  # see generator/worker.py
    folder_name = ""

    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, editable=False,
        related_name="+",
    )  # fmt: skip
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    status = models.CharField(
        max_length=7, choices=TaskStatus.choices, default=TaskStatus.QUEUED, editable=False
    )
    stop_asked = models.BooleanField(default=False, editable=False)
    progress = models.JSONField(default=dict, editable=False)  # {"what": …, "share": 0 to 1, …}
    error = models.CharField(max_length=300, blank=True, editable=False)  # a sentence for people
    attempt = models.PositiveSmallIntegerField(default=1, editable=False)
    deaths = models.PositiveSmallIntegerField(default=0, editable=False)
    token = models.UUIDField(null=True, editable=False)
    queued_at = models.DateTimeField(default=timezone.now, editable=False)
    started_at = models.DateTimeField(null=True, editable=False)
    heartbeat_at = models.DateTimeField(null=True, editable=False)
    finished_at = models.DateTimeField(null=True, editable=False)

    objects = TaskQuerySet.as_manager()

    class Meta:
        abstract = True

    @property
    def is_unfinished(self):
        return self.status in (TaskStatus.QUEUED, TaskStatus.RUNNING)

    @property
    def is_queued(self):
        return self.status == TaskStatus.QUEUED

    @property
    def is_running(self):
        return self.status == TaskStatus.RUNNING

    @property
    def is_done(self):
        return self.status == TaskStatus.DONE

    @property
    def is_failed(self):
        return self.status == TaskStatus.FAILED

    @property
    def is_stopped(self):
        return self.status == TaskStatus.STOPPED

    @property
    def percent(self):
        return round(100 * min(max(self.progress.get("share") or 0, 0), 1))

    @property
    def job_id(self):
        """RQ's id for the attempt that is due; a finished id stays taken, hence the number."""
        return f"{self._meta.model_name}-{self.pk}-{self.attempt}"

    @property
    def folder(self):
        """Where its files lie, on the disk of the server alone."""
        return Path(settings.STUDIO_ROOT) / self.folder_name / str(self.pk)

    def delete(self, **options):
        """Its files go, too, once that is committed. A worker that is at it notices."""
        folder = self.folder
        gone = super().delete(**options)
        transaction.on_commit(functools.partial(shutil.rmtree, folder, ignore_errors=True))
        return gone

    # Moves of a worker. Each returns whether the move was still its to make.

    def claim(self, attempt):
        """Take the queued attempt. False: somebody else has it, or it was stopped."""
        now = timezone.now()
        fields = {
            "status": TaskStatus.RUNNING,
            "token": uuid.uuid4(),
            "error": "",
            "started_at": now,
            "heartbeat_at": now,
            "finished_at": None,
        }
        due = self._rows(status=TaskStatus.QUEUED, attempt=attempt)
        if due.update(**fields) == 0:
            return False
        for name, value in fields.items():  # not read back: the row may already be another's
            setattr(self, name, value)
        self.attempt = attempt
        return True

    def beat(self):
        """Say that the worker is alive."""
        return self._mine().update(heartbeat_at=timezone.now()) == 1

    def advance(self, progress, **fields):
        """Say how far the work is. False: it is no longer ours.

        Nothing is written while nothing is new: it is asked for several times a second.
        """
        if progress == self.progress and not fields:
            return self._mine().exists()
        now = timezone.now()
        self.progress = progress
        return self._mine().update(progress=progress, heartbeat_at=now, **fields) == 1

    def is_to_stop(self):
        """Whether a person has asked to stop it. One query."""
        return self._mine().filter(stop_asked=True).exists()

    def finish(self, **results):
        return self._end(TaskStatus.DONE, **results)

    def end_stopped(self, **results):
        """End it as a person asked for, with what there is so far."""
        return self._end(TaskStatus.STOPPED, **results)

    def fail(self, reason, **results):
        """End this attempt with a sentence for people."""
        return self._end(TaskStatus.FAILED, error=Truncator(reason).chars(300), **results)

    def hand_back(self):
        """Queue it again at its old place: the worker is told to stop, which is nobody's fault."""
        return self._requeue(self._mine())

    # Moves of a person and of the reconciler.

    def stop(self):
        """Stop it: at once if it still waits, else as soon as its worker has looked."""
        now = timezone.now()
        waiting = self._rows(status=TaskStatus.QUEUED)
        moved = waiting.update(status=TaskStatus.STOPPED, token=None, finished_at=now) == 1
        moved = moved or self._rows(status=TaskStatus.RUNNING).update(stop_asked=True) == 1
        self.refresh_from_db()
        return moved

    def restart(self):
        """Queue it again. False: it has not ended, or has done all that it should."""
        over = self._rows(status__in=(TaskStatus.FAILED, TaskStatus.STOPPED))
        return self._requeue(over, deaths=0, stop_asked=False, queued_at=timezone.now())

    def put_back(self):
        """Queue a dead attempt again at its old place, or fail it after too many deaths."""
        dead = self._rows(attempt=self.attempt).silent()
        deaths = self.deaths + 1
        if deaths < MOST_DEATHS:
            return self._requeue(dead, deaths=deaths)
        reason = f"The worker stopped {MOST_DEATHS} times at this work."
        ended = _end(dead, TaskStatus.FAILED, error=reason, deaths=deaths)
        self.refresh_from_db()
        return ended

    def renew(self):
        """Give queued work a new attempt number, since its job was lost from the queue."""
        return self._requeue(self._rows(status=TaskStatus.QUEUED, attempt=self.attempt))

    def _rows(self, *conditions, **fields):
        return type(self).objects.filter(Q(pk=self.pk), *conditions, **fields)

    def _mine(self):
        return self._rows(status=TaskStatus.RUNNING, token=self.token)

    def _end(self, status, **fields):
        ended = _end(self._mine(), status, **fields)
        if ended:
            self.refresh_from_db()
        return ended

    def _requeue(self, rows, **fields):
        """Whoever asked to stop it is still to be heard, unless `fields` say otherwise."""
        moved = rows.update(
            status=TaskStatus.QUEUED,
            attempt=models.F("attempt") + 1,
            token=None,
            error="",
            started_at=None,
            finished_at=None,
            **fields,
        )
        if moved:
            self.refresh_from_db()
        return moved == 1


def _end(rows, status, **fields):
    fields = {"error": ""} | fields
    now = timezone.now()
    return rows.update(status=status, token=None, stop_asked=False, finished_at=now, **fields) == 1
