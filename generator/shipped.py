"""The models that come with the repository: `ml/weights/<slug>.keras` with a card beside it."""

import shutil
from collections.abc import Sequence
from pathlib import Path

from django.conf import settings
from django.db import transaction

from generator.checks import WEIGHTS
from generator.models import STOPPED, ModelStatus, Status, TrainedModel

DEFAULT = "concert"  # of a new site that has it
UNMADE = (Status.QUEUED, *STOPPED)
WORDED = ("licence", "training_data", "credit")  # by the card, until staff put it better
LONGEST_NAME = TrainedModel._meta.get_field("name").max_length


def register_shipped(only: Sequence[str] = ()) -> list[TrainedModel]:
    """Have a row and a file in MODELS_ROOT for each shipped model; return them.

    The first model ever becomes the default; later, names and who is offered are the staff's
    choice. With `only`, no model but those is offered, and the first of them is the default if the
    default was another. Raises ValueError with a sentence if a card or file is wrong or missing.
    """
    shipped = {weights.stem: weights for weights in WEIGHTS.glob("*.keras")}
    missing = [slug for slug in only if slug not in shipped]
    if missing:
        raise ValueError(
            f"OFFERED_MODELS names {', '.join(missing)}, but ml/weights has "
            f"{', '.join(sorted(shipped)) or 'none'}."
        )
    slugs = only or sorted(shipped, key=lambda slug: (slug != DEFAULT, slug))
    models = [register(shipped[slug]) for slug in slugs]
    if only:
        offer_only(models)
    return models


def register(weights: Path) -> TrainedModel:
    """Have the row and the file of one shipped model.

    Other weights under a known name are another model, since pieces must stay repeatable: the old
    one keeps its pieces under a longer name and is no longer offered. The new one takes over its
    name, and is offered or the default if the old one was.
    """
    from ml.weights import read_config  # lazily: the site itself does not load numpy

    card = read_card(weights)
    facts = {
        "figures": for_a_list(card["figures"]),
        "card": card | {"tables": tables(card["figures"])},
        "size": weights.stat().st_size,
        "is_shipped": True,
        "styles": [list(style) for style in read_config(weights).styles],
        "file": copy(weights, card["sha256"]),
    }
    with transaction.atomic():
        model, old = TrainedModel.objects.filter(sha256=card["sha256"]).first(), None
        if model is None or is_replaced(model):  # new, or back from the past
            old = in_use(weights.stem, card["sha256"])
            model = model or TrainedModel(
                sha256=card["sha256"], name=free_name(card["name"]), status=ModelStatus.ACTIVE
            )
            take_place(model, old)
        facts |= {name: card[name] for name in WORDED if card[name] != model.card.get(name)}
        for name, value in facts.items():
            setattr(model, name, value)
        model.save(update_fields=facts)
        if not TrainedModel.objects.default():
            model.make_default()
        if old:
            hand_over(old, model)
    return model


def take_place(model: TrainedModel, old: TrainedModel | None) -> None:
    """Save `model` under the name of `old`, offered or the default if that was."""
    if old is None:
        model.save()
        return
    was_default = old.is_default
    model.name, model.status = old.name, old.status
    old.name, old.status, old.is_default = longer_name(old), ModelStatus.RETIRED, False
    old.save(update_fields=["name", "status", "is_default"])
    model.save()
    if was_default:
        model.make_default()


@transaction.atomic
def offer_only(models: Sequence[TrainedModel]) -> None:
    """Offer these of the shipped models alone: what the others have not made is the default's.

    Models that were trained or uploaded here stay what staff made them.
    """
    offered = TrainedModel.objects.filter(pk__in=[model.pk for model in models])
    offered.update(status=ModelStatus.ACTIVE)
    if not offered.default():
        models[0].make_default()
    others = TrainedModel.objects.filter(is_shipped=True).exclude(pk__in=offered)
    others.active().update(status=ModelStatus.RETIRED)
    for other in others:
        hand_over(other, offered.default())
    for model in models:
        model.refresh_from_db()


def hand_over(old: TrainedModel, new: TrainedModel) -> None:
    """Let `new` make what `old` has been asked for and nobody works on, where it knows the style.

    Made pieces stay with the model that made them, and so does its credit. An audition is of the
    models that were chosen for it.
    """
    styles = ["", *dict(new.styles)]
    unmade = old.compositions.filter(status__in=UNMADE, audition=None)
    unmade.filter(style__in=styles).update(model=new)


def in_use(slug: str, sha256: str) -> TrainedModel | None:
    """The model whose place other weights of this slug would take: the last one registered."""
    shipped = TrainedModel.objects.filter(is_shipped=True)
    known = shipped.exclude(sha256=sha256).order_by("-created_at")
    return next((m for m in known if slug_of(m) == slug and not is_replaced(m)), None)


def is_replaced(model: TrainedModel) -> bool:
    return model.name.endswith(f" ({model.sha256[:8]})")


def longer_name(model: TrainedModel) -> str:
    """The name of a model whose own name another one takes."""
    ending = f" ({model.sha256[:8]})"
    return model.name[: LONGEST_NAME - len(ending)] + ending


def free_name(name: str) -> str:
    """`name`, with a number where staff gave it to another model."""
    taken = set(TrainedModel.objects.values_list("name", flat=True))
    numbered = (f"{name} {number}" for number in range(2, len(taken) + 2))
    return next(free for free in (name, *numbered) if free not in taken)


def slug_of(model: TrainedModel) -> str:
    """The name under which its weights were shipped; staff may have given the model another."""
    ending = f"-{model.sha256[:8]}.keras"
    return model.file.name.removesuffix(ending) if model.file.name.endswith(ending) else ""


def read_card(weights: Path) -> dict:
    """The card beside a file of weights. Raises ValueError if it is not this file's."""
    from ml import cards
    from ml.weights import digest

    card = cards.read(weights.with_suffix(".json"))
    if digest(weights) != card["sha256"]:
        raise ValueError(f"The card {weights.stem}.json is not of this file {weights.name}.")
    return card


def tables(figures: dict) -> list[list[list[str]]]:
    """What a card measures, in words; nothing if it leaves out how well the model foretells."""
    from ml import reading

    try:
        return reading.tables(figures)
    except KeyError:
        return []


def for_a_list(figures: dict) -> dict:
    """Figures that can be listed, one or several under a name; tables within tables cannot."""

    def is_plain(value):
        return not isinstance(value, dict | list)

    return {
        name: value
        for name, value in figures.items()
        if is_plain(value) or (isinstance(value, dict) and all(map(is_plain, value.values())))
    }


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
