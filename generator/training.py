"""Trainings: `python -m ml train` in a child process, and a draft of a model of what it learnt.

However a training ends, the best weights so far become a draft. Resumed, it goes on from its last
checkpoint, with the time that is left.
"""

import hashlib
import json
import os
import shutil
from pathlib import Path

from django.conf import settings
from django.db import transaction
from django.utils.text import Truncator, slugify

from generator import labour, tasks
from generator.models import Evaluation, TrainedModel, TrainingRun
from generator.shipped import free_name
from generator.tasks import LostError, StopAskedError, TaskError

TRAIN = "generator.training.train"
VALIDATIONS = 20  # at least: points of the curve
MOST_VALIDATIONS = 200  # of a training of days
CHECKPOINT_MINUTES = 1  # what is lost when worker or server die
GENTLE_RATE = 5e-4  # of a fine-tuning, a quarter of the usual: it shall not forget everything
LONGEST_NAME = TrainedModel._meta.get_field("name").max_length - 4  # a number may follow
LONGEST_LICENCE = TrainedModel._meta.get_field("licence").max_length
LONGEST_DATA = TrainedModel._meta.get_field("training_data").max_length


def train(pk: int, attempt: int) -> None:
    """Make one attempt at a training."""
    tasks.perform(TrainingRun, pk, attempt, learn)


def learn(run: TrainingRun) -> dict:
    """Train to the end of time, or as far as it gets; the fields that the row gets."""
    try:
        run_child(run, arguments(run), Watch(run))
    except StopAskedError:
        raise StopAskedError(**put_down(run)) from None
    except TaskError:
        put_down(run)
        raise
    return put_down(run)


def arguments(run: TrainingRun) -> list[str]:
    """What `python -m ml` is told. Raises TaskError where there is nothing to learn from."""
    options = {
        "output": run.folder,
        "minutes": run.minutes,
        "seed": run.seed,
        "validations": VALIDATIONS,
        "validate-minutes": max(8, run.minutes / MOST_VALIDATIONS),
        "checkpoint-minutes": CHECKPOINT_MINUTES,
    }
    if run.epochs:
        options["epochs"] = run.epochs
    if run.base:
        options |= {"from": file_of(run.base), "rate": GENTLE_RATE}
    else:
        options["units"] = run.units
    words = [word for name, value in options.items() for word in (f"--{name}", str(value))]
    return ["train", str(music_of(run)), *words]


def music_of(run: TrainingRun) -> Path:
    """The music as it was when the training began: its data set may be checked anew meanwhile."""
    kept, corpus = run.folder / "corpus.npz", run.data_set.corpus
    if kept.exists():
        return kept
    if not corpus.exists():
        raise TaskError("The music of this data set is gone. Check the data set again.")
    run.folder.mkdir(parents=True, exist_ok=True)
    os.link(corpus, kept)  # a new check puts another file in its place
    return kept


def file_of(model: TrainedModel) -> Path:
    """The file of a model to go on from. Raises TaskError if it is no longer the one it was."""
    try:
        model.check_file()
    except ValueError as problem:
        raise TaskError(str(problem)) from problem
    return Path(model.file.path)


def run_child(run, words, watch):
    labour.run(
        words,
        run.folder,
        watch,
        cores=settings.TRAINING_CORES,
        memory=settings.TRAINING_MEMORY * 2**20,
    )


class Watch:
    """Tells the row how far its child is, and its curve whenever that has grown."""

    def __init__(self, run: TrainingRun):
        self.run, self.seen = run, -1

    def __call__(self, progress: dict) -> None:
        """Raises LostError or StopAskedError when the child is to end."""
        fields, size = {}, size_of(self.run.folder / "history.jsonl")
        if size != self.seen:
            fields["history"] = validations(self.run)
        if not self.run.advance(progress or self.run.progress | {"what": "Loading"}, **fields):
            raise LostError
        self.seen = size
        if self.run.is_to_stop():
            raise StopAskedError


def size_of(file):
    return file.stat().st_size if file.exists() else 0


def validations(run: TrainingRun) -> list[dict]:
    """The training's validations so far, as a card has them."""
    from ml import cards  # lazily: the site itself does not load numpy

    return [cards.point(entry) for entry in cards.history(run.folder)]


# From weights to a draft


def put_down(run: TrainingRun) -> dict:
    """Have a draft of the best weights so far; the fields that the row gets."""
    best, curve = run.folder / "best.keras", validations(run)
    if not (best.exists() and curve):
        return {"history": curve, "error": "It ended before it had learnt anything."}
    sha256 = digest(best)
    if not TrainedModel.objects.filter(sha256=sha256).exists():
        register(run, best, write_card(run, best, sha256, curve))
    return {"history": curve}


def write_card(run: TrainingRun, best: Path, sha256: str, curve: list[dict]) -> dict:
    """The card of the weights, which a child process reads and checks for it."""
    lowest = min(curve, key=lambda point: point["validation_nats"])
    figures = {
        "sha256": sha256,
        "nats_per_note": lowest["validation_nats"],
        "by_field": lowest["validation"],
    }
    files = {name: run.folder / f"{name}.json" for name in ("figures", "facts", "card")}
    files["figures"].write_text(json.dumps(figures))
    files["facts"].write_text(json.dumps(facts(run)))
    words = ["--run-folder", run.folder]
    words += ["--figures", files["figures"], "--facts", files["facts"], "--output", files["card"]]

    def watch(progress):
        if not run.advance(run.progress | {"what": "Putting the model down"}):
            raise LostError

    run_child(run, ["card", *map(str, (best, *words))], watch)
    return json.loads(files["card"].read_text("utf-8"))


def facts(run: TrainingRun) -> dict:
    """What the card tells of the music, and of the model that was gone on from."""
    music, base = run.data_set, run.base
    told = {
        "called": music.name,
        "url": music.url,
        "licence": music.licence,
        "credit": f"Trained on {music.name} ({music.licence}): {music.attribution}",
    }
    if split_by := music.summary.get("split_by"):
        told["split_by"] = split_by
    if base is None:
        return told
    names = ("name", "sha256", "licence", "training_data", "credit")
    other = f"Fine-tuned from {base.name} ({base.licence}): {base.credit or 'nobody to name'}"
    return told | {
        "licence": both(music.licence, base.licence),
        "credit": f"{told['credit']}\n{other}",
        "base": {name: getattr(base, name) for name in names},
    }


def both(licence: str, other: str) -> str:
    """Weights that come of two kinds of data are under the licences of both."""
    if licence == other:
        return licence
    words = f"{licence} and {other}"
    return words if len(words) <= LONGEST_LICENCE else "Several licences: see the credit"


def register(run: TrainingRun, best: Path, card: dict) -> TrainedModel:
    """Make a draft of checked weights, and have it measured."""
    from ml import reading  # lazily, as above

    slug, data = slugify(run.name) or "model", card["training_data"]
    if run.base:
        data = f"{data}, after {run.base.name}"
    file = place(best, f"{slug}-{card['sha256'][:8]}.keras", card["sha256"])
    with transaction.atomic():
        name = free_name(run.name[:LONGEST_NAME])
        figures = {key: value for key, value in card["figures"].items() if key != "sha256"}
        tables = reading.tables(figures | {"model": name})
        made = TrainedModel.objects.create(
            name=name,
            file=file,
            sha256=card["sha256"],
            size=card["bytes"],
            licence=card["licence"],
            training_data=Truncator(data).chars(LONGEST_DATA),
            credit=card["credit"],
            styles=card["architecture"]["styles"],
            figures=figures,
            card=card | {"name": name, "training_data": data, "tables": tables},
            run=run,
        )
        measuring = Evaluation.objects.create(
            model=made, data_set=run.data_set, created_by=run.created_by
        )
        tasks.enqueue(measuring)
    return made


def place(weights: Path, name: str, sha256: str) -> str:
    """Copy the file into MODELS_ROOT, whole or not at all; return its name."""
    target = Path(settings.MODELS_ROOT) / name
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_suffix(".part")
    shutil.copyfile(weights, part)
    if digest(part) != sha256:
        part.unlink()
        raise TaskError("The weights have changed while they were copied.")
    part.replace(target)
    return name


def digest(file: Path) -> str:
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()
