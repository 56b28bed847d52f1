"""The admin, a module for each thing that staff look after."""

from generator.admin import auditions, compositions, datasets, evaluations, runs, trained

__all__ = ["auditions", "compositions", "datasets", "evaluations", "runs", "trained"]
