"""The same wishes played by several models, laid side by side, and what staff thought of them."""

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils import timezone

from generator.models.trained import TrainedModel

SEEDS = 4


class Audition(models.Model):
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, editable=False,
        related_name="+",
    )  # fmt: skip
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    is_blind = models.BooleanField("blind", default=True)
    first_seed = models.PositiveIntegerField()  # the others follow it
    seconds = models.PositiveSmallIntegerField(
        default=30, validators=[MinValueValidator(10), MaxValueValidator(120)]
    )
    style = models.CharField(max_length=40, blank=True)
    candidates = models.ManyToManyField(TrainedModel, related_name="auditions")

    class Meta:
        ordering = ["-created_at"]

    def __str__(self):
        return f"Audition {self.pk}"


class Vote(models.Model):
    """Which piece of one seed a member of staff liked best."""

    audition = models.ForeignKey(Audition, on_delete=models.CASCADE, related_name="votes")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    seed = models.PositiveIntegerField()
    model = models.ForeignKey(TrainedModel, on_delete=models.CASCADE, related_name="votes")
    was_blind = models.BooleanField()
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["audition", "person", "seed"], name="one_vote_a_person_and_seed"
            )
        ]

    def __str__(self):
        return f"{self.person} for {self.model}"
