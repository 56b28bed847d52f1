"""The models that come with the repository: `ml/weights/<slug>.keras` with a card beside it."""

import shutil
from pathlib import Path

from django.conf import settings
from django.db import transaction

from generator.checks import WEIGHTS
from generator.models import TrainedModel


def register_shipped() -> list[TrainedModel]:
    """Have a row and a file in MODELS_ROOT for each shipped model; return them.

    Other weights under a known name are another model, since pieces must stay repeatable: the old
    one keeps its pieces under a longer name and is no longer offered. The first model ever becomes
    the default. Raises ValueError with a sentence if a card or file is wrong.
    """
    return [register(weights) for weights in sorted(WEIGHTS.glob("*.keras"))]


def register(weights: Path) -> TrainedModel:
    from ml.weights import read_config  # lazily: the site itself does not load numpy

    card = read_card(weights)
    with transaction.atomic():
        model = TrainedModel.objects.filter(sha256=card["sha256"]).first()
        succeeded = TrainedModel.objects.filter(name=card["name"]).exclude(sha256=card["sha256"])
        inherits = succeeded.filter(is_default=True).exists()
        for old in succeeded:
            old.name = f"{old.name} ({old.sha256[:8]})"
            old.is_active = old.is_default = False
            old.save(update_fields=["name", "is_active", "is_default"])
        model = model or TrainedModel(sha256=card["sha256"])
        model.name = card["name"]
        model.licence = card["licence"]
        model.training_data = card["training_data"]
        model.credit = card["credit"]
        model.figures = card["figures"]
        model.styles = [list(style) for style in read_config(weights).styles]
        model.file.name = copy(weights, card["sha256"])
        model.save()
        if inherits or not TrainedModel.objects.default():
            model.make_default()
    return model


def read_card(weights: Path) -> dict:
    """The card beside a file of weights. Raises ValueError if it is not this file's."""
    from ml import cards
    from ml.weights import digest

    card = cards.read(weights.with_suffix(".json"))
    if digest(weights) != card["sha256"]:
        raise ValueError(f"The card {weights.stem}.json is not of this file {weights.name}.")
    return card


def copy(weights: Path, sha256: str) -> str:
    """Copy the file into MODELS_ROOT under a name of its own; return the name."""
    name = f"{weights.stem}-{sha256[:8]}.keras"
    target = Path(settings.MODELS_ROOT) / name
    if not target.exists() or target.stat().st_size != weights.stat().st_size:
        target.parent.mkdir(parents=True, exist_ok=True)
        part = target.with_suffix(".part")
        shutil.copyfile(weights, part)
        part.replace(target)
    return name
