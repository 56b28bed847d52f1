"""The card beside a model: where it comes from, what it may be used for, how well it does."""

import importlib.metadata
import json
import platform
import subprocess
from pathlib import Path

from ml import weights

LICENCES = {
    "maestro": {
        "training_data": "MAESTRO v3.0.0, training split: 962 performances, 5.66 M notes",
        "licence": "CC BY-NC-SA 4.0",
        "credit": (
            "Trained on MAESTRO v3.0.0: Hawthorne et al., Enabling Factorized Piano Music Modeling "
            "and Generation with the MAESTRO Dataset, ICLR 2019. For non-commercial use."
        ),
    },
    "piano-midi-de": {
        "training_data": "piano-midi.de, 337 pieces of 25 composers",
        "licence": "CC BY-SA 3.0 DE",
        "credit": "Trained on the MIDI files of Bernd Krueger, piano-midi.de.",
    },
}
PACKAGES = ("tensorflow", "keras", "numpy", "music21")


def make(model: Path, run_folder: Path, figures: dict) -> dict:
    """The card of `model`, from its training's folder and what `evaluate --json` printed of it.

    Raises ValueError if the figures are those of another file.
    """
    sha256 = weights.digest(model)
    if figures.get("sha256") != sha256:
        raise ValueError(f"The figures are not those of {model.name}: its SHA-256 is {sha256}.")
    trained = json.loads((run_folder / "settings.json").read_text())
    history = [json.loads(line) for line in (run_folder / "history.jsonl").open()]
    return {
        "name": model.stem,
        "sha256": sha256,
        "settings": trained["settings"],
        "architecture": trained["architecture"],
        "trained": {
            "steps": history[-1]["step"],
            "notes": history[-1]["notes"],
            "minutes": round(history[-1]["seconds"] / 60, 1),
            **trained["made_with"],
        },
        "history": [
            {name: entry[name] for name in ("step", "notes", "train_nats", "validation_nats")}
            for entry in history
        ],
        "figures": {name: value for name, value in figures.items() if name != "samples"},
    }


def read(path: Path) -> dict:
    """A card as it is shipped. Raises ValueError if it is not one."""
    try:
        card = json.loads(path.read_text(encoding="utf-8"))
        missing = {"name", "sha256", "licence", "training_data", "credit", "figures"} - card.keys()
    except FileNotFoundError:
        raise ValueError(f"There is no card {path.name}.") from None
    except (OSError, UnicodeDecodeError, json.JSONDecodeError, AttributeError) as error:
        raise ValueError(f"{path.name} is no card of a model: {error}") from error
    if missing:
        raise ValueError(f"{path.name} does not tell the model's {', '.join(sorted(missing))}.")
    return card


def made_with() -> dict:
    """What a training runs on: machine, versions, and the revision of this code. Kept when it
    begins, for the card may be written much later.
    """
    python = f"{platform.python_implementation()} {platform.python_version()}"
    return {
        "machine": f"{platform.machine()}, {python}",
        "versions": {name: importlib.metadata.version(name) for name in PACKAGES},
        "revision": _revision(),
    }


def _revision() -> str:
    command = ["git", "rev-parse", "HEAD"]
    try:
        found = subprocess.run(
            command, cwd=Path(__file__).parent, capture_output=True, text=True, check=False
        )
    except FileNotFoundError:  # a machine without git
        return "unknown"
    return found.stdout.strip() or "unknown"
