"""Models that somebody sends: looked at in a child process, then kept in MODELS_ROOT."""

import threading
import time
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.utils.text import slugify

from generator import uploads
from generator.children import Child
from generator.models import TrainedModel

LONGEST_CHECK = 20  # seconds, of a machine that is busy; alone it takes less than one
LONGEST_QUEUE = 8  # seconds until the place for a check is free
LONGEST_SLUG = 60

_place = threading.BoundedSemaphore(1)  # a check at once, of each web process


class InspectionError(Exception):
    """A file that is no model of ours; the message is a sentence for people."""


CHILD = Child(
    "generator.inspection",
    error=InspectionError,
    too_long="This file takes too long to be read.",
    no_result="This file cannot be read as a model: reading it was ended.",
)


@dataclass(frozen=True)
class Inspected:
    """A file that is a model of ours, still in a folder that will go away."""

    path: Path
    sha256: str
    size: int  # bytes
    styles: list
    card: dict
    card_error: str = ""

    def name_for(self, name: str) -> str:
        """A free file name in MODELS_ROOT, made of the model's name and the file's content."""
        slug = slugify(name)[:LONGEST_SLUG].strip("-_") or "model"
        short = f"{slug}-{self.sha256[:8]}.keras"
        if TrainedModel.objects.filter(file=short).exists():  # such a likeness can be forced
            return f"{slug}-{self.sha256}.keras"
        return short

    def move_to(self, name: str) -> None:
        """Move the file into MODELS_ROOT: on one disk, so it is there whole or not at all."""
        root = Path(settings.MODELS_ROOT)
        root.mkdir(parents=True, exist_ok=True)
        self.path.replace(root / name)


def inspect(file, card, folder: Path) -> Inspected:
    """Look at an uploaded model, and at its card or None, in a scratch folder.

    Raises InspectionError.
    """
    path, card_path = folder / "upload.keras", folder / "card.json"
    try:
        sha256 = uploads.save(file, path)
        card and uploads.save(card, card_path)
    except ValueError as problem:
        raise InspectionError(str(problem)) from problem
    known = TrainedModel.objects.filter(sha256=sha256).first()
    if known:
        raise InspectionError(f"This file is here already: it is the model “{known}”.")
    found = run(folder, {"file": str(path), "card": card and str(card_path), "sha256": sha256})
    return Inspected(
        path,
        sha256,
        path.stat().st_size,
        found["styles"],
        found.get("card", {}),
        found.get("card_error", ""),
    )


def run(folder, request):
    if not _place.acquire(timeout=LONGEST_QUEUE):
        raise InspectionError("Another model is being checked just now. Try again in a minute.")
    try:
        return CHILD.run(folder, request, time.monotonic() + LONGEST_CHECK)
    finally:
        _place.release()
