"""The wish for a piece, as `manage.py compose` is told it: by options, by a file of settings.

The site gives out such a file for every piece, and the command prints one: what is made by it has
the same notes again.
"""

import json
import secrets
from pathlib import Path

from django.core.exceptions import ValidationError

from generator.levels import HIGHEST_LEVEL
from generator.models import (
    ANY_LEVEL,
    ANY_STYLE,
    COLDEST,
    DEFAULT_SECONDS,
    HOTTEST,
    LARGEST_SEED,
    LONGEST_SECONDS,
    SHORTEST_SECONDS,
    Composition,
)
from generator.titles import plain_text

DEFAULTS = {
    "title": "",  # empty: one is invented
    "model": "concert",
    "model_sha256": "",  # empty: any weights of that name
    "style": ANY_STYLE,
    "seed": None,
    "temperature": 1.0,
    "seconds": DEFAULT_SECONDS,
    "energy": ANY_LEVEL,
    "loudness": ANY_LEVEL,
    "beginning": None,
}
MEASURED = {
    "mp3", "midi", "notes", "duration", "composing", "writing_midi", "rendering", "encoding",
}  # fmt: skip
TYPES = {
    "temperature": (float, int),
    "seconds": (float, int),
    "seed": (int,),
    "energy": (int,),
    "loudness": (int,),
    "beginning": (dict,),
}  # the others are texts
NAMES = {float: "a number", int: "a whole number", dict: "an object", str: "a text"}
BOUNDS = {
    "seconds": (SHORTEST_SECONDS, LONGEST_SECONDS),
    "temperature": (COLDEST, HOTTEST),
    "seed": (0, LARGEST_SEED),
    "energy": (ANY_LEVEL, HIGHEST_LEVEL),
    "loudness": (ANY_LEVEL, HIGHEST_LEVEL),
}
MOST_BYTES = 2_000_000  # of a file of settings; a beginning of 6,000 notes takes 150 kB
LONGEST_TITLE = Composition._meta.get_field("title").max_length


def read(path: Path) -> dict:
    """What a file of settings says, its nulls left out, and what the command measured.

    Raises ValueError with a sentence if it is no such file.
    """
    try:
        with path.open("rb") as file:
            told = json.loads(file.read(MOST_BYTES))
    except OSError as problem:
        raise ValueError(f"{path.name} cannot be read: {problem.strerror}.") from problem
    except (ValueError, RecursionError) as problem:
        raise ValueError(f"{path.name} is not a file of settings in JSON.") from problem
    if not isinstance(told, dict):
        raise ValueError(f"{path.name} is not a file of settings: it should be a JSON object.")
    unknown = sorted(told.keys() - DEFAULTS.keys() - MEASURED)
    if unknown:
        raise ValueError(
            f"{path.name}: there is no setting {unknown[0]!r}, but {', '.join(DEFAULTS)}."
        )
    wish = {name: told[name] for name in DEFAULTS if told.get(name) is not None}
    for name, value in wish.items():
        types = TYPES.get(name, (str,))
        if type(value) not in types:
            raise ValueError(f"{path.name}: {name!r} should be {NAMES[types[0]]}.")
    return wish


def complete(wish: dict) -> dict:
    """The wish with all that it leaves open, a seed drawn at random where it has none.

    Raises ValueError with a sentence if something is out of bounds.
    """
    whole = DEFAULTS | wish
    if whole["seed"] is None:
        whole["seed"] = secrets.randbelow(LARGEST_SEED + 1)
    whole["style"] = whole["style"] or ANY_STYLE
    for name, (lowest, highest) in BOUNDS.items():
        if not lowest <= whole[name] <= highest:
            raise ValueError(f"--{name} must be from {lowest} to {highest}, not {whole[name]}.")
    if len(whole["title"]) > LONGEST_TITLE:
        raise ValueError(f"A title has {LONGEST_TITLE} letters at most.")
    try:
        plain_text(whole["title"])
        whole["title"].encode()
    except (ValidationError, UnicodeEncodeError) as problem:
        raise ValueError(plain_text.message) from problem
    return whole
