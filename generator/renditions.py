"""Makes of a finished piece what somebody wants besides: its score, its sound as WAV.

All renditions wait in the database, and one of them at a time on the queue, behind the pieces that
are there. When it has been made, the next one joins the end. So however many are wanted, a piece
waits for one of them at most, and a rendition for the pieces that came before it.
"""

import json
import logging
import shutil
import time
import uuid
from collections.abc import Callable
from pathlib import Path

from django.conf import settings
from django.db import DatabaseError, transaction
from redis.exceptions import RedisError
from rq.timeouts import JobTimeoutException

from generator import audio, engraving, queueing, storage
from generator.audio import AudioError
from generator.children import CancelledError
from generator.engraving import EngravingError, TooFreeError
from generator.models import Composition, Kind, Rendition
from generator.models.renditions import MOST_SECONDS
from generator.queueing import StoppedError

MAKE = "generator.renditions.make"
LOOK_EVERY = 0.5  # seconds between looks whether the rendition is still wanted

logger = logging.getLogger(__name__)


def ask(composition: Composition, kind: Kind, person=None) -> Rendition:
    """Have a rendition made, unless it is there or on its way. Raises TooManyWavsError."""
    rendition = Rendition.objects.ask(composition, kind, person)
    if rendition.is_unfinished:
        transaction.on_commit(push_next, robust=True)
    return rendition


def ask_for_score(composition: Composition) -> None:
    """Have the score of a piece made that has just become ready, which it stays in any case."""
    try:
        ask(composition, Kind.SCORE)
    except DatabaseError as problem:  # the piece may be deleted already
        logger.warning("The score of %s is not asked for: %s", composition.pk, problem)


def push_next() -> None:
    """Put the first that waits at the end of the queue, unless it is there or one is being made."""
    first = next_in_line()
    if first:
        _push(first)


def next_in_line() -> Rendition | None:
    """The one that should be on the queue; None while another is being made. Two queries."""
    if Rendition.objects.begun().exists():
        return None
    return Rendition.objects.waiting().first()


def _push(rendition):
    arguments = (rendition.pk, rendition.attempt)
    queueing.push(MAKE, arguments, job_id=rendition.job_id, seconds=MOST_SECONDS)


# The job.


def make(rendition_id: int, attempt: int) -> None:
    """Make one attempt at a rendition. Does nothing if the attempt is no longer due."""
    try:
        rows = Rendition.objects.select_related("composition")
        rendition = rows.filter(pk=rendition_id).first()
        if rendition and rendition.claim(attempt):
            attempt_at(rendition, attempt)
        else:
            logger.info("Attempt %s at rendition %s is no longer due.", attempt, rendition_id)
    finally:
        push_next()


def attempt_at(rendition: Rendition, attempt: int) -> None:
    """Make the files, and publish them or the sentence that says why there are none."""
    name = rendition.job_id
    try:
        with storage.scratch_folder(name) as folder:
            files, results = MAKERS[rendition.kind](rendition, folder, watch(rendition, attempt))
            publish(rendition, attempt, files, results)
    except CancelledError:
        logger.info("%s is no longer wanted.", name)
    except StoppedError:
        logger.info("%s is handed back: the worker stops.", name)
        rendition.hand_back(attempt)
    except TooFreeError as answer:
        rendition.refuse(attempt, str(answer))
    except (EngravingError, AudioError) as problem:
        logger.warning("%s failed: %s", name, problem)
        rendition.fail(attempt, str(problem))
    except DatabaseError:
        raise  # nothing can be recorded now: `repair` gives it up in the end
    except OSError as problem:
        logger.exception("%s failed.", name)
        rendition.fail(attempt, storage.explain(problem))
    except JobTimeoutException:
        rendition.fail(attempt, "This took longer than allowed.")
        raise
    except BaseException:
        rendition.fail(attempt, "Something went wrong here. It has been logged.")
        raise


def write_score(rendition: Rendition, folder: Path, cancelled: Callable[[], bool]):
    """Raises TooFreeError, EngravingError, CancelledError or OSError."""
    piece = rendition.composition
    score = engraving.engrave(
        read_notes(piece)["notes"],
        folder,
        title=piece.title,
        deadline=time.monotonic() + MOST_SECONDS,
        cancelled=cancelled,
    )
    return {"file": score.musicxml, "picture": score.svg}, {"figures": score.figures}


def record_wav(rendition: Rendition, folder: Path, cancelled: Callable[[], bool]):
    """Raises AudioError, CancelledError or OSError."""
    piece = rendition.composition
    midi, wav = folder / "score.mid", folder / "piece.wav"
    with piece.midi.storage.open(piece.midi.name) as stored, midi.open("wb") as copy:
        shutil.copyfileobj(stored, copy)
    audio.render_wav(
        midi,
        wav,
        soundfont=settings.SOUNDFONT,
        seconds=read_notes(piece)["duration"],
        deadline=time.monotonic() + MOST_SECONDS,
        cancelled=cancelled,
    )
    return {"file": wav}, {}


MAKERS = {Kind.SCORE: write_score, Kind.WAV: record_wav}


def read_notes(piece: Composition) -> dict:
    """What jobs.note_list wrote."""
    with piece.notes.storage.open(piece.notes.name) as file:
        return json.load(file)


def publish(rendition: Rendition, attempt: int, files: dict[str, Path], results: dict) -> None:
    """Move the files to names of their own, then let the row name them. Raises CancelledError."""
    folder, unique = rendition.composition.folder, uuid.uuid4()
    names = {field: f"{folder}/{unique}{path.suffix}" for field, path in files.items()}
    try:
        for field, path in files.items():
            storage.keep(path, names[field])
    except BaseException:
        storage.remove(names.values(), folder)
        raise
    # Should this raise, the files stay: the row may name them all the same. The sweep will tell.
    if not rendition.finish(attempt, **names, **results):
        storage.remove(names.values(), folder)
        raise CancelledError


def watch(rendition: Rendition, attempt: int) -> Callable[[], bool]:
    """A question for whoever works: is it over? It may be asked often."""
    next_look = 0.0

    def is_over():
        nonlocal next_look
        now = time.monotonic()
        if now < next_look:
            return False
        next_look = now + LOOK_EVERY
        return not rendition.is_due(attempt)

    return is_over


# For the reconciler.


def repair() -> int:
    """Give up renditions whose worker died, and put the first that waits back on the queue."""
    moved = 0
    for rendition in Rendition.objects.dead():
        reason = "The worker stopped in the middle of it."
        if rendition.fail(rendition.attempt, reason):
            moved += 1
            logger.error("The worker of %s died.", rendition.job_id)
    first = next_in_line()
    try:
        if first is None or first.job_id in queueing.queue().get_job_ids():
            return moved
    except RedisError as problem:
        logger.warning("The queue cannot be read: %s", problem)
        return moved
    # A new number: a job that died between queue and worker would still answer "duplicate".
    if first.renew():
        moved += 1
        _push(first)
    return moved


def sweep() -> int:
    """Remove the WAV files that have been kept long enough. Return how many."""
    return Rendition.objects.outdated().delete_with_files()
