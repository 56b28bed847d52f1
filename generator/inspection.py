"""The child process that looks at a model somebody sends: `python -m generator.inspection FOLDER`.

Started by inspecting.py, see children.py: the answer has what the site keeps of a model and of its
card, or the sentence that says what is wrong. Imports neither Django nor settings, and never Keras.
"""

import json
import math
import os
import resource
import sys
import time
from pathlib import Path

from generator.children import answer, die_with_parent, limit_resources

MOST_CPU = 10  # seconds, with all that is loaded
MOST_READING = 2  # seconds of them for the file; the largest takes half of one (measured)
MOST_MEMORY = 300 * 2**20  # bytes of address space; the largest file takes 250 MiB (measured)
MOST_FILES = 32  # open at once
DEEPEST = 8  # levels of a card
LONGEST_TEXT = 5000  # characters of a card's value

TEXTS = ("name", "sha256", "training_data", "licence", "credit", "data_url", "licence_url")
ADDRESSES = ("data_url", "licence_url")
KINDS = (
    dict.fromkeys(TEXTS, str)
    | dict.fromkeys(("bytes", "parameters"), int)
    | dict.fromkeys(("split", "settings", "architecture", "trained", "figures"), dict)
    | dict.fromkeys(("history", "limits"), list)
)
UNREADABLE = (LookupError, TypeError, ValueError, AttributeError, ArithmeticError)


def main(folder: Path) -> None:
    die_with_parent()
    request = json.loads((folder / "request.json").read_text())
    limit_resources(MOST_CPU, MOST_MEMORY)
    try:
        found = inspect(request["file"])
    except ValueError as problem:
        found = {"error": str(problem)}
    except MemoryError:
        found = {"error": "This file needs more memory than a model of this size may."}
    else:
        if request["card"]:
            found |= look_at_card(Path(request["card"]), request["sha256"])
    answer(folder, found)


def inspect(path: str) -> dict:
    """The styles of a model whose every weight is in order. Raises ValueError with a sentence."""
    # Here, so that the limits hold for what these load, too.
    os.environ["OPENBLAS_NUM_THREADS"] = "1"  # each thread would take address space
    from ml import weights

    confine()
    return {"styles": [list(style) for style in weights.check(path).styles]}


def confine() -> None:
    """Few seconds, few files and no further process: whatever a broken file might lead to."""
    limits = {
        resource.RLIMIT_CPU: math.ceil(time.process_time()) + MOST_READING,
        resource.RLIMIT_NOFILE: MOST_FILES,
        resource.RLIMIT_NPROC: 0,
    }
    for kind, most in limits.items():
        resource.setrlimit(kind, (most, most))


def look_at_card(path: Path, sha256: str) -> dict:
    """What the site keeps of a card, with its figures in words; or what is wrong with it."""
    from ml import cards, reading

    try:
        card = checked(cards.read(path), sha256)
    except (ValueError, RecursionError) as problem:
        return {"card_error": str(problem)}
    try:
        tables = reading.tables(card["figures"])
    except UNREADABLE:  # figures that are not complete, or not ours
        tables = []
    return {"card": card | {"tables": tables}}


def checked(card: dict, sha256: str) -> dict:
    """The card without what no card has. Raises ValueError if its values are of another kind."""
    known = {name: value for name, value in card.items() if name in KINDS}
    for name, value in known.items():
        if not isinstance(value, KINDS[name]) or isinstance(value, bool):
            raise ValueError(f"What the card tells as {name} is of another kind.")
        if name in ADDRESSES and not value.startswith(("https://", "http://")):
            raise ValueError(f"What the card tells as {name} is no address of a page.")
        check_value(name, value)
    entries = known.get("history", [])
    if not all(isinstance(entry, dict) for entry in entries):
        raise ValueError("What the card tells as history is of another kind.")
    if not all(isinstance(limit, str) for limit in known.get("limits", [])):
        raise ValueError("What the card tells as limits is of another kind.")
    if known["sha256"] != sha256:
        raise ValueError(
            f"This card is of another file: it tells the SHA-256 {known['sha256'][:64]}, "
            f"but that of this file is {sha256}."
        )
    return known


def check_value(name: str, value: object, depth: int = 0) -> None:
    """Raise ValueError for what a page or a database could stumble over, at any level."""
    if depth > DEEPEST:
        raise ValueError(f"What the card tells as {name} is nested too deeply.")
    if isinstance(value, dict):
        for key, inner in value.items():
            check_value(name, key, depth + 1)
            check_value(name, inner, depth + 1)
    elif isinstance(value, list):
        for inner in value:
            check_value(name, inner, depth + 1)
    elif isinstance(value, float) and not math.isfinite(value):
        raise ValueError(f"What the card tells as {name} is not a finite number.")
    elif isinstance(value, int) and abs(value) >= 2**53:
        raise ValueError(f"What the card tells as {name} is too large a number.")
    elif isinstance(value, str) and not is_plain(value):
        raise ValueError(f"What the card tells as {name} is too long, or no plain text.")


def is_plain(text: str) -> bool:
    return len(text) <= LONGEST_TEXT and all(c.isprintable() or c == "\n" for c in text)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
