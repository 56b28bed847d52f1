"""The card of a model in plain words.

Cards come from anywhere: what is not as one expects is left out.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from generator.curves import is_number
from generator.models import TrainedModel


@dataclass(frozen=True)
class Fact:
    name: str
    words: str = ""
    url: str = ""  # where more is told
    items: Sequence[str] = ()
    is_code: bool = False

    def __bool__(self):
        return bool(self.words or self.items)


def facts_of(model: TrainedModel, run_url: str = "") -> list[Fact]:
    """All that is known of where a model comes from; `run_url` is the page of its training."""
    card = model.card if isinstance(model.card, dict) else {}
    told = [origin(model, run_url), *rights(model, card), *learning(card), *making(card)]
    told += [
        Fact("Composers", ", ".join(name for _, name in model.styles)),
        Fact("Limits", items=texts(card.get("limits"))),
        Fact("SHA-256", model.sha256, is_code=True),
    ]
    return [fact for fact in told if fact]


def origin(model, run_url) -> Fact:
    since = f"here since {model.created_at:%-d %B %Y}"
    if model.is_shipped:
        return Fact("Comes from", f"the program itself, {since}")
    if model.run:
        return Fact("Comes from", f"the training “{model.run}”, {since}", run_url)
    return Fact("Comes from", f"an upload, {since}")


def rights(model, card) -> Iterator[Fact]:
    yield Fact("Learnt from", model.training_data, web_address(card.get("data_url")))
    yield Fact("Licence", model.licence, web_address(card.get("licence_url")))
    yield Fact("Credit", model.credit)


def learning(card) -> Iterator[Fact]:
    """What it heard, and what was kept from it to measure it by."""
    split = part(card, "split")
    held_out = part(split, "validation")
    yield Fact("Begun with", in_words(card.get("base")))
    yield Fact("Its data", counts(part(split, "train")))
    yield Fact("Held out", counts(held_out))
    yield Fact("Split by", in_words(split.get("by")))
    yield Fact("Works held out", items=texts(held_out.get("list")))
    yield Fact("Heard", heard(part(card, "trained")))


def counts(side) -> str:
    """Pieces, notes and works of one side of the split."""
    return ", ".join(f"{in_short(n)} {name}" for name, n in side.items() if is_number(n))


def heard(trained) -> str:
    words = {"notes": "notes", "steps": "steps", "minutes": "minutes of training"}
    told = ((trained.get(name), unit) for name, unit in words.items())
    return ", ".join(f"{in_short(number)} {unit}" for number, unit in told if is_number(number))


def making(card) -> Iterator[Fact]:
    """What it takes to make it again."""
    trained, architecture = part(card, "trained"), part(card, "architecture")
    size = []
    if is_number(card.get("parameters")):
        size.append(f"{in_short(card['parameters'])} weights")
    if is_number(architecture.get("units")):
        size.append(f"two LSTM layers of {architecture['units']} units")
    yield Fact("Network", ", ".join(size))
    yield Fact("Settings", in_words(part(card, "settings")))
    yield Fact("Command", in_words(trained.get("command")), is_code=True)
    yield Fact("Revision of the program", in_words(trained.get("revision")), is_code=True)
    yield Fact("Machine", in_words(trained.get("machine")))
    yield Fact("Versions", in_words(part(trained, "versions")))


def in_words(value) -> str:
    """A value of a card, or several under one name."""
    if isinstance(value, dict):
        named = ((name.replace("_", " "), in_words(inner)) for name, inner in value.items())
        return ", ".join(f"{name} {words}" for name, words in named if words)
    if isinstance(value, list):
        return ", ".join(map(in_words, value))
    if is_number(value):
        return f"{value:,}" if isinstance(value, int) else f"{value:g}"
    return "" if value is None else str(value)


def in_short(number) -> str:
    """A count without its last digits."""
    if number < 1e5:
        return f"{number:,.0f}"
    return f"{number / 1e6:.2f} M"


def part(card, name) -> dict:
    """A section of a card, empty where there is none."""
    found = card.get(name)
    return found if isinstance(found, dict) else {}


def texts(value) -> list[str]:
    return [text for text in value if isinstance(text, str)] if isinstance(value, list) else []


def web_address(value) -> str:
    """An address that is safe to link to."""
    is_one = isinstance(value, str) and value.startswith(("https://", "http://"))
    return value if is_one else ""


def tables_of(card) -> list[list[list[str]]]:
    """The figures of a card as tables of words, see ml/reading.py."""
    tables = card.get("tables") if isinstance(card, dict) else None
    return [table for table in tables if is_table(table)] if isinstance(tables, list) else []


def is_table(table) -> bool:
    rows = table if isinstance(table, list) else []
    return bool(rows) and all(isinstance(row, list) for row in rows)


def epoch_notes(card) -> int | None:
    """Notes of the music that it learnt from; None if the card does not tell."""
    notes = part(part(card, "split"), "train").get("notes") if isinstance(card, dict) else None
    return notes if is_number(notes) and notes > 0 else None
