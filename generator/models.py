"""Records of the generator. The only writer of `Composition.status`.

A row is the truth and the queue only a hint: status moves by conditional UPDATE, every claim
carries a fresh token, and whoever no longer holds the token can change nothing.
"""

import uuid
from datetime import timedelta

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.text import Truncator

from generator import storage
from generator.titles import plain_text

SHORTEST_SECONDS = 10
LONGEST_SECONDS = 600
DEFAULT_SECONDS = 60
COLDEST = 0.5
HOTTEST = 1.5
ANY_STYLE = "any"  # what people say; rows keep an empty style
LARGEST_SEED = 2**32 - 1
MOST_DEATHS = 3  # a piece whose worker died this often is poison: it fails, the others go on
SILENT_AFTER = timedelta(seconds=60)  # a running attempt without heartbeat for so long is dead


class Status(models.TextChoices):
    QUEUED = "queued"
    COMPOSING = "composing"
    RENDERING = "rendering"
    READY = "ready"
    FAILED = "failed"
    CANCELLED = "cancelled"


class Visibility(models.TextChoices):
    PRIVATE = "private"
    PUBLIC = "public"


RUNNING = (Status.COMPOSING, Status.RENDERING)
UNFINISHED = (Status.QUEUED, *RUNNING)
STOPPED = (Status.FAILED, Status.CANCELLED)


class QuotaError(Exception):
    """The person has as many unfinished pieces as one may have at once."""

    def __init__(self):
        super().__init__(
            f"You already have {settings.MOST_UNFINISHED} pieces waiting or being made. "
            "Wait until one is ready, or cancel one."
        )


class TrainedModelQuerySet(models.QuerySet):
    def active(self):
        return self.filter(is_active=True)

    def default(self):
        """The model that composes when nobody chooses, or None."""
        return self.active().filter(is_default=True).first()


class TrainedModel(models.Model):
    name = models.CharField(max_length=80, unique=True)
    file = models.FileField(storage=storage.model_storage, max_length=200)
    sha256 = models.CharField(max_length=64, unique=True, editable=False)
    licence = models.CharField(max_length=120, help_text="Licence of the weights, from their data.")
    training_data = models.CharField(max_length=200)
    credit = models.TextField(blank=True, help_text="Attribution that the data's licence asks for.")
    styles = models.JSONField(default=list, editable=False)  # [["chopin", "Frédéric Chopin"], …]
    figures = models.JSONField(default=dict, blank=True, editable=False)  # from the card
    is_active = models.BooleanField("active", default=True)
    is_default = models.BooleanField("default", default=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = TrainedModelQuerySet.as_manager()

    class Meta:
        ordering = ["-is_default", "name"]
        constraints = [
            models.UniqueConstraint(
                fields=["is_default"], condition=Q(is_default=True), name="one_default_model"
            ),
            models.CheckConstraint(
                condition=Q(is_default=False) | Q(is_active=True), name="default_model_is_active"
            ),
        ]

    def __str__(self):
        return self.name

    def clean(self):
        if self.is_default and not self.is_active:
            raise ValidationError("Make another model the default before switching this one off.")

    def style_name(self, slug):
        """The composer's full name; the slug itself if this model does not know it."""
        return dict(self.styles).get(slug, slug)

    def make_default(self):
        """Let this model compose when nobody chooses. It becomes active by it."""
        with transaction.atomic():
            TrainedModel.objects.exclude(pk=self.pk).update(is_default=False)
            TrainedModel.objects.filter(pk=self.pk).update(is_default=True, is_active=True)
        self.refresh_from_db()


class CompositionQuerySet(models.QuerySet):
    def owned_by(self, user):
        return self.filter(owner=user)

    def published(self):
        """What the gallery shows: public and finished."""
        return self.filter(visibility=Visibility.PUBLIC, status=Status.READY)

    def visible_to(self, user):
        """Published pieces, and all of the person's own."""
        shown = Q(visibility=Visibility.PUBLIC, status=Status.READY)
        if user.is_authenticated:
            shown |= Q(owner=user)
        return self.filter(shown)

    def unfinished(self):
        return self.filter(status__in=UNFINISHED)

    def waiting(self):
        """Queued pieces in the order in which workers take them."""
        return self.filter(status=Status.QUEUED).order_by("queued_at", "pk")

    def silent(self):
        """Running attempts whose worker has not been heard of for `SILENT_AFTER`."""
        return self.filter(status__in=RUNNING, heartbeat_at__lt=timezone.now() - SILENT_AFTER)

    def request(self, owner, request_key, **wish):
        """Accept a wish once: the same key again gives the same piece. Raises QuotaError."""
        with transaction.atomic():
            _take_turn(owner)
            known = self.owned_by(owner).filter(request_key=request_key).first()
            if known:
                return known
            self.ensure_room(owner)
            return self.create(owner=owner, request_key=request_key, **wish)

    def ensure_room(self, owner):
        """Raise QuotaError unless the person may have one more unfinished piece."""
        if self.owned_by(owner).unfinished().count() >= settings.MOST_UNFINISHED:
            raise QuotaError

    def delete_with_files(self):
        """Delete the rows, and their files once that is committed."""
        with transaction.atomic():
            for composition in self.select_for_update():
                transaction.on_commit(composition.remove_files, robust=True)
            self.delete()


def _take_turn(owner):
    """Let one request of a person in at a time, until the end of the transaction.

    The row lock does it on PostgreSQL; on SQLite every IMMEDIATE transaction waits its turn.
    """
    get_user_model().objects.select_for_update().filter(pk=owner.pk).exists()


class Composition(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="compositions"
    )
    title = models.CharField(max_length=120, validators=[plain_text])
    visibility = models.CharField(
        max_length=8, choices=Visibility.choices, default=Visibility.PRIVATE
    )
    # One form sent twice (double click, reload) makes one piece.
    request_key = models.UUIDField(default=uuid.uuid4, editable=False)

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
    seed = models.PositiveBigIntegerField(validators=[MaxValueValidator(LARGEST_SEED)])
    model = models.ForeignKey(TrainedModel, on_delete=models.PROTECT, related_name="compositions")

    # The work on it. `attempt` grows with every (re)queueing, `token` belongs to one claim.
    status = models.CharField(max_length=9, choices=Status.choices, default=Status.QUEUED)
    progress = models.FloatField(default=0)  # share of the music composed, 0 to 1
    attempt = models.PositiveSmallIntegerField(default=1, editable=False)
    deaths = models.PositiveSmallIntegerField(default=0, editable=False)
    token = models.UUIDField(null=True, editable=False)
    error = models.CharField(max_length=300, blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    queued_at = models.DateTimeField(default=timezone.now, editable=False)
    started_at = models.DateTimeField(null=True, editable=False)
    heartbeat_at = models.DateTimeField(null=True, editable=False)
    finished_at = models.DateTimeField(null=True, editable=False)

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
            models.UniqueConstraint(fields=["owner", "request_key"], name="one_piece_a_request")
        ]
        indexes = [
            models.Index(fields=["status", "queued_at"], name="composition_queue"),
            models.Index(
                fields=["visibility", "status", "-created_at"], name="composition_gallery"
            ),
            models.Index(fields=["owner", "-created_at"], name="composition_mine"),
        ]

    def __str__(self):
        return self.title

    def get_absolute_url(self):
        return f"/compositions/{self.pk}/"

    @property
    def is_public(self):
        return self.visibility == Visibility.PUBLIC

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
    def folder(self):
        """Where the files of all attempts lie in the media storage."""
        return f"compositions/{self.pk}"

    @property
    def style_name(self):
        return self.model.style_name(self.style) if self.style else ""

    def queue_position(self):
        """Place among the waiting, from 1; None when not waiting. One query."""
        if self.status != Status.QUEUED:
            return None
        earlier = Q(queued_at__lt=self.queued_at) | Q(queued_at=self.queued_at, pk__lt=self.pk)
        return Composition.objects.waiting().filter(earlier).count() + 1

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

    def advance(self, progress):
        return self._mine().update(progress=progress, heartbeat_at=timezone.now()) == 1

    def start_rendering(self):
        composed = self._mine().filter(status=Status.COMPOSING)
        now = timezone.now()
        return composed.update(status=Status.RENDERING, progress=1, heartbeat_at=now) == 1

    def finish(self, **results):
        """Publish the files of this attempt."""
        rendered = self._mine().filter(status=Status.RENDERING)
        now = timezone.now()
        return rendered.update(status=Status.READY, token=None, finished_at=now, **results) == 1

    def fail(self, reason):
        """End this attempt with a sentence for the person."""
        return _end(self._mine(), Status.FAILED, error=Truncator(reason).chars(300))

    def hand_back(self):
        """Queue it again at its old place: the worker is told to stop, which is nobody's fault."""
        return self._requeue(self._mine())

    def _mine(self):
        return Composition.objects.filter(pk=self.pk, token=self.token, status__in=RUNNING)

    # Moves of a person and of the reconciler.

    def cancel(self):
        """Stop it, whatever it is doing. False: it had already ended."""
        return _end(Composition.objects.filter(pk=self.pk).unfinished(), Status.CANCELLED)

    def retry(self):
        """Queue it again with the same wish. False: it has not stopped. Raises QuotaError."""
        stopped = Composition.objects.filter(pk=self.pk, status__in=STOPPED)
        with transaction.atomic():
            _take_turn(self.owner)
            if not stopped.exists():
                return False
            Composition.objects.ensure_room(self.owner)
            return self._requeue(stopped, deaths=0, queued_at=timezone.now())

    def put_back(self):
        """Queue a dead attempt again at its old place, or fail it after too many deaths."""
        dead = Composition.objects.filter(pk=self.pk, attempt=self.attempt).silent()
        deaths = self.deaths + 1
        if deaths < MOST_DEATHS:
            return self._requeue(dead, deaths=deaths)
        reason = f"The worker stopped {MOST_DEATHS} times while making this piece."
        ended = _end(dead, Status.FAILED, error=reason, deaths=deaths)
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
            error="",
            started_at=None,
            finished_at=None,
            **fields,
        )
        if moved:
            self.refresh_from_db()
        return moved == 1

    # Wishes of the owner.

    def rename(self, title):
        self.title = title
        self.save(update_fields=["title"])

    def publish(self):
        self.visibility = Visibility.PUBLIC
        self.save(update_fields=["visibility"])

    def unpublish(self):
        self.visibility = Visibility.PRIVATE
        self.save(update_fields=["visibility"])

    def delete_with_files(self):
        """Delete the row, and its files once that is committed. A worker at it will notice."""
        Composition.objects.filter(pk=self.pk).delete_with_files()

    def files(self):
        """The files that the row names."""
        return [file for file in (self.mp3, self.midi, self.notes) if file]

    def remove_files(self):
        """Delete the files that the row names, and what other attempts left in its folder."""
        names = {file.name for file in self.files()} | storage.list_folder(self.folder)
        storage.remove(names, self.folder)


def _end(rows, status, **fields):
    return rows.update(status=status, token=None, finished_at=timezone.now(), **fields) == 1
