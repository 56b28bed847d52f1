"""Music that a piece goes on from: uploaded, or taken from another piece."""

import uuid
from datetime import timedelta

from django.conf import settings
from django.db import models, transaction
from django.utils import timezone

from generator import storage
from generator.titles import plain_text

UNUSED_FOR = timedelta(days=1)  # a beginning that no piece has gone on from by then is forgotten


class BeginningQuerySet(models.QuerySet):
    def unused(self):
        """Those that no piece goes on from, and nobody is likely to come back to."""
        long_ago = timezone.now() - UNUSED_FOR
        return self.filter(compositions=None, created_at__lt=long_ago)

    def delete_with_files(self):
        """Delete the rows, and their files once that is committed."""
        with transaction.atomic():
            for beginning in self:
                transaction.on_commit(beginning.remove_files, robust=True)
            self.delete()


class Beginning(models.Model):
    """The whole music that was given; where a piece takes over is the piece's `takeover`."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="beginnings"
    )
    title = models.CharField(max_length=120, validators=[plain_text])
    source = models.ForeignKey(
        "generator.Composition",
        on_delete=models.SET_NULL,
        null=True,
        editable=False,
        related_name="continued_as",
    )  # empty: it was uploaded
    duration = models.FloatField(help_text="Seconds.")
    note_count = models.PositiveIntegerField()
    midi = models.FileField(max_length=200, editable=False)  # as it was given
    notes = models.FileField(max_length=200, editable=False)  # JSON, see jobs.py
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = BeginningQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at"]

    def __str__(self):
        return self.title

    @property
    def folder(self):
        return f"beginnings/{self.pk}"

    def remove_files(self):
        storage.remove([file.name for file in (self.midi, self.notes) if file], self.folder)
