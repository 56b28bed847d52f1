"""What is made of a finished piece when somebody wants it: its score, its sound as WAV."""

from datetime import timedelta

from django.db import models
from django.utils import timezone
from django.utils.text import Truncator

from generator.models.compositions import Composition


class Kind(models.TextChoices):
    SCORE = "score"  # file: MusicXML, picture: SVG
    WAV = "wav"


class RenditionStatus(models.TextChoices):
    QUEUED = "queued"
    READY = "ready"
    FAILED = "failed"


OVERDUE = timedelta(minutes=15)  # a rendition queued for so long was lost, and may be asked again


class Rendition(models.Model):
    composition = models.ForeignKey(
        Composition, on_delete=models.CASCADE, related_name="renditions"
    )
    kind = models.CharField(max_length=5, choices=Kind.choices)
    status = models.CharField(
        max_length=6, choices=RenditionStatus.choices, default=RenditionStatus.QUEUED
    )
    attempt = models.PositiveSmallIntegerField(default=1)
    error = models.CharField(max_length=300, blank=True)  # a sentence for people
    figures = models.JSONField(default=dict)  # of a score: tempo, key, metre
    queued_at = models.DateTimeField(default=timezone.now)
    finished_at = models.DateTimeField(null=True)
    file = models.FileField(blank=True, max_length=200)
    picture = models.FileField(blank=True, max_length=200)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["composition", "kind"], name="one_rendition_a_kind")
        ]

    def __str__(self):
        return f"{self.kind} of {self.composition_id}"

    @property
    def is_ready(self):
        return self.status == RenditionStatus.READY

    @property
    def job_id(self):
        return f"rendition-{self.pk}-{self.attempt}"

    def files(self):
        """The files that the row names."""
        return [file for file in (self.file, self.picture) if file]

    def finish(self, attempt, **results):
        """Publish the files of `attempt`. False: it was replaced, or the piece is gone."""
        return self._end(attempt, status=RenditionStatus.READY, error="", **results)

    def fail(self, attempt, reason):
        reason = Truncator(reason).chars(300)
        return self._end(attempt, status=RenditionStatus.FAILED, error=reason)

    def _end(self, attempt, **fields):
        due = Rendition.objects.filter(pk=self.pk, attempt=attempt, status=RenditionStatus.QUEUED)
        return due.update(finished_at=timezone.now(), **fields) == 1
