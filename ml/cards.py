"""The card beside a model: where it comes from, what it may be used for, how well it does."""

import importlib.metadata
import json
import math
import os
import platform
import shlex
import subprocess
import sys
from collections.abc import Sequence
from itertools import takewhile
from pathlib import Path
from typing import TYPE_CHECKING

from ml import encoding, weights, works
from ml.works import TRAIN, VALIDATION

if TYPE_CHECKING:  # whoever reads a card needs no music21
    from ml.corpus import Corpus

DATA = {
    "maestro": {
        "called": "MAESTRO v3.0.0",
        "url": "https://magenta.tensorflow.org/datasets/maestro",
        "pieces": 1276,  # with the test split
        "split_by": "MAESTRO's own csv; one title, Haydn's sonata Hob. XVI:41, is in both",
        "lists_works": False,  # the csv does
        "licence": "CC BY-NC-SA 4.0",
        "licence_url": "https://creativecommons.org/licenses/by-nc-sa/4.0/",
        "credit": (
            "Trained on MAESTRO v3.0.0: Hawthorne et al., Enabling Factorized Piano Music Modeling "
            "and Generation with the MAESTRO Dataset, ICLR 2019. For non-commercial use."
        ),
        "limit": "Its data are competition performances of the classical repertoire: it knows no "
        "other.",
    },
    "piano-midi-de": {
        "called": "piano-midi.de",
        "url": "http://www.piano-midi.de/",
        "pieces": 337,
        "split_by": "work: a tenth of the works, chosen by their hashes, with all their movements",
        "lists_works": True,
        "licence": "CC BY-SA 3.0 DE",
        "licence_url": "https://creativecommons.org/licenses/by-sa/3.0/de/",
        "credit": (
            "Trained on the MIDI files of Bernd Krueger, http://www.piano-midi.de, CC BY-SA 3.0 DE."
        ),
        "limit": "Its data are a day of classical music, set note by note at a computer: an eighth "
        "of what `concert` heard, and less lively in time and touch than a recording.",
    },
}
LIMITS = (
    "It has no plan of a form: no theme has to come back, and no key is kept for long.",
    "A style is a composer's texture and touch more than his language; no piece is by him.",
    "It writes no pedal: its long notes are where the pedal was.",
    "It is not for imitating a living pianist, and no substitute for one.",
)
NEEDED_FACTS = {"called", "licence", "credit"}
NEEDED = {"name", "sha256", "licence", "training_data", "credit", "figures"}
PACKAGES = ("tensorflow", "keras", "numpy", "music21")


def make(
    model: Path,
    run_folder: Path,
    figures: dict,
    data: str | dict,
    corpus: "Corpus",
    name: str = "",
    command: str = "",
    before: Sequence[Path] = (),
) -> dict:
    """The card of `model`, from its training's folder, the corpus that it learnt from, and what
    `evaluate --json` printed of it. `data` is one of `DATA`, or facts such as stand there, of other
    music; what they call `base` tells of the model that the training began with. `name` is the
    file's unless given; `command` is needed where the folder does not tell how the training was
    started; `before` are the trainings on the same data that it went on from, in order: each a
    folder, or the card of the model that came of it.

    Raises ValueError if the figures are those of another file, the corpus is of other data, or the
    folder is no training's.
    """
    sha256 = weights.digest(model)
    if figures.get("sha256") != sha256:
        raise ValueError(f"The figures are not those of {model.name}: its SHA-256 is {sha256}.")
    facts = facts_of(data)
    if len(corpus) > facts["pieces"]:  # or weights might get the licence of other data
        raise ValueError(
            f"{facts['called']} has {facts['pieces']} pieces, this corpus {len(corpus)}."
        )
    architecture, arrays = weights.read(model)
    settings, made_with, points = _training(run_folder)
    command = command or made_with.get("command")
    if not command:
        raise ValueError(f"{run_folder.name} does not tell the command of its training.")
    for path in reversed(before):
        earlier, first = _earlier(path)
        points, command = _gone_on(first, points), f"{earlier} && {command}"
    split = {"by": facts["split_by"]} | {
        side: _side(corpus, side, facts["lists_works"]) for side in (TRAIN, VALIDATION)
    }
    heard, there = points[-1]["notes"], split[TRAIN]["notes"]
    passes = f"It heard {heard / 1e6:.1f} M notes in training, {heard / there:.1f} times its data."
    return {
        "name": name or model.stem,
        "sha256": sha256,
        "bytes": model.stat().st_size,
        "parameters": sum(array.size for array in arrays.values()),
        "training_data": _in_words(facts["called"], split),
        "data_url": facts["url"],
        "licence": facts["licence"],
        "licence_url": facts["licence_url"],
        "credit": facts["credit"],
        "split": split,
        "settings": settings,
        "architecture": architecture.to_dict(),
        "trained": {
            "steps": points[-1]["step"],
            "notes": heard,
            "minutes": points[-1]["minutes"],
        }
        | made_with
        | {"command": command},
        "history": points,
        "figures": _brief(figures),
        "limits": [*LIMITS, facts["limit"], passes],
    } | ({"base": facts["base"]} if facts.get("base") else {})


def facts_of(data: str | dict) -> dict:
    """What a card tells of the data. Raises ValueError if facts of other music leave out what a
    card needs.
    """
    if isinstance(data, str):
        return DATA[data]
    missing = [
        name for name in sorted(NEEDED_FACTS) if not (isinstance(data, dict) and data.get(name))
    ]
    if missing:
        raise ValueError(f"The facts about the data do not tell their {', '.join(missing)}.")
    return {
        "url": "",
        "pieces": math.inf,  # whoever writes the facts says that they are of this corpus
        "split_by": "work: a tenth of the works, chosen by their hashes",
        "lists_works": True,
        "licence_url": "",
        "limit": f"It knows no other music than that of {data['called']}.",
    } | data


def history(folder: Path) -> list[dict]:
    """The validations of a training, in the order of its steps; none before the first.

    Raises ValueError if the folder is no training's. A line that is being written is left out.
    """
    try:
        lines = whole_lines((folder / "history.jsonl").read_text()).splitlines()
        return sorted(map(json.loads, lines), key=lambda entry: entry["step"])
    except FileNotFoundError:
        return []
    except (json.JSONDecodeError, KeyError, TypeError) as error:
        raise ValueError(f"{folder.name} is no folder of a training: {error!r}.") from error


def whole_lines(text: str) -> str:
    """`text` without the half of a line at its end."""
    return text[: text.rfind("\n") + 1]


def _training(folder: Path) -> tuple[dict, dict, list[dict]]:
    """What a training's folder tells: settings, what it was made with, validations."""
    try:
        trained = json.loads((folder / "settings.json").read_text())
        points = [point(entry) for entry in history(folder)]
        settings, made_with = dict(trained["settings"]), dict(trained["made_with"])
    except (json.JSONDecodeError, KeyError, TypeError) as error:
        raise ValueError(f"{folder.name} is no folder of a training: {error!r}.") from error
    if not points:
        raise ValueError(f"The training in {folder.name} has not got to its first validation.")
    return settings, made_with, points


def _earlier(path: Path) -> tuple[str, list[dict]]:
    """Command and validations of a training's folder, or of a card."""
    if path.is_file():
        card = read(path)
        return card["trained"]["command"], card["history"]
    _, earlier, points = _training(path)
    return earlier.get("command"), points


def point(entry: dict) -> dict:
    """A validation of `history`, as the card's curves show it."""
    made = {"step": entry["step"], "notes": entry["notes"]}
    made["minutes"] = round(entry["seconds"] / 60, 1)
    if "passes" in entry:
        made["passes"] = entry["passes"]
    names = ("train", "validation", "train_nats", "validation_nats")
    return made | {name: entry[name] for name in names}


def _gone_on(first: list[dict], points: list[dict]) -> list[dict]:
    """The validations of a training, and of one that went on from where it ended."""
    counts = ("step", "notes", "minutes")
    ended = first[-1]
    later = [
        entry | {name: round(entry[name] + ended[name], 1) for name in counts} for entry in points
    ]
    return [*first, *later]


def _side(corpus: "Corpus", side: str, lists_works: bool) -> dict:
    """Pieces, notes and works of one side of the split."""
    indices = corpus.of_split(side)
    named = {}
    for i in indices:
        composer, title = str(corpus.composers[i]), str(corpus.titles[i]).replace("_", " ")
        named.setdefault(works.work(composer, title), []).append((composer, title))
    told = {
        "pieces": len(indices),
        "notes": sum(encoding.note_count(corpus.piece(i)) for i in indices),
    }
    if lists_works:
        told["works"] = len(named)
        if side == VALIDATION:
            told["list"] = sorted(_title(pieces) for pieces in named.values())
    return told


def _title(pieces: Sequence[tuple[str, str]]) -> str:
    """What the titles of a work's pieces have in common, and how many there are."""
    composers, titles = zip(*pieces, strict=True)
    words = zip(*(title.split() for title in titles), strict=False)  # first words, second words …
    title = " ".join(same[0] for same in takewhile(lambda at: len(set(at)) == 1, words))
    composer = " and ".join(sorted(set(composers) - {""}))
    count = f" ({len(titles)} pieces)" if len(titles) > 1 else ""
    return ": ".join(filter(None, [composer, title])) + count


def _in_words(called: str, split: dict) -> str:
    side = split[TRAIN]
    of_works = f" of {side['works']} works" if "works" in side else ""
    return (
        f"{called}, training split: {side['pieces']} pieces{of_works}, "
        f"{side['notes'] / 1e6:.2f} M notes"
    )


def _brief(figures: dict) -> dict:
    """Figures without what is told piece by piece."""
    return {
        name: _brief(value) if isinstance(value, dict) else value
        for name, value in figures.items()
        if not (isinstance(value, list) and value and isinstance(value[0], dict))
    }


def read(path: Path) -> dict:
    """A card as it is shipped. Raises ValueError if it is not one."""
    try:
        card = json.loads(path.read_text(encoding="utf-8"))
        missing = NEEDED - card.keys()
    except FileNotFoundError:
        raise ValueError(f"There is no card {path.name}.") from None
    except (OSError, UnicodeDecodeError, json.JSONDecodeError, AttributeError) as error:
        raise ValueError(f"{path.name} is no card of a model: {error}") from error
    if missing:
        raise ValueError(f"{path.name} does not tell the model's {', '.join(sorted(missing))}.")
    return card


def made_with() -> dict:
    """What a training runs on: command, machine, versions, and the revision of this code. Kept when
    it begins, for the card may be written much later.
    """
    python = f"{platform.python_implementation()} {platform.python_version()}"
    return {
        "command": shlex.join(map(_portable, sys.orig_argv)),
        "machine": f"{platform.machine()}, {os.cpu_count()} processors, {python}",
        "versions": {name: importlib.metadata.version(name) for name in PACKAGES},
        "revision": _revision(),
    }


def _portable(argument: str) -> str:
    """A word of a command without what only one machine has: the folders that lead to a file."""
    path = Path(argument)
    return path.name if path.is_absolute() or ".." in path.parts else argument


def _revision() -> str:
    """The commit of this code, and whether it was changed since."""
    try:
        found = _git("rev-parse", "HEAD")
        changed = _git("status", "--porcelain", "--untracked-files=no", "--", ".")
    except FileNotFoundError:  # a machine without git
        return "unknown"
    return (found + (", changed" if changed else "")) or "unknown"


def _git(*arguments: str) -> str:
    command = ["git", *arguments]
    folder = Path(__file__).parent
    found = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    return found.stdout.strip()
