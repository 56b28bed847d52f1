"""Covers as PNG, for what reads no SVG: previews of links, podcast readers.

The first who asks for one waits for it to be drawn; then it lies beside the notes it was drawn
from, and goes with them.
"""

import logging
import os
import subprocess
import sys
import threading
import uuid
from pathlib import Path

from django.conf import settings
from django.db.models.fields.files import FieldFile

from gallery.cover import DESIGN, draw_cover
from gallery.views.files import read_notes

SIDE = 1400  # pixels; what podcast readers ask for at least
PATIENCE = 20  # seconds; a cover takes about one
PLACES = threading.BoundedSemaphore(2)  # drawings at once, in a process of eight threads

logger = logging.getLogger(__name__)


class BusyError(Exception):
    """It cannot be drawn now, perhaps later."""


def cover_png(piece):
    """The stored PNG of a finished piece. Raises BusyError, or Http404 if its notes are gone."""
    name = piece.beside_notes(f"cover-{DESIGN}.png")
    stored = FieldFile(piece, piece.notes.field, name)
    if not stored.storage.exists(name):
        _draw(draw_cover(read_notes(piece)), Path(stored.path))
    return stored


def _draw(svg, path):
    if not PLACES.acquire(blocking=False):
        raise BusyError
    try:
        drawn = subprocess.run(
            [sys.executable, "-m", "gallery.png", str(SIDE)],
            input=svg.encode(),
            stdout=subprocess.PIPE,
            cwd=settings.BASE_DIR,
            timeout=PATIENCE,
            check=True,
        )
        _put(drawn.stdout, path)
    except (OSError, subprocess.SubprocessError) as problem:
        logger.exception("The cover %s could not be drawn.", path.name)
        raise BusyError from problem
    finally:
        PLACES.release()


def _put(content, path):
    """Write a file that nobody ever sees half written."""
    part = path.with_name(f"{uuid.uuid4()}.part")
    with part.open("wb") as file:
        file.write(content)
        os.fsync(file.fileno())
    part.replace(path)
