"""Finds what was lost between database, queue and disk, and sets it right.

Runs in a process of its own, `manage.py reconcile`, and may run at any time and more than once:
every repair is a conditional UPDATE.
"""

import itertools
import logging
import shutil
import threading
import time
import uuid
from datetime import timedelta
from pathlib import Path

from django.conf import settings
from django.core.management import call_command
from django.db import DatabaseError, close_old_connections
from django.utils import timezone
from redis.exceptions import RedisError

from generator import jobs, labour, queueing, renditions, storage, tasks
from generator.mail import mail_when_ready
from generator.models import Beginning, Composition, Task

LOOK_EVERY = 30  # seconds
QUEUED_LONG = timedelta(seconds=60)  # a younger row may be on its way to the queue
SECOND_LOOK = 3  # seconds; what a worker has just taken from the queue is claimed by then
SWEEP_EVERY = 600  # seconds
SETTLED = timedelta(minutes=10)  # nobody is about to publish a file as old as that
FORGOTTEN = timedelta(hours=1)  # nobody is at work on what has lain in the studio's scratch so long
FOLDERS_AT_ONCE = 200  # of pieces, whose rows are read together

logger = logging.getLogger(__name__)


def run(stop: threading.Event) -> None:
    """Look and repair until `stop` is set."""
    next_sweep = 0.0
    while not stop.is_set():
        close_old_connections()
        try:
            reconcile()
            if time.monotonic() >= next_sweep:
                sweep()
                next_sweep = time.monotonic() + SWEEP_EVERY
        except (DatabaseError, OSError) as problem:  # a busy database, a full disk: look again
            logger.warning("This look failed: %s", problem)
        stop.wait(LOOK_EVERY)


def reconcile() -> int:
    """One look at rows and queues. Return how much was put back or ended."""
    return put_back_silent() + tasks.put_back_silent() + renew_lost() + renditions.repair()


def put_back_silent() -> int:
    """Queue the pieces whose worker died, or fail those that killed too many."""
    moved = 0
    for composition in Composition.objects.silent().order_by("-queued_at"):
        if composition.put_back():
            moved += 1
            if composition.is_unfinished:
                logger.warning("The worker of %s died: queued again.", composition.pk)
                jobs.enqueue(composition, at_front=True)
            else:
                logger.error("Too many workers died of %s: given up.", composition.pk)
                mail_when_ready(composition)
    return moved


def renew_lost() -> int:
    """Queue what waits and whose job is in no list any more."""
    try:
        lost = {row.job_id for row in find_lost()}
        if not lost:
            return 0
        time.sleep(SECOND_LOOK)
        lost = [row for row in find_lost() if row.job_id in lost]
    except RedisError as problem:
        logger.warning("The queue cannot be read: %s", problem)
        return 0
    moved = 0
    for row in reversed(lost):  # each to the front: the oldest last
        if row.renew():
            moved += 1
            logger.warning("The job of %s was lost: queued again.", row.job_id)
            enqueue = jobs.enqueue if isinstance(row, Composition) else tasks.enqueue
            enqueue(row, at_front=True)
    return moved


def find_lost() -> list[Composition | Task]:
    """Rows that have long been queued, oldest first, whose job is not on their queue.

    The rows are read before the queue: a job that a worker takes in between is seen as lost, and
    the second look, at rows first again, finds its row claimed.
    """
    long_ago = timezone.now() - QUEUED_LONG
    waiting = [
        row
        for kind in (Composition, *tasks.KINDS)
        for row in kind.objects.waiting().filter(queued_at__lt=long_ago)
    ]
    names = {row.queue for row in waiting}
    on_queue = {job_id for name in names for job_id in queueing.queue(name).get_job_ids()}
    return [row for row in waiting if row.job_id not in on_queue]


# The disk.


def sweep() -> int:
    """Remove old WAVs, files that no row names and scratch of dead attempts. Return how many.

    Logins that have run out go as well, pieces that have lain in a bin for their time, and music
    that was brought for nothing.
    """
    call_command("clearsessions")
    purge_bins()
    Beginning.objects.unused().delete_with_files()
    return sweep_scratch() + renditions.sweep() + sweep_media() + sweep_studio()


def purge_bins() -> int:
    """Delete what was thrown away long enough ago, with its files. Return how many pieces."""
    expired = Composition.objects.expired()
    count = expired.count()
    expired.delete_with_files()
    return count


def sweep_scratch() -> int:
    """Scratch folders begin with their attempt's token."""
    settled = [folder for folder in _children(storage.scratch_root()) if _is_settled(folder)]
    running = Composition.objects.unfinished().exclude(token=None)
    alive = tuple(str(token) for token in running.values_list("token", flat=True))
    dead = [folder for folder in settled if not folder.name.startswith(alive)]
    for folder in dead:
        shutil.rmtree(folder, ignore_errors=True)
    return len(dead)


def sweep_media() -> int:
    return _sweep_folders("compositions", _pieces_of, _is_wanted) + _sweep_folders(
        "beginnings", _beginnings_of, _is_named
    )


def sweep_studio() -> int:
    """What long work has left: folders of rows that are gone, scratch of what has ended."""
    forgotten = _children(Path(settings.STUDIO_ROOT) / "scratch")
    strays = [path for path in forgotten if _is_settled(path, FORGOTTEN)]
    for kind in tasks.KINDS:
        # The folders are read before the rows: what is new in between is not settled.
        folders = _children(Path(settings.STUDIO_ROOT) / kind.folder_name)
        ours = [folder for folder in folders if folder.name.isdecimal() and _is_settled(folder)]
        known = set(map(str, kind.objects.values_list("pk", flat=True)))
        going_on = set(map(str, kind.objects.unfinished().values_list("pk", flat=True)))
        strays += [folder for folder in ours if folder.name not in known]
        ended = [folder / labour.SCRATCH for folder in ours if folder.name in known - going_on]
        strays += filter(_is_settled, ended)
    for path in strays:
        _remove(path)
    return len(strays)


def _sweep_folders(name, rows_of, is_wanted):
    """Remove what `is_wanted(file, folder's name, rows)` denies, from folders named after rows."""
    removed = 0
    folders = iter(_children(Path(settings.MEDIA_ROOT) / name))
    while batch := list(itertools.islice(folders, FOLDERS_AT_ONCE)):
        # The files are read before the rows: what is published in between is seen as named.
        settled = {folder: [f for f in _children(folder) if _is_settled(f)] for folder in batch}
        rows = rows_of(folder.name for folder, files in settled.items() if files)
        for folder, files in settled.items():
            strays = [f for f in files if not is_wanted(f, folder.name, rows)]
            for file in strays:
                file.unlink(missing_ok=True)
            removed += len(strays)
            if _is_settled(folder) and not _children(folder):
                shutil.rmtree(folder, ignore_errors=True)
    return removed


def _pieces_of(folders):
    """The pieces with their renditions, by the names of their folders. Two queries."""
    known = filter(_is_ours, folders)
    pieces = Composition.objects.filter(pk__in=list(known)).defer("draft")
    return {str(piece.pk): piece for piece in pieces.prefetch_related("renditions")}


def _beginnings_of(folders):
    known = filter(_is_ours, folders)
    return {str(row.pk): row for row in Beginning.objects.filter(pk__in=list(known))}


def _is_ours(name):
    try:
        return str(uuid.UUID(name)) == name
    except ValueError:
        return False


def _is_wanted(file, pk, rows):
    """Whether a row names the file, or the attempt that wrote it may still publish it.

    A rendition takes less time than a file needs to settle: its half of a file is no longer wanted.
    """
    if not _is_ours(pk):
        return True
    if pk not in rows:
        return False
    piece = rows[pk]
    named = {Path(field.name).name for field in piece.files()}
    return file.name in named or file.stem == str(piece.token) or piece.drew(file.name)


def _is_named(file, pk, rows):
    """Whether a beginning names the file. Its row comes last, but long before a file settles."""
    if not _is_ours(pk):
        return True
    return pk in rows and file.name in {Path(field.name).name for field in rows[pk].files()}


def _children(folder):
    return list(folder.iterdir()) if folder.is_dir() else []


def _remove(path):
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)


def _is_settled(path, long=SETTLED):
    try:
        age = time.time() - path.stat().st_mtime
    except FileNotFoundError:
        return False
    return age > long.total_seconds()
