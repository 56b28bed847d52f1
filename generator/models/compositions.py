"""A piece, from the wish to the files. The only writer of `Composition.status`.

A row is the truth and the queue only a hint: status moves by conditional UPDATE, every claim
carries a fresh token, and whoever no longer holds the token can change nothing.
"""

import uuid

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models, transaction
from django.utils import timezone
from django.utils.text import Truncator

from generator.levels import ENERGIES, HIGHEST_LEVEL, LOUDNESSES, in_words
from generator.models.beginnings import Beginning
from generator.models.files import PieceFiles
from generator.models.pace import Making
from generator.models.queries import (
    KEPT_IN_BIN,
    RUNNING,
    SHARED,
    STOPPED,
    UNFINISHED,
    CompositionQuerySet,
    Status,
    Visibility,
    take_turn,
)
from generator.models.trained import TrainedModel
from generator.titles import invent_title, plain_text, visible

SHORTEST_SECONDS = 10
LONGEST_SECONDS = 600
DEFAULT_SECONDS = 60
COLDEST = 0.5
HOTTEST = 1.5
ANY_STYLE = "any"  # what people say; rows keep an empty style
ANY_LEVEL = 0  # of energy or loudness; the others go from 1 to 5
LARGEST_SEED = 2**32 - 1
MOST_DEATHS = 3  # a piece whose worker died this often is poison: it fails, the others go on


class Composition(Making, PieceFiles, models.Model):
    queue = "compositions"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="compositions"
    )
    title = models.CharField(max_length=120, validators=[plain_text, visible])
    visibility = models.CharField(
        max_length=8, choices=Visibility.choices, default=Visibility.PRIVATE
    )
    # Since when everybody finds it; of a public piece in the making, since it was asked for.
    published_at = models.DateTimeField(null=True, editable=False)
    description = models.TextField(max_length=2000, blank=True, validators=[plain_text])
    deleted_at = models.DateTimeField(null=True, editable=False)  # since when it is in the bin
    # Staff took it from everybody but its owner, who reads why.
    hidden_at = models.DateTimeField(null=True, editable=False)
    hidden_reason = models.CharField(max_length=300, blank=True, editable=False)
    audition = models.ForeignKey(
        "generator.Audition",
        on_delete=models.CASCADE,
        null=True,
        editable=False,
        related_name="pieces",
    )  # empty: a person's own
    # One form sent twice (double click, reload) makes one piece, or one set of takes.
    request_key = models.UUIDField(default=uuid.uuid4, editable=False)
    take = models.PositiveSmallIntegerField(default=1, editable=False)

    # The wish.
    requested_duration = models.PositiveSmallIntegerField(
        default=DEFAULT_SECONDS,
        validators=[MinValueValidator(SHORTEST_SECONDS), MaxValueValidator(LONGEST_SECONDS)],
        help_text="Seconds.",
    )
    style = models.CharField(max_length=40, blank=True)  # slug of a composer; empty: any
    temperature = models.FloatField(
        default=1.0, validators=[MinValueValidator(COLDEST), MaxValueValidator(HOTTEST)]
    )
    energy = models.PositiveSmallIntegerField(
        default=ANY_LEVEL, validators=[MaxValueValidator(HIGHEST_LEVEL)], help_text="0: any."
    )
    loudness = models.PositiveSmallIntegerField(
        default=ANY_LEVEL, validators=[MaxValueValidator(HIGHEST_LEVEL)], help_text="0: any."
    )
    seed = models.PositiveBigIntegerField(validators=[MaxValueValidator(LARGEST_SEED)])
    model = models.ForeignKey(TrainedModel, on_delete=models.PROTECT, related_name="compositions")
    beginning = models.ForeignKey(
        Beginning, on_delete=models.SET_NULL, null=True, editable=False, related_name="compositions"
    )
    takeover = models.FloatField(
        null=True, editable=False, help_text="Seconds of the beginning; from there it is composed."
    )

    # The work on it. `attempt` grows with every (re)queueing, `token` belongs to one claim.
    status = models.CharField(max_length=9, choices=Status.choices, default=Status.QUEUED)
    progress = models.FloatField(default=0)  # share of the music composed, 0 to 1
    draft = models.JSONField(default=list, editable=False)  # the notes so far, as in `notes`
    attempt = models.PositiveSmallIntegerField(default=1, editable=False)
    deaths = models.PositiveSmallIntegerField(default=0, editable=False)
    token = models.UUIDField(null=True, editable=False)
    error = models.CharField(max_length=300, blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    queued_at = models.DateTimeField(default=timezone.now, editable=False)
    started_at = models.DateTimeField(null=True, editable=False)
    heartbeat_at = models.DateTimeField(null=True, editable=False)
    finished_at = models.DateTimeField(null=True, editable=False)
    # It has ended, and its owner has not looked at it since.
    is_news = models.BooleanField(default=False, editable=False)

    # The result.
    duration = models.FloatField(null=True, editable=False, help_text="Seconds of sound.")
    note_count = models.PositiveIntegerField(null=True, editable=False)
    mp3 = models.FileField(blank=True, max_length=200, editable=False)
    midi = models.FileField(blank=True, max_length=200, editable=False)
    notes = models.FileField(blank=True, max_length=200, editable=False)  # JSON, see jobs.py

    objects = CompositionQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["owner", "request_key", "take"], name="one_piece_a_take"
            )
        ]
        indexes = [
            models.Index(fields=["status", "queued_at"], name="composition_queue"),
            models.Index(
                fields=["visibility", "status", "-published_at"], name="composition_gallery"
            ),
            models.Index(fields=["owner", "-created_at"], name="composition_mine"),
        ]

    def __str__(self):
        return self.title

    def get_absolute_url(self):
        return f"/compositions/{self.pk}/"

    @property
    def takes_url(self):
        return f"/takes/{self.request_key}/"

    @property
    def is_public(self):
        return self.visibility == Visibility.PUBLIC

    @property
    def is_unlisted(self):
        return self.visibility == Visibility.UNLISTED

    @property
    def is_shared(self):
        """Whether others may see it, unless staff have stepped in."""
        return self.is_ready and self.visibility in SHARED

    @property
    def is_hidden(self):
        return self.hidden_at is not None

    @property
    def is_ready(self):
        return self.status == Status.READY

    @property
    def is_unfinished(self):
        return self.status in UNFINISHED

    @property
    def job_id(self):
        """RQ's id for the attempt that is due; a finished id stays taken, hence the number."""
        return f"composition-{self.pk}-{self.attempt}"

    @property
    def kept_until(self):
        """When it goes from the bin; None for what is not there."""
        return self.deleted_at and self.deleted_at + KEPT_IN_BIN

    @property
    def style_name(self):
        return self.model.style_name(self.style) if self.style else ""

    @property
    def own_title(self):
        """Its title, if a person gave it; nothing if it was invented."""
        return "" if self.title == invent_title(self.seed, self.style_name) else self.title

    @property
    def energy_words(self):
        return in_words(ENERGIES, self.energy)

    @property
    def loudness_words(self):
        return in_words(LOUDNESSES, self.loudness)

    @property
    def expected_seconds(self):
        """How long the piece will be, with the beginning that it goes on from."""
        return (self.takeover or 0) + self.requested_duration

    def has_other_takes(self):
        """Whether the same request made other pieces that are still there. One query."""
        takes = Composition.objects.owned_by(self.owner_id).filter(request_key=self.request_key)
        return takes.exclude(pk=self.pk).exists()

    def source_for(self, user):
        """The piece that this one goes on from, for its owner; for others only if it is public.

        An unlisted one is for those to whom its owner gave the address.
        """
        source_id = self.beginning.source_id if self.beginning else None
        is_own = user.pk == self.owner_id
        among = Composition.objects.owned_by(user) if is_own else Composition.objects.published()
        return source_id and among.filter(pk=source_id).first()

    def queue_position(self):
        """Place among the waiting, from 1; None when not waiting. One query."""
        if self.status != Status.QUEUED:
            return None
        return Composition.objects.waiting_before(self.queued_at, self.pk).count() + 1

    # Moves of a worker. Each returns whether the move was still its to make.

    def claim(self, attempt):
        """Take the queued attempt. False: somebody else has it, or it was cancelled."""
        now = timezone.now()
        due = Composition.objects.filter(pk=self.pk, status=Status.QUEUED, attempt=attempt)
        fields = {
            "status": Status.COMPOSING,
            "token": uuid.uuid4(),
            "progress": 0,
            "error": "",
            "started_at": now,
            "heartbeat_at": now,
            "finished_at": None,
        }
        if due.update(**fields) == 0:
            return False
        for name, value in fields.items():  # not read back: the row may already be another's
            setattr(self, name, value)
        self.attempt = attempt
        return True

    def beat(self):
        """Say that the worker is alive."""
        return self._mine().update(heartbeat_at=timezone.now()) == 1

    def advance(self, progress, draft=None):
        """Say how much of the music stands, and which notes if they are told."""
        drawn = {} if draft is None else {"draft": draft}
        now = timezone.now()
        return self._mine().update(progress=progress, heartbeat_at=now, **drawn) == 1

    def start_rendering(self):
        composed = self._mine().filter(status=Status.COMPOSING)
        now = timezone.now()
        return composed.update(status=Status.RENDERING, progress=1, heartbeat_at=now) == 1

    def finish(self, **results):
        """Publish the files of this attempt."""
        rendered = self._mine().filter(status=Status.RENDERING)
        return rendered.end(Status.READY, is_news=True, **results) == 1

    def fail(self, reason):
        """End this attempt with a sentence for the person."""
        reason = Truncator(reason).chars(300)
        return self._mine().end(Status.FAILED, is_news=True, error=reason) == 1

    def hand_back(self):
        """Queue it again at its old place: the worker is told to stop, which is nobody's fault."""
        return self._requeue(self._mine())

    def _mine(self):
        return Composition.objects.filter(pk=self.pk, token=self.token, status__in=RUNNING)

    # Moves of a person and of the reconciler.

    def cancel(self):
        """Stop it, whatever it is doing. False: it had already ended."""
        return Composition.objects.filter(pk=self.pk).cancel() == 1

    def retry(self):
        """Queue it again with the same wish. False: it has not stopped. Raises QuotaError."""
        stopped = Composition.objects.filter(pk=self.pk, status__in=STOPPED)
        with transaction.atomic():
            take_turn(self.owner)
            if not stopped.exists():
                return False
            if self.audition_id is None:
                Composition.objects.ensure_room(self.owner)
            return self._requeue(stopped, deaths=0, queued_at=timezone.now())

    def put_back(self):
        """Queue a dead attempt again at its old place, or fail it after too many deaths."""
        dead = Composition.objects.filter(pk=self.pk, attempt=self.attempt).silent()
        deaths = self.deaths + 1
        if deaths < MOST_DEATHS:
            return self._requeue(dead, deaths=deaths)
        reason = f"The worker stopped {MOST_DEATHS} times while making this piece."
        ended = dead.end(Status.FAILED, is_news=True, error=reason, deaths=deaths) == 1
        if ended:
            self.refresh_from_db()
        return ended

    def renew(self):
        """Give a queued piece a new attempt number, since its job was lost from the queue."""
        lost = Composition.objects.filter(pk=self.pk, status=Status.QUEUED, attempt=self.attempt)
        return self._requeue(lost)

    def _requeue(self, rows, **fields):
        moved = rows.update(
            status=Status.QUEUED,
            attempt=models.F("attempt") + 1,
            token=None,
            progress=0,
            draft=[],
            is_news=False,
            error="",
            started_at=None,
            finished_at=None,
            **fields,
        )
        if moved:
            self.refresh_from_db()
        return moved == 1

    # Moves of staff.

    def hide(self, reason):
        """Take a shared piece from everybody but its owner, who is told why.

        False: it is hidden already, or not shared.
        """
        shown = Composition.objects.filter(pk=self.pk, hidden_at=None).shared()
        now = timezone.now()
        return shown.update(hidden_at=now, hidden_reason=reason, is_news=True) == 1

    def unhide(self):
        """Let it be seen by whom its owner shared it with. False: it is not hidden."""
        hidden = Composition.objects.filter(pk=self.pk).exclude(hidden_at=None)
        return hidden.update(hidden_at=None, hidden_reason="", is_news=False) == 1

    # Wishes of the owner.

    def describe(self, title, description):
        """Say what it is called and about. Raises OSError if its files cannot be renamed."""
        if title != self.title:
            self.rename(title)
        self._set(description=description)

    def share(self, visibility):
        """Let everybody find it, whoever has the address, or only the owner."""
        Composition.objects.filter(pk=self.pk).share(visibility)
        self.visibility = visibility

    def mark_as_seen(self):
        """The owner has looked at what became of it."""
        if self.is_news:
            self._set(is_news=False)

    def throw_away(self):
        """Put it into the bin, for `KEPT_IN_BIN`. What is being made is cancelled."""
        Composition.objects.filter(pk=self.pk).throw_away()

    def restore(self):
        """Take it out of the bin."""
        Composition.objects.filter(pk=self.pk).update(deleted_at=None)

    def delete_with_files(self):
        """Delete the row, and its files once that is committed. A worker at it will notice."""
        Composition.objects.filter(pk=self.pk).delete_with_files()

    def _set(self, **fields):
        """Write fields of the row; nothing if it is gone by now, where save() would raise."""
        Composition.objects.filter(pk=self.pk).update(**fields)
        for name, value in fields.items():
            setattr(self, name, value)
