"""Models that compose: the weights, where they come from and who may use them."""

from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.db.models import Q
from django.utils import timezone

from generator import storage


class TrainedModelQuerySet(models.QuerySet):
    def active(self):
        return self.filter(is_active=True)

    def default(self):
        """The model that composes when nobody chooses, or None."""
        return self.active().filter(is_default=True).first()


class TrainedModel(models.Model):
    name = models.CharField(max_length=80, unique=True)
    file = models.FileField(storage=storage.model_storage, max_length=200)
    sha256 = models.CharField(max_length=64, unique=True, editable=False)
    licence = models.CharField(max_length=120, help_text="Licence of the weights, from their data.")
    training_data = models.CharField(max_length=200)
    credit = models.TextField(blank=True, help_text="Attribution that the data's licence asks for.")
    styles = models.JSONField(default=list, editable=False)  # [["chopin", "Frédéric Chopin"], …]
    figures = models.JSONField(default=dict, blank=True, editable=False)  # from the card
    is_active = models.BooleanField("active", default=True)
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
                condition=Q(is_default=False) | Q(is_active=True), name="default_model_is_active"
            ),
        ]

    def __str__(self):
        return self.name

    def clean(self):
        if self.is_default and not self.is_active:
            raise ValidationError("Make another model the default before switching this one off.")

    def style_name(self, slug):
        """The composer's full name; the slug itself if this model does not know it."""
        return dict(self.styles).get(slug, slug)

    def make_default(self):
        """Let this model compose when nobody chooses. It becomes active by it."""
        with transaction.atomic():
            TrainedModel.objects.exclude(pk=self.pk).update(is_default=False)
            TrainedModel.objects.filter(pk=self.pk).update(is_default=True, is_active=True)
        self.refresh_from_db()
