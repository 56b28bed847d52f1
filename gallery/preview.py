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
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings
from django.db.models.fields.files import FieldFile

from gallery.cover import DESIGN, draw_cover
from gallery.views.files import read_notes

SIDE = 1400  # pixels; what podcast readers ask for at least
SIDES = (SIDE, 480, 160)  # largest first; other sites may have room for less
PATIENCE = 20  # seconds; a cover takes about one
# In a process of eight threads two draw, four wait for them, and two are left for pages.
MOST_DRAWN = 2
MOST_WAITING = 4
LONGEST_WAIT = 10  # seconds

logger = logging.getLogger(__name__)


_changed = threading.Condition()
_drawn, _waiting = set(), []  # names of pictures, guarded by `_changed`


class BusyError(Exception):
    """It cannot be drawn now, perhaps later."""


def cover_png(piece, side=SIDE):
    """The stored PNG of a finished piece. Raises BusyError, or Http404 if its notes are gone."""
    size = "" if side == SIDE else f"-{side}"
    name = piece.beside_notes(f"cover-{DESIGN}{size}.png")
    stored = FieldFile(piece, piece.notes.field, name)
    if not stored.storage.exists(name):
        with place_for(name):
            if not stored.storage.exists(name):  # somebody else may have drawn it meanwhile
                _draw(draw_cover(read_notes(piece)), side, Path(stored.path))
    return stored


@contextmanager
def place_for(name):
    """Wait for a place to draw in; a picture is drawn in one place at a time. Raises BusyError."""
    with _changed:
        if not _is_free_for(name):
            if len(_waiting) >= MOST_WAITING:
                raise BusyError
            _waiting.append(name)
            try:
                if not _changed.wait_for(lambda: _is_free_for(name), LONGEST_WAIT):
                    raise BusyError
            finally:
                _waiting.remove(name)
        _drawn.add(name)
    try:
        yield
    finally:
        with _changed:
            _drawn.remove(name)
            _changed.notify_all()


def _is_free_for(name):
    return len(_drawn) < MOST_DRAWN and name not in _drawn


def _draw(svg, side, path):
    try:
        drawn = subprocess.run(
            [sys.executable, "-m", "gallery.png", str(side)],
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


def _put(content, path):
    """Write a file that nobody ever sees half written."""
    part = path.with_name(f"{uuid.uuid4()}.part")
    with part.open("wb") as file:
        file.write(content)
        os.fsync(file.fileno())
    part.replace(path)
