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

    @property
    def is_of_own_data(self):
        """Whether the model learnt from this data set here: then these figures are its own.

        A shipped model has official ones on its card, and those of music that a model never saw
        the training side of are no measure of how well it learnt.
        """
        run = self.model.run
        return run is not None and run.data_set_id == self.data_set_id
