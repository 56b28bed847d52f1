"""Models that compose: the weights, where they come from and who may use them."""

from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.db.models import Q
from django.utils import timezone

from generator import storage


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
            TrainedModel.objects.exclude(pk=self.pk).update(is_default=False)
            TrainedModel.objects.filter(pk=self.pk).update(
                is_default=True, status=ModelStatus.ACTIVE
            )
        self.refresh_from_db()

    def _move(self, status, **only):
        rows = TrainedModel.objects.filter(pk=self.pk, **only).exclude(status=status)
        moved = rows.update(status=status) == 1
        self.refresh_from_db()
        return moved
