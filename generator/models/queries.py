"""Which pieces: the states of one, and the questions that are asked about many."""

from datetime import timedelta

from django.conf import settings
from django.contrib.auth import get_user_model
from django.db import models, transaction
from django.db.models import Case, Count, OuterRef, Q, Subquery, When
from django.db.models.functions import Coalesce
from django.utils import timezone

MOST_TAKES = 4  # of one request
SILENT_AFTER = timedelta(seconds=60)  # a running attempt without heartbeat for so long is dead
KEPT_IN_BIN = timedelta(days=30)


class Status(models.TextChoices):
    QUEUED = "queued"
    COMPOSING = "composing"
    RENDERING = "rendering"
    READY = "ready"
    FAILED = "failed"
    CANCELLED = "cancelled"


class Visibility(models.TextChoices):
    PRIVATE = "private"
    UNLISTED = "unlisted"  # whoever has the address
    PUBLIC = "public"


RUNNING = (Status.COMPOSING, Status.RENDERING)
UNFINISHED = (Status.QUEUED, *RUNNING)
STOPPED = (Status.FAILED, Status.CANCELLED)
SHARED = (Visibility.PUBLIC, Visibility.UNLISTED)
MODERATE = "generator.change_composition"  # the permission to hide pieces


class QuotaError(Exception):
    """A person would have more unfinished pieces than one may have at once."""

    def __init__(self, asked, left):
        most = settings.MOST_UNFINISHED
        if left > 0:
            words = (
                f"You asked for {asked} takes, but only {left} more "
                f"{'piece fits' if left == 1 else 'pieces fit'}: "
                f"{most} may be waiting or being made at once. Ask for fewer."
            )
        else:
            words = (
                f"You already have {most} {'piece' if most == 1 else 'pieces'} waiting or being "
                "made. Wait until one is ready, or cancel one."
            )
        super().__init__(words)


class CompositionQuerySet(models.QuerySet):
    def kept(self):
        """All but what lies in somebody's bin."""
        return self.filter(deleted_at=None)

    def owned_by(self, user):
        """A person's pieces, without those in the bin and what staff let models play."""
        return self.kept().filter(owner=user, audition=None)

    def in_bin_of(self, user):
        return self.filter(owner=user).exclude(deleted_at=None)

    def expired(self):
        """What has lain in a bin for `KEPT_IN_BIN`."""
        return self.filter(deleted_at__lt=timezone.now() - KEPT_IN_BIN)

    def shared(self):
        """Finished and not private: what others may see, unless staff have stepped in."""
        return self.filter(visibility__in=SHARED, status=Status.READY)

    def published(self):
        """What the gallery shows: public and finished, and nothing that staff took out."""
        shown = self.kept().filter(visibility=Visibility.PUBLIC, status=Status.READY)
        return shown.filter(hidden_at=None, owner__is_active=True, audition=None)

    def visible_to(self, user):
        """Who has the address may see it: finished pieces that are not private, and one's own.

        Staff who look after models hear what is auditioned. Nobody but its owner sees what staff
        took out, and nobody what somebody made whose account is blocked; but staff who may do
        either go on hearing what they judge, as long as its owner shares it.
        """
        shown = Q(visibility__in=SHARED, status=Status.READY, audition=None)
        if not (user.is_staff and user.has_perm(MODERATE)):
            shown &= Q(hidden_at=None, owner__is_active=True)
        if user.is_authenticated:
            shown |= Q(owner=user, audition=None)
        if user.is_staff and user.has_perm("generator.view_trainedmodel"):
            shown |= Q(audition__isnull=False)
        return self.kept().filter(shown)

    def news(self):
        """What has ended and its owner has not looked at since, the latest first."""
        return self.filter(is_news=True, audition=None).order_by("-finished_at", "pk")

    def unfinished(self):
        return self.filter(status__in=UNFINISHED)

    def waiting(self):
        """Queued pieces in the order in which workers take them."""
        return self.filter(status=Status.QUEUED).order_by("queued_at", "pk")

    def waiting_before(self, queued_at, pk):
        """The waiting that workers take before a piece which waits since then."""
        earlier = Q(queued_at__lt=queued_at) | Q(queued_at=queued_at, pk__lt=pk)
        return self.waiting().filter(earlier)

    def with_place(self):
        """Annotate `place`: where each stands among the waiting, from 1; None if it does not."""
        before = self.model.objects.waiting_before(OuterRef("queued_at"), OuterRef("pk"))
        count = before.order_by().values("status").annotate(number=Count("pk")).values("number")
        place = Coalesce(Subquery(count), 0) + 1
        return self.annotate(place=Case(When(status=Status.QUEUED, then=place)))

    def silent(self):
        """Running attempts whose worker has not been heard of for `SILENT_AFTER`."""
        return self.filter(status__in=RUNNING, heartbeat_at__lt=timezone.now() - SILENT_AFTER)

    def request(self, owner, request_key, **wish):
        """Accept a wish once: the same key again gives the same piece. Raises QuotaError."""
        return self.request_takes(owner, request_key, [wish])[0]

    def request_takes(self, owner, request_key, wishes):
        """Accept up to `MOST_TAKES` wishes at once, all or none; they become the takes 1, 2, …

        The same key again gives the same pieces. Raises QuotaError.
        """
        with transaction.atomic():
            take_turn(owner)
            known = self.filter(owner=owner, request_key=request_key).order_by("take")
            if known:
                return list(known)
            self.ensure_room(owner, len(wishes))
            return [
                self.create(owner=owner, request_key=request_key, take=take, **wish)
                for take, wish in enumerate(wishes, start=1)
            ]

    def ensure_room(self, owner, pieces=1):
        """Raise QuotaError unless the person may have so many more unfinished pieces."""
        left = self.room_of(owner)
        if pieces > left:
            raise QuotaError(pieces, left)

    def room_of(self, owner):
        """How many more pieces the person may ask for now."""
        asked = self.filter(owner=owner, audition=None).unfinished().count()
        return max(settings.MOST_UNFINISHED - asked, 0)

    def made_lately(self):
        """Finished pieces, the latest first, of which it is known how long they took."""
        known = self.filter(status=Status.READY, duration__gt=0).exclude(started_at=None)
        return known.exclude(finished_at=None).order_by("-finished_at")

    def at_work(self):
        """What a worker that is alive is making."""
        return self.filter(status__in=RUNNING, heartbeat_at__gte=timezone.now() - SILENT_AFTER)

    def end(self, status, **fields):
        """Let what is being made become `status`. Return how many."""
        now = timezone.now()
        return self.update(status=status, token=None, draft=[], finished_at=now, **fields)

    def cancel(self):
        """Stop those that have not ended, whatever is done with them. Return how many."""
        return self.unfinished().end(Status.CANCELLED)

    def throw_away(self):
        """Put them into the bin, for `KEPT_IN_BIN`. What is being made is cancelled."""
        with transaction.atomic():
            self.cancel()
            self.filter(deleted_at=None).update(deleted_at=timezone.now())

    def share(self, visibility):
        """Let everybody find them, whoever has the address, or only the owner. Return how many.

        What was not public becomes new to the gallery when it is published.
        """
        published_at = None
        if visibility == Visibility.PUBLIC:
            since = When(visibility=Visibility.PUBLIC, then="published_at")
            published_at = Case(since, default=timezone.now())
        return self.update(visibility=visibility, published_at=published_at)

    def delete_with_files(self):
        """Delete the rows, and their files once that is committed."""
        with transaction.atomic():
            for composition in self.select_for_update().prefetch_related("renditions"):
                transaction.on_commit(composition.remove_files, robust=True)
            self.delete()


def take_turn(owner):
    """Let one request of a person in at a time, until the end of the transaction.

    The row lock does it on PostgreSQL; on SQLite every IMMEDIATE transaction waits its turn.
    """
    get_user_model().objects.select_for_update().filter(pk=owner.pk).exists()
