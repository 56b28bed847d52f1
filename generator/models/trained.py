"""Models that compose: the weights, where they come from and who may use them."""

import hashlib

from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.db.models import Count, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce
from django.utils import timezone

from generator import storage
from generator.models.queries import Status


class ModelStatus(models.TextChoices):
    DRAFT = "draft"  # for staff to hear and compare
    ACTIVE = "active"  # offered to everybody
    RETIRED = "retired"  # no longer; its pieces stay


class TrainedModelQuerySet(models.QuerySet):
    def active(self):
        return self.filter(status=ModelStatus.ACTIVE)

    def default(self):
        """The model that composes when nobody chooses, or None."""
        return self.active().filter(is_default=True).first()

    def with_counts(self):
        """Each with `pieces` and `failures`: how many people got of it, and how many they did not.

        Pieces of auditions are no person's, and not counted.
        """
        return self.annotate(
            pieces=self._how_many(Status.READY), failures=self._how_many(Status.FAILED)
        )

    def _how_many(self, status):
        # No join: SQLite would group by every column, and cards are long.
        pieces = self.model.compositions.rel.related_model.objects
        asked = pieces.filter(model=OuterRef("pk"), audition=None, status=status)
        counted = asked.order_by().values("model").annotate(number=Count("pk"))
        return Coalesce(Subquery(counted.values("number")), 0)


class TrainedModel(models.Model):
    name = models.CharField(max_length=80, unique=True)
    file = models.FileField(storage=storage.model_storage, max_length=200)
    sha256 = models.CharField(max_length=64, unique=True, editable=False)
    size = models.PositiveBigIntegerField(default=0, editable=False, help_text="Bytes.")
    licence = models.CharField(max_length=120, help_text="Licence of the weights, from their data.")
    training_data = models.CharField(max_length=200)
    credit = models.TextField(blank=True, help_text="Attribution that the data's licence asks for.")
    styles = models.JSONField(default=list, editable=False)  # [["chopin", "Frédéric Chopin"], …]
    figures = models.JSONField(default=dict, blank=True, editable=False)  # from the card
    card = models.JSONField(default=dict, blank=True, editable=False)  # whole, see ml/cards.py
    is_shipped = models.BooleanField(default=False, editable=False)  # it came with the program
    run = models.ForeignKey(
        "generator.TrainingRun",
        on_delete=models.SET_NULL,
        null=True,
        editable=False,
        related_name="models",
    )  # the training here that made it
    status = models.CharField(
        max_length=7, choices=ModelStatus.choices, default=ModelStatus.DRAFT, editable=False
    )
    is_default = models.BooleanField("default", default=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = TrainedModelQuerySet.as_manager()

    class Meta:
        ordering = ["-is_default", "name"]
        constraints = [
            models.UniqueConstraint(
                fields=["is_default"], condition=Q(is_default=True), name="one_default_model"
            ),
            models.CheckConstraint(
                condition=Q(is_default=False) | Q(status=ModelStatus.ACTIVE),
                name="default_model_is_active",
            ),
        ]

    def __str__(self):
        return self.name

    def clean(self):
        if self.is_default and not self.is_active:
            raise ValidationError("Make another model the default before switching this one off.")

    @property
    def is_active(self):
        return self.status == ModelStatus.ACTIVE

    @property
    def is_draft(self):
        return self.status == ModelStatus.DRAFT

    @property
    def is_retired(self):
        return self.status == ModelStatus.RETIRED

    def style_name(self, slug):
        """The composer's full name; the slug itself if this model does not know it."""
        return dict(self.styles).get(slug, slug)

    def activate(self):
        """Offer it to everybody. False: it was offered already."""
        return self._move(ModelStatus.ACTIVE)

    def retire(self):
        """Offer it no longer. False: it was not offered, or is the default."""
        return self._move(ModelStatus.RETIRED, is_default=False)

    def make_default(self):
        """Let this model compose when nobody chooses. It becomes active by it."""
        with transaction.atomic():
            # In one order, or two of these at once could wait for each other.
            list(TrainedModel.objects.select_for_update().order_by("pk").values_list("pk"))
            TrainedModel.objects.exclude(pk=self.pk).update(is_default=False)
            TrainedModel.objects.filter(pk=self.pk).update(
                is_default=True, status=ModelStatus.ACTIVE
            )
        self.refresh_from_db()

    def check_file(self):
        """Raise ValueError with a sentence unless its file is there, and is the one registered."""
        if not self.file:
            raise ValueError("It has no file.")
        try:
            with self.file.open("rb") as file:
                found = hashlib.file_digest(file, "sha256").hexdigest()
        except FileNotFoundError:
            raise ValueError(f"The file {self.file.name} is not on the server.") from None
        except OSError as problem:
            raise ValueError(storage.explain(problem)) from problem
        if found != self.sha256:
            raise ValueError(
                f"The file {self.file.name} is not the one that was registered: its SHA-256 is "
                f"{found}. Put the right one back, or bring this one in as another model."
            )

    def uses(self):
        """What forbids to delete it, a sentence each. Four queries."""
        asked = self.compositions.filter(audition=None)
        found = [
            (asked, "piece", "of people name it for ever: retire it instead"),
            (self.auditions, "audition", "let it play: delete them first"),
            (self.fine_tunings, "training", "went on from it: delete them first"),
            (self.evaluations.unfinished(), "evaluation", "not ended yet: stop them first"),
        ]
        reasons = ["It is the default: make another model the default first."] * self.is_default
        for rows, word, why in found:
            if number := rows.count():
                reasons.append(f"{number} {word}{'' if number == 1 else 's'} {why}.")
        return reasons

    def delete_with_file(self):
        """Delete the row, and its file once that is committed. Raises ProtectedError: it is used.

        See `uses` for what to tell people beforehand.
        """
        with transaction.atomic():
            # Locked, so that nobody asks it for a piece in between.
            list(TrainedModel.objects.select_for_update().filter(pk=self.pk).values_list("pk"))
            name, files = self.file.name, self.file.storage
            self.delete()
            if name and not TrainedModel.objects.filter(file=name).exists():
                transaction.on_commit(lambda: files.delete(name), robust=True)

    def _move(self, status, **only):
        rows = TrainedModel.objects.filter(pk=self.pk, **only).exclude(status=status)
        moved = rows.update(status=status) == 1
        self.refresh_from_db()
        return moved
