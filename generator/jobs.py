"""The one place where record, composer and files meet.

An accepted request is never lost, it may run more than once, its result is published once: the
row is the truth, the queue a hint. What is lost between the two, reconcile.py sets right.
"""

import errno
import functools
import json
import logging
import os
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import django_rq
from django.conf import settings
from django.core.files import File
from django.core.files.storage import default_storage
from django.db import DatabaseError, connection, transaction
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry
from rq.exceptions import DuplicateJobError
from rq.queue import Queue
from rq.timeouts import JobTimeoutException

from generator import audio, storage
from generator.audio import AudioError, CancelledError
from generator.models import ANY_STYLE, Composition

if TYPE_CHECKING:
    from ml.notes import Piece

QUEUE = "compositions"
COMPOSE = "generator.jobs.compose"
ARTIST = "Nocturne"
HEARTBEAT_EVERY = 10  # seconds
LOOK_EVERY = 0.5  # seconds between progress reports, which also tell of a cancellation
ALARM_AFTER = 5  # seconds from our own deadline to RQ's alarm, and from that to its kill
KEEP_FAILED_JOBS = 24 * 3600  # seconds on the dashboard

logger = logging.getLogger(__name__)


class ComposeError(Exception):
    """The piece cannot be made; the message is a sentence for people."""


class StoppedError(BaseException):
    """The worker was told to stop. No Exception: nothing on the way may swallow it."""


# The queue.


@functools.cache  # one connection a process: RQ keeps every one that it has ever seen
def queue() -> Queue:
    """The queue, over a connection on which nobody waits long for a hung Redis."""
    queue = django_rq.get_queue(QUEUE, commit_mode="auto")
    queue.connection.set_retry(Retry(NoBackoff(), 1))
    return queue


def enqueue(composition: Composition, at_front: bool = False) -> None:
    """Put the attempt that is due on the queue, once the transaction is committed.

    A Redis that cannot be reached is logged, not raised: the row is saved, and the reconciler
    finds rows without a job.
    """
    push = functools.partial(
        _push, composition.job_id, str(composition.pk), composition.attempt, at_front
    )
    transaction.on_commit(push, robust=True)


def _push(job_id, composition_id, attempt, at_front):
    try:
        queue().enqueue_call(
            COMPOSE,
            args=(composition_id, attempt),
            job_id=job_id,
            unique=True,
            at_front=at_front,
            timeout=settings.COMPOSE_TIMEOUT + ALARM_AFTER,
            failure_ttl=KEEP_FAILED_JOBS,
        )
    except DuplicateJobError:
        logger.info("%s is on the queue already.", job_id)
    except RedisError as problem:
        logger.warning("%s is not on the queue yet: %s", job_id, problem)


# The job.


def compose(composition_id: str, attempt: int) -> None:
    """Make one attempt at a piece. Does nothing if the attempt is no longer due."""
    composition = Composition.objects.select_related("model").filter(pk=composition_id).first()
    if composition is None or not composition.claim(attempt):
        logger.info("Attempt %s of %s is no longer due.", attempt, composition_id)
        return
    try:
        with heartbeat(composition), scratch_folder(composition) as folder:
            make(composition, folder, Watch(composition))
    except CancelledError:
        logger.info("%s was cancelled, or is somebody else's.", composition.job_id)
    except StoppedError:
        logger.info("%s is handed back: the worker stops.", composition.job_id)
        if composition.hand_back():
            enqueue(composition, at_front=True)
    except (ComposeError, AudioError) as problem:
        logger.warning("%s failed: %s", composition.job_id, problem)
        composition.fail(str(problem))
    except DatabaseError:
        raise  # nothing can be recorded now: the reconciler gives it another attempt
    except OSError as problem:
        logger.exception("%s failed.", composition.job_id)
        composition.fail(_sentence(problem))
    except JobTimeoutException:
        composition.fail("Making this piece took longer than allowed.")
        raise
    except BaseException:
        composition.fail("Something went wrong while making this piece. It has been logged.")
        raise


def make(composition: Composition, folder: Path, watch: "Watch") -> None:
    """Compose, render and publish. Raises CancelledError, ComposeError, AudioError or OSError."""
    # Here, not above: the site itself shall load neither numpy nor music21.
    from ml import midi

    files = {"midi": folder / "score.mid", "mp3": folder / "piece.mp3"}
    piece = write_notes(composition, watch)
    # Without title: the same model, settings and seed give the same bytes, whatever the name.
    midi.write(piece, files["midi"])
    if not composition.start_rendering():
        raise CancelledError
    rendered = audio.render(
        files["midi"],
        files["mp3"],
        soundfont=settings.SOUNDFONT,
        seconds=piece.seconds,
        tags=tags(composition),
        deadline=watch.deadline,
        cancelled=watch.is_over,
    )
    files["notes"] = folder / "notes.json"
    files["notes"].write_text(json.dumps(note_list(piece), separators=(",", ":")))
    publish(composition, files, duration=rendered.duration, note_count=len(piece.notes))


def write_notes(composition: Composition, watch: "Watch") -> "Piece":
    """Let the model compose. Raises ComposeError, or CancelledError from inside the composer."""
    from ml.composer import Composer, Request

    model = composition.model
    try:
        composer = Composer.open(model.file.path, model.sha256)
        request = Request(
            seconds=composition.requested_duration,
            seed=composition.seed,
            style=composition.style,
            temperature=composition.temperature,
        )
        return composer.compose(request, on_progress=watch.report)
    except ValueError as problem:
        if not Path(model.file.path).exists():
            raise ComposeError(f"The file of the model “{model.name}” is missing.") from problem
        raise ComposeError(str(problem)) from problem


def tags(composition: Composition) -> dict[str, str]:
    """What the MP3 says about itself."""
    return {
        "title": composition.title,
        "artist": ARTIST,
        "comment": settings_line(
            model=composition.model.name,
            style=composition.style or ANY_STYLE,
            seed=composition.seed,
            temperature=composition.temperature,
            seconds=composition.requested_duration,
        ),
    }


def settings_line(**wish) -> str:
    """All that is needed to make the piece again, in a line."""
    return "; ".join(f"{name} {value}" for name, value in wish.items())


def note_list(piece: "Piece") -> dict:
    """The notes as covers and rolls read them: [onset ms, duration ms, pitch, velocity]."""
    return {
        "duration": round(piece.seconds, 3),
        "notes": [
            [round(note.onset * 1000), round(note.duration * 1000), note.pitch, note.velocity]
            for note in piece.notes
        ],
    }


def publish(composition: Composition, files: dict[str, Path], **results) -> None:
    """Move the files to their names, then let the row name them. Raises CancelledError."""
    names = {
        kind: f"{composition.folder}/{composition.token}{path.suffix}"
        for kind, path in files.items()
    }
    try:
        for kind, path in files.items():
            keep(path, names[kind])
    except BaseException:
        storage.remove(names.values(), composition.folder)
        raise
    # Should this raise, the files stay: the row may name them all the same. The sweep will tell.
    if not composition.finish(**names, **results):
        storage.remove(names.values(), composition.folder)
        raise CancelledError


class Finished(File):
    """A finished local file; a storage on the same disk renames it instead of copying."""

    def temporary_file_path(self):
        return self.name


def keep(path: Path, name: str) -> None:
    with path.open("rb") as file:
        os.fsync(file.fileno())
        default_storage.save(name, Finished(file, str(path)))


# Watching over an attempt.


class Watch:
    """Looks now and then whether an attempt is still in time and still wanted."""

    def __init__(self, composition: Composition):
        self.composition = composition
        self.deadline = time.monotonic() + settings.COMPOSE_TIMEOUT
        self.next_look = 0.0

    def report(self, progress: float) -> None:
        """Called by the composer after every row, with its progress from 0 to 1."""
        if time.monotonic() > self.deadline:
            raise ComposeError("Composing took longer than allowed.")
        if self._is_due() and not self.composition.advance(min(max(progress, 0.0), 1.0)):
            raise CancelledError

    def is_over(self) -> bool:
        """Whether the attempt was cancelled or replaced; asked often while rendering."""
        return self._is_due() and not self.composition.beat()

    def _is_due(self):
        now = time.monotonic()
        if now < self.next_look:
            return False
        self.next_look = now + LOOK_EVERY
        return True


@contextmanager
def heartbeat(composition: Composition) -> Iterator[None]:
    """Keep the row's heartbeat fresh from a thread, also while the composer is busy."""
    ended = threading.Event()

    def beat():
        while not ended.wait(HEARTBEAT_EVERY):
            try:
                composition.beat()
            except DatabaseError as problem:
                logger.warning("A heartbeat of %s was missed: %s", composition.job_id, problem)
            finally:
                connection.close()  # this thread's own

    thread = threading.Thread(target=beat, name="heartbeat", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


@contextmanager
def scratch_folder(composition: Composition) -> Iterator[Path]:
    """A folder for one attempt, on the disk of the media so that files can be renamed there."""
    scratch = scratch_root()
    scratch.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f"{composition.token}-", dir=scratch) as folder:
        yield Path(folder)


def scratch_root() -> Path:
    return Path(settings.MEDIA_ROOT) / "scratch"


def _sentence(problem):
    if problem.errno in (errno.ENOSPC, errno.EDQUOT):
        return "The disk of the server is full."
    return f"The server could not read or write a file: {problem.strerror or problem}."
