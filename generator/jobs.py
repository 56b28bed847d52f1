"""The one place where record, composer and files meet.

An accepted request is never lost, it may run more than once, its result is published once: the
row is the truth, the queue a hint. What is lost between the two, reconcile.py sets right.
"""

import functools
import json
import logging
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import DatabaseError, transaction
from django.db.models import QuerySet
from rq.timeouts import JobTimeoutException

from generator import audio, beginnings, queueing, renditions, storage
from generator.audio import AudioError
from generator.children import CancelledError
from generator.heartbeats import heartbeat
from generator.mail import mail_when_ready
from generator.models import ANY_STYLE, Composition, Rendition, RenditionStatus
from generator.queueing import StoppedError

if TYPE_CHECKING:
    from ml.beginning import Beginning
    from ml.notes import Piece

COMPOSE = "generator.jobs.compose"
ARTIST = "Nocturne"
LOOK_EVERY = 0.5  # seconds between progress reports, which also tell of a cancellation
REST_AFTER_DRAFT = 20  # times as long as telling the notes so far took, no notes are told
ALWAYS_SAID = ("seed", "temperature")  # in an MP3, even if they are 0

logger = logging.getLogger(__name__)


class ComposeError(Exception):
    """The piece cannot be made; the message is a sentence for people."""


def enqueue(composition: Composition, at_front: bool = False) -> None:
    """Put the attempt that is due on the queue, once the transaction is committed.

    Should Redis not be there, the row is saved all the same: the reconciler finds rows without a
    job.
    """
    push = functools.partial(
        queueing.push,
        COMPOSE,
        (str(composition.pk), composition.attempt),
        job_id=composition.job_id,
        seconds=settings.COMPOSE_TIMEOUT,
        at_front=at_front,
    )
    transaction.on_commit(push, robust=True)


def forget(compositions: QuerySet) -> None:
    """Take what waits for these pieces off the queue, once the transaction is committed.

    To be called before the rows go. Whoever works on a piece notices by itself that it is gone.
    """
    made_of_them = Rendition.objects.filter(composition__in=compositions)
    waiting = [*compositions.waiting(), *made_of_them.filter(status=RenditionStatus.QUEUED)]
    job_ids = [row.job_id for row in waiting]

    def take_off():
        queueing.remove(job_ids)
        renditions.push_next()  # the one of them that is on the queue may be gone now

    transaction.on_commit(take_off, robust=True)


# The job.


def compose(composition_id: str, attempt: int) -> None:
    """Make one attempt at a piece. Does nothing if the attempt is no longer due."""
    rows = Composition.objects.select_related("model", "beginning")
    composition = rows.filter(pk=composition_id).first()
    if composition is None or not composition.claim(attempt):
        logger.info("Attempt %s of %s is no longer due.", attempt, composition_id)
        return
    try:
        with heartbeat(composition), storage.scratch_folder(composition.token) as folder:
            make(composition, folder, Watch(composition))
    except CancelledError:
        logger.info("%s was cancelled, or is somebody else's.", composition.job_id)
    except StoppedError:
        logger.info("%s is handed back: the worker stops.", composition.job_id)
        if composition.hand_back():
            enqueue(composition, at_front=True)
    except (ComposeError, AudioError) as problem:
        logger.warning("%s failed: %s", composition.job_id, problem)
        give_up(composition, str(problem))
    except DatabaseError:
        raise  # nothing can be recorded now: the reconciler gives it another attempt
    except OSError as problem:
        logger.exception("%s failed.", composition.job_id)
        give_up(composition, storage.explain(problem))
    except JobTimeoutException:
        give_up(composition, "Making this piece took longer than allowed.")
        raise
    except BaseException:
        give_up(composition, "Something went wrong while making this piece. It has been logged.")
        raise
    else:
        if composition.audition_id is None:
            renditions.ask_for_score(composition)
            mail_when_ready(composition)


def give_up(composition: Composition, reason: str) -> None:
    """Fail the attempt with a sentence for the person, if it is not somebody else's by now."""
    if composition.fail(reason):
        mail_when_ready(composition)


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
    notes = note_list(piece, composition.takeover)
    files["notes"].write_text(json.dumps(notes, separators=(",", ":")))
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
            energy=composition.energy,
            loudness=composition.loudness,
            beginning=hear_beginning(composition),
        )
        return composer.compose(request, on_progress=watch.report)
    except ValueError as problem:
        if not Path(model.file.path).exists():
            raise ComposeError(f"The file of the model “{model.name}” is missing.") from problem
        raise ComposeError(str(problem)) from problem


def hear_beginning(composition: Composition) -> "Beginning | None":
    """What the piece goes on from. Raises ComposeError if that is gone, ValueError if it is bad."""
    from ml.beginning import Beginning, from_lists

    if composition.takeover is None:
        return None
    gone = "The music that this piece goes on from is gone."
    if composition.beginning is None:
        raise ComposeError(gone)
    try:
        lists = beginnings.read_notes(composition.beginning)
    except FileNotFoundError as problem:
        raise ComposeError(gone) from problem
    return Beginning.cut(from_lists(lists), composition.takeover)


def tags(composition: Composition) -> dict[str, str]:
    """What the MP3 says about itself."""
    wish = {
        # Who auditions a model shall not read its name in a player.
        "model": composition.model.name if composition.audition_id is None else "",
        "style": composition.style or ANY_STYLE,
        "seed": composition.seed,
        "temperature": composition.temperature,
        "energy": composition.energy,
        "loudness": composition.loudness,
        "takeover": composition.takeover,
        "seconds": composition.requested_duration,
    }
    said = {name: value for name, value in wish.items() if value or name in ALWAYS_SAID}
    return {"title": composition.title, "artist": ARTIST, "comment": settings_line(**said)}


def settings_line(**wish) -> str:
    """All that is needed to make the piece again, in a line."""
    return "; ".join(f"{name} {value}" for name, value in wish.items())


def note_list(piece: "Piece", takeover: float | None = None) -> dict:
    """The notes as covers and rolls read them: [onset ms, duration ms, pitch, velocity].

    `takeover` is the second from which the music is composed, where it goes on from other music.
    """
    from ml.beginning import to_lists

    told = {"duration": round(piece.seconds, 3), "notes": to_lists(piece.notes)}
    return told if takeover is None else told | {"takeover": takeover}


def publish(composition: Composition, files: dict[str, Path], **results) -> None:
    """Move the files to their names, then let the row name them. Raises CancelledError."""
    names = {
        kind: f"{composition.folder}/{composition.token}{path.suffix}"
        for kind, path in files.items()
    }
    try:
        for kind, path in files.items():
            storage.keep(path, names[kind])
    except BaseException:
        storage.remove(names.values(), composition.folder)
        raise
    # Should this raise, the files stay: the row may name them all the same. The sweep will tell.
    with transaction.atomic():
        is_published = composition.finish(**names, **results)
        if is_published:
            catch_up_with_title(composition)
    if not is_published:
        storage.remove(names.values(), composition.folder)
        raise CancelledError


def catch_up_with_title(composition: Composition) -> None:
    """Write the title into a new MP3 if the piece was renamed while its tags were written."""
    renamed = Composition.objects.filter(pk=composition.pk).exclude(title=composition.title)
    for row in renamed:
        row.rename(row.title)


# Watching over an attempt.


class Watch:
    """Looks now and then whether an attempt is still in time and still wanted."""

    def __init__(self, composition: Composition):
        self.composition = composition
        self.deadline = time.monotonic() + settings.COMPOSE_TIMEOUT
        self.next_look = self.next_draft = 0.0

    def report(self, share: float, draft: Callable[[], "Piece"]) -> None:
        """Called by the composer after every row: how much stands, and how to have the notes."""
        started = time.monotonic()
        if started > self.deadline:
            raise ComposeError("Composing took longer than allowed.")
        if not self._is_due():
            return
        notes = note_list(draft())["notes"] if started >= self.next_draft else None
        if not self.composition.advance(min(max(share, 0.0), 1.0), notes):
            raise CancelledError
        if notes is not None:
            ended = time.monotonic()
            self.next_draft = ended + (ended - started) * REST_AFTER_DRAFT

    def is_over(self) -> bool:
        """Whether the attempt was cancelled or replaced; asked often while rendering."""
        return self._is_due() and not self.composition.beat()

    def _is_due(self):
        now = time.monotonic()
        if now < self.next_look:
            return False
        self.next_look = now + LOOK_EVERY
        return True
