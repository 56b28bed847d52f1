"""Figures of a model: what `python -m ml evaluate` says of it."""

from django.db import models

from generator.models.datasets import DataSet
from generator.models.tasks import Task
from generator.models.trained import TrainedModel


class Evaluation(Task):
    queue = "studio"
    function = "generator.evaluations.evaluate"
    folder_name = "evaluations"

    model = models.ForeignKey(TrainedModel, on_delete=models.CASCADE, related_name="evaluations")
    data_set = models.ForeignKey(DataSet, on_delete=models.PROTECT, related_name="evaluations")
    report = models.JSONField(default=dict, editable=False)  # as printed, without single pieces
    tables = models.JSONField(default=list, editable=False)  # of words, see ml/reading.py

    class Meta:
        ordering = ["-created_at"]

    def __str__(self):
        return f"{self.model} on {self.data_set}"
