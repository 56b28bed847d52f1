"""Music that a piece goes on from: uploaded, or taken from another piece."""

import math
import uuid
from datetime import timedelta

from django.conf import settings
from django.db import models, transaction
from django.utils import timezone

from generator import storage
from generator.models.queries import take_turn
from generator.titles import plain_text

MOST_UNUSED = 20  # of one person at once
LONGEST_TAKEOVER = 300  # seconds of a beginning that the composer hears, see ml/beginning.py
SHORTEST_TAKEOVER = 1
UNUSED_FOR = timedelta(days=1)  # a beginning that no piece has gone on from by then is forgotten


class BeginningsError(Exception):
    """The person has brought enough music that no piece goes on from."""

    def __init__(self):
        super().__init__(
            f"{MOST_UNUSED} beginnings of yours wait for a piece that goes on from them. "
            "Compose with one of them, or come back tomorrow."
        )


class BeginningQuerySet(models.QuerySet):
    def accept(self, owner, **fields):
        """Add one more beginning. Raises BeginningsError."""
        with transaction.atomic():
            take_turn(owner)
            self.ensure_room(owner)
            return self.create(owner=owner, **fields)

    def ensure_room(self, owner):
        """Raise BeginningsError if the person has brought enough that is not used."""
        if self.filter(owner=owner, compositions=None).count() >= MOST_UNUSED:
            raise BeginningsError

    def brought_by(self, user):
        """What a person has uploaded, the latest first.

        Annotate `held_by`: how many pieces go on from it.
        """
        uploaded = self.filter(owner=user, source=None).order_by("-created_at", "pk")
        return uploaded.annotate(held_by=models.Count("compositions"))

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

    @property
    def latest_takeover(self):
        """The last second, in tenths, at which a composer may take over."""
        return min(math.floor(self.duration * 10) / 10, LONGEST_TAKEOVER)

    @property
    def kept_until(self):
        """When it is forgotten, if no piece goes on from it by then."""
        return self.created_at + UNUSED_FOR

    def forget(self):
        """Delete it with its files. False: a piece goes on from it, if only one in the bin."""
        with transaction.atomic():
            # Locked before it is looked at, so that no piece takes hold of it in between.
            list(Beginning.objects.select_for_update().filter(pk=self.pk))
            free = Beginning.objects.filter(pk=self.pk, compositions=None)
            if not free.exists():
                return False
            free.delete_with_files()
        return True

    def keep_for_now(self):
        """Somebody has come back to it: it is as good as new."""
        self.created_at = timezone.now()
        self.save(update_fields=["created_at"])

    def files(self):
        return [file for file in (self.midi, self.notes) if file]

    def remove_files(self):
        storage.remove([file.name for file in self.files()], self.folder)
