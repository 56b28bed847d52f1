"""What is made of a finished piece when somebody wants it: its score, its sound as WAV.

The only writer of `Rendition.status`. As with pieces, the row is the truth and the queue a hint.
"""

from datetime import timedelta
from functools import partial

from django.conf import settings
from django.db import models, transaction
from django.utils import timezone
from django.utils.text import Truncator

from generator import storage
from generator.models.compositions import Composition
from generator.models.queries import take_turn

MOST_SECONDS = 420  # that making one may take; a WAV of ten minutes took 115 on a busy machine
OVERDUE = timedelta(minutes=10)  # one begun so long ago, and not ended, has lost its worker
WAV_KEPT = timedelta(days=7)
MOST_ATTEMPTS = 8  # at making one, until `RESPITE` has passed: it will not get better at once
RESPITE = timedelta(days=1)
MOST_WAVS = 10  # that one person may have at once: each takes 10.6 MB a minute


class Kind(models.TextChoices):
    SCORE = "score"  # file: MusicXML, picture: SVG
    WAV = "wav"


class RenditionStatus(models.TextChoices):
    QUEUED = "queued"  # until it is made: `started_at` says since when
    READY = "ready"
    TOO_FREE = "free"  # music that no score would tell; `error` says why
    FAILED = "failed"


class TooManyWavsError(Exception):
    """The person has as many WAV files as one may have at once."""

    def __init__(self):
        super().__init__(
            f"You have {MOST_WAVS} WAV files prepared, as many as one may have at once. "
            f"Each goes {WAV_KEPT.days} days after it was made."
        )


class RenditionQuerySet(models.QuerySet):
    def ask(self, composition, kind, person=None):
        """The rendition of that kind, to be made anew if it failed. Raises TooManyWavsError."""
        with transaction.atomic():
            if kind == Kind.WAV and person:
                take_turn(person)
                others = self.filter(kind=kind, asked_by=person).exclude(composition=composition)
                if others.count() >= MOST_WAVS:
                    raise TooManyWavsError
            rendition, is_new = self.get_or_create(
                composition=composition, kind=kind, defaults={"asked_by": person}
            )
        if not is_new:
            rendition.retry()
        return rendition

    def unfinished(self):
        return self.filter(status=RenditionStatus.QUEUED)

    def waiting(self):
        """Those that nobody has begun, in the order in which they are made."""
        return self.unfinished().filter(started_at=None).order_by("queued_at", "pk")

    def begun(self):
        return self.unfinished().exclude(started_at=None)

    def dead(self):
        """Those whose worker must have died."""
        return self.begun().filter(started_at__lt=timezone.now() - OVERDUE)

    def outdated(self):
        """WAV files that have been kept for `WAV_KEPT`, and attempts at one of that age."""
        return self.filter(kind=Kind.WAV, finished_at__lt=timezone.now() - WAV_KEPT)

    def hopeful(self):
        """Those that failed, and may be tried again."""
        rested = models.Q(finished_at__lt=timezone.now() - RESPITE)
        failed = self.filter(status=RenditionStatus.FAILED)
        return failed.filter(models.Q(attempt__lt=MOST_ATTEMPTS) | rested)

    def write_anew(self):
        """Queue again the scores that are there or on their way; their files go on commit.

        Whoever is writing one finds out that the attempt is not due any more.
        """
        with transaction.atomic():
            scores = self.filter(kind=Kind.SCORE).filter(
                status__in=(RenditionStatus.QUEUED, RenditionStatus.READY)
            )
            for score in scores.select_related("composition").select_for_update(of=("self",)):
                names = [file.name for file in score.files()]
                remove = partial(storage.remove, names, score.composition.folder)
                transaction.on_commit(remove, robust=True)
                rows = Rendition.objects.filter(pk=score.pk)
                score._requeue(rows, queued_at=timezone.now(), file="", picture="")

    def delete_with_files(self):
        """Delete the rows, and their files once that is committed. Return how many rows."""
        with transaction.atomic():
            doomed = list(self.select_related("composition").select_for_update(of=("self",)))
            for rendition in doomed:
                transaction.on_commit(rendition.remove_files, robust=True)
            self.filter(pk__in=[rendition.pk for rendition in doomed]).delete()
        return len(doomed)


class Rendition(models.Model):
    composition = models.ForeignKey(
        Composition, on_delete=models.CASCADE, related_name="renditions"
    )
    kind = models.CharField(max_length=5, choices=Kind.choices)
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )  # empty: the score that comes with every piece
    status = models.CharField(
        max_length=6, choices=RenditionStatus.choices, default=RenditionStatus.QUEUED
    )
    attempt = models.PositiveSmallIntegerField(default=1)
    error = models.CharField(max_length=300, blank=True)  # a sentence for people
    figures = models.JSONField(default=dict)  # of a score: tempo, key, metre
    queued_at = models.DateTimeField(default=timezone.now)
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    file = models.FileField(blank=True, max_length=200)
    picture = models.FileField(blank=True, max_length=200)

    objects = RenditionQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["composition", "kind"], name="one_rendition_a_kind")
        ]
        indexes = [models.Index(fields=["status", "queued_at"], name="rendition_queue")]

    def __str__(self):
        return f"{self.kind} of {self.composition_id}"

    @property
    def is_ready(self):
        return self.status == RenditionStatus.READY

    @property
    def is_unfinished(self):
        return self.status == RenditionStatus.QUEUED

    @property
    def may_be_retried(self):
        return Rendition.objects.filter(pk=self.pk).hopeful().exists()

    @property
    def job_id(self):
        """RQ's id for the attempt that is due; a finished id stays taken, hence the number."""
        return f"rendition-{self.pk}-{self.attempt}"

    @property
    def kept_until(self):
        """When it goes; None for what stays."""
        if self.kind == Kind.WAV and self.finished_at:
            return self.finished_at + WAV_KEPT
        return None

    def files(self):
        """The files that the row names."""
        return [file for file in (self.file, self.picture) if file]

    def remove_files(self):
        storage.remove([file.name for file in self.files()], self.composition.folder)

    # Moves of a worker. Each returns whether `attempt` was still due.

    def claim(self, attempt):
        """Begin the attempt. False: somebody else has it, or there is a later one."""
        due = self._due(attempt).filter(started_at=None)
        return due.update(started_at=timezone.now(), error="") == 1

    def is_due(self, attempt):
        """Whether the attempt is still wanted. One query."""
        return self._due(attempt).exists()

    def finish(self, attempt, **results):
        """Publish the files of the attempt. False: it was replaced, or the piece is gone."""
        return self._end(attempt, RenditionStatus.READY, error="", **results)

    def refuse(self, attempt, reason):
        """Say for good that the music is too free for a score."""
        return self._end(attempt, RenditionStatus.TOO_FREE, error=Truncator(reason).chars(300))

    def fail(self, attempt, reason):
        """End the attempt with a sentence for the person, who may ask again."""
        return self._end(attempt, RenditionStatus.FAILED, error=Truncator(reason).chars(300))

    def hand_back(self, attempt):
        """Let it wait again at its old place: the worker is told to stop."""
        return self._requeue(self._due(attempt))

    def renew(self):
        """Give it a new attempt number, since its job was lost from the queue."""
        return self._requeue(self._due(self.attempt).filter(started_at=None))

    def _due(self, attempt):
        queued = RenditionStatus.QUEUED
        return Rendition.objects.filter(pk=self.pk, attempt=attempt, status=queued)

    def _end(self, attempt, status, **fields):
        due = self._due(attempt)
        return due.update(status=status, finished_at=timezone.now(), **fields) == 1

    # The wish of a person.

    def retry(self):
        """Queue it again, if it failed, and not too often."""
        hopeful = Rendition.objects.filter(pk=self.pk).hopeful()
        return self._requeue(hopeful, queued_at=timezone.now())

    def _requeue(self, rows, **fields):
        moved = rows.update(
            status=RenditionStatus.QUEUED,
            attempt=models.F("attempt") + 1,
            started_at=None,
            finished_at=None,
            error="",
            **fields,
        )
        if moved:
            self.refresh_from_db()
        return moved == 1
