"""How much of the disk our files take, and how much is left.

A site may hold a hundred thousand pieces, each in a folder of its own: the files are looked at for
a fifth of a second at most, once a minute in a process. What could not be looked at by then is
estimated by what was, which are folders drawn by lot.
"""

import functools
import os
import random
import shutil
import time
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.db import connection

PATIENCE = 0.2  # seconds to look at the files of one part
KEPT_FOR = 60  # seconds that a size is believed
LOW_SHARE = 0.10
LOW_BYTES = 2 * 10**9

DICE = random.Random()


@dataclass(frozen=True)
class Part:
    """One kind of our files, in bytes."""

    name: str
    used: int
    is_estimate: bool


@dataclass(frozen=True)
class Volume:
    """A file system that holds some of the parts, in bytes."""

    names: tuple[str, ...]
    free: int
    total: int

    @property
    def is_low(self):
        return self.free < max(LOW_BYTES, LOW_SHARE * self.total)


def folders() -> dict[str, Path]:
    """Where the parts lie, but the database."""
    return {
        "media": Path(settings.MEDIA_ROOT),
        "models": Path(settings.MODELS_ROOT),
        "studio": Path(settings.STUDIO_ROOT),
    }


def parts() -> list[Part]:
    """What our files take. One query."""
    minute = int(time.monotonic() // KEPT_FOR)
    found = [Part(name, *_size(folder, minute)) for name, folder in folders().items()]
    return [*found, Part("database", database_size(), False)]


def volumes() -> list[Volume]:
    """The file systems that hold what we keep; a part whose folder is yet to come, too."""
    by_device = {}
    for name, folder in (folders() | {"database": Path(settings.DATA_DIR)}).items():
        there = next(path for path in (folder, *folder.absolute().parents) if path.exists())
        by_device.setdefault(there.stat().st_dev, (there, []))[1].append(name)
    usages = [(names, shutil.disk_usage(there)) for there, names in by_device.values()]
    return [Volume(tuple(names), usage.free, usage.total) for names, usage in usages]


def database_size() -> int:
    """Bytes of the database; 0 where it does not tell."""
    query = {
        "sqlite": "SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()",
        "postgresql": "SELECT pg_database_size(current_database())",
    }.get(connection.vendor)
    if query is None:
        return 0
    with connection.cursor() as cursor:
        cursor.execute(query)
        return cursor.fetchone()[0]


@functools.lru_cache(maxsize=16)
def _size(folder, minute):
    return measure(folder, PATIENCE)


def measure(folder: Path, seconds: float) -> tuple[int, bool]:
    """Bytes of all files in a folder, and whether they are estimated."""
    deadline = time.monotonic() + seconds
    entries = [below for entry in _list(folder) for below in _opened(entry)]
    DICE.shuffle(entries)
    total = 0
    for looked_at, entry in enumerate(entries):
        if looked_at and time.monotonic() > deadline:
            return round(total * len(entries) / looked_at), True
        total += _bytes(entry)
    return total, False


def _opened(entry):
    """What is in a folder; a file is itself."""
    return _list(entry) if entry.is_dir(follow_symlinks=False) else [entry]


def _bytes(entry):
    """Of a file, or of all that is in a folder."""
    if entry.is_dir(follow_symlinks=False):
        return sum(_bytes(below) for below in _list(entry))
    try:
        return entry.stat(follow_symlinks=False).st_size
    except FileNotFoundError:  # removed meanwhile
        return 0


def _list(folder):
    try:
        with os.scandir(folder) as found:
            return list(found)
    except FileNotFoundError:
        return []
