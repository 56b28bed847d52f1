"""To be written."""

from generator import tasks
from generator.models import Evaluation

EVALUATE = "generator.evaluations.evaluate"


def evaluate(pk: int, attempt: int) -> None:
    """Make one attempt at it."""
    tasks.perform(Evaluation, pk, attempt, lambda task: {})
