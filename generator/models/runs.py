"""Trainings: from a data set to a draft of a model."""

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models

from generator.models.datasets import DataSet
from generator.models.tasks import Task
from generator.models.trained import TrainedModel

LONGEST_MINUTES = 30 * 24 * 60
MOST_EPOCHS = 1000
LARGEST_SEED = 2**31 - 1


class TrainingRun(Task):
    queue = "training"
    function = "generator.training.train"
    folder_name = "runs"

    name = models.CharField(max_length=80, help_text="Of the model that comes of it.")
    data_set = models.ForeignKey(DataSet, on_delete=models.PROTECT, related_name="runs")
    base = models.ForeignKey(
        TrainedModel,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="fine_tunings",
        help_text="A model to go on from; empty: begin anew.",
    )
    units = models.PositiveSmallIntegerField(
        default=192, help_text="Of each of the two LSTM layers; a fine-tuning keeps its model's."
    )
    minutes = models.PositiveIntegerField(
        default=60, validators=[MinValueValidator(1), MaxValueValidator(LONGEST_MINUTES)]
    )
    epochs = models.PositiveIntegerField(
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(MOST_EPOCHS)],
        help_text="Stop after so many passes through the data, if that comes sooner.",
    )
    seed = models.PositiveIntegerField(default=1, validators=[MaxValueValidator(LARGEST_SEED)])
    history = models.JSONField(default=list, editable=False)  # validations, see ml/training.py

    class Meta:
        ordering = ["-created_at"]
        verbose_name = "training"

    def __str__(self):
        return self.name

    @property
    def log(self):
        return self.folder / "log"
