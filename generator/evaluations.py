"""Measuring a model: runs `python -m ml evaluate`, and keeps what it says."""

import functools
import json

from django.conf import settings
from django.db import transaction

from generator import labour, tasks
from generator.models import Evaluation, TrainedModel
from generator.shipped import for_a_list
from generator.tasks import LostError, StopAskedError, TaskError

EVALUATE = "generator.evaluations.evaluate"
# Of the whole, where each stage of ml/evaluation.py begins and ends: roughly, of a model of 192
# units or more on a few dozen pieces.
STAGES = {
    "Measuring": (0.0, 0.35),
    "Fitting the baselines": (0.35, 0.4),
    "Composing": (0.4, 0.9),
    "Comparing with people": (0.9, 1.0),
}


def evaluate(pk: int, attempt: int) -> None:
    """Make one attempt at it."""
    tasks.perform(Evaluation, pk, attempt, measure)


def measure(evaluation: Evaluation) -> dict:
    """Measure the model. Returns the fields of the row; see tasks.perform for what is raised."""
    arguments = ["evaluate", str(corpus_of(evaluation)), "--model", str(file_of(evaluation))]
    arguments += ["--samples", str(settings.EVALUATION_PIECES), "--baselines", "--json"]
    printed = labour.run(
        arguments,
        evaluation.folder,
        functools.partial(watch, evaluation),
        cores=settings.TRAINING_CORES,
        memory=settings.TRAINING_MEMORY * 2**20,
    )
    (evaluation.folder / "printed").unlink()
    report = json.loads(printed)
    if report["sha256"] != evaluation.model.sha256:
        raise TaskError("The file of the model was changed while it was measured.")
    results = as_fields(report | {"model": evaluation.model.name})
    if evaluation.is_of_own_data:
        give_figures(evaluation.model_id, results["report"])
    return results


def watch(evaluation: Evaluation, progress: dict) -> None:
    """Tell how far it is. Raises LostError or StopAskedError."""
    if not evaluation.advance(of_the_whole(progress)):
        raise LostError
    if evaluation.is_to_stop():
        raise StopAskedError


def of_the_whole(progress: dict) -> dict:
    """Progress with its share of the whole, not of the stage alone."""
    begin, end = STAGES.get(progress.get("what"), (0.0, 0.0))
    share = begin + (end - begin) * (progress.get("share") or 0)
    return progress | {"share": round(share, 3)} if progress else {}


def as_fields(report: dict) -> dict:
    """What the row keeps of a report: tables and remarks, and figures without single pieces."""
    from ml import reading  # lazily: the site itself does not load numpy

    brief = {name: value for name, value in report.items() if name != "samples"}
    brief["remarks"] = reading.remarks(report)
    return {"report": brief, "tables": reading.tables(report)}


def give_figures(pk: int, report: dict) -> None:
    """Let a model's own figures, in lists and on its card, be these."""
    figures = {name: value for name, value in report.items() if name != "remarks"}
    with transaction.atomic():
        model = TrainedModel.objects.select_for_update().get(pk=pk)
        model.figures = for_a_list(figures)
        model.card = model.card | {"figures": figures}
        model.save(update_fields=["figures", "card"])


def file_of(evaluation: Evaluation):
    """The model's file. Raises TaskError unless it is there as it was brought in."""
    try:
        evaluation.model.check_file()
    except ValueError as problem:
        raise TaskError(str(problem)) from problem
    return evaluation.model.file.path


def corpus_of(evaluation: Evaluation):
    corpus = evaluation.data_set.corpus
    if not corpus.is_file():
        raise TaskError(f"The music of the data set “{evaluation.data_set}” is missing.")
    return corpus
