"""The same wishes played by several models, laid side by side, and what staff thought of them."""

import uuid
from collections import defaultdict
from dataclasses import dataclass

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.crypto import salted_hmac

from generator.models.compositions import LARGEST_SEED, SHORTEST_SECONDS, Composition
from generator.models.queries import Status, take_turn
from generator.models.trained import TrainedModel
from generator.titles import invent_title

SEEDS = 4
FEWEST_CANDIDATES = 2
MOST_CANDIDATES = 8  # their pieces wait in the queue that everybody's wait in
LONGEST_SECONDS = 120  # of a piece that is auditioned
LARGEST_FIRST_SEED = LARGEST_SEED - SEEDS + 1


class AuditionQuerySet(models.QuerySet):
    def request(self, person, request_key, candidates, **wish):
        """Make an audition and its pieces, as yet without jobs. The same key again gives the same.

        The pieces come in the order in which they are shown, so that nobody can tell from when one
        is ready whose it is.
        """
        with transaction.atomic():
            take_turn(person)
            known = self.filter(created_by=person, request_key=request_key).first()
            if known:
                return known
            audition = self.create(created_by=person, request_key=request_key, **wish)
            audition.candidates.set(candidates)
            audition.add_pieces(person)
        return audition

    def open_to(self, person):
        """Those of which the person may know whose pieces are whose."""
        return self.filter(Q(is_blind=False) | Q(pk__in=person.auditions_seen.values("pk")))


class Audition(models.Model):
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, editable=False,
        related_name="+",
    )  # fmt: skip
    # One form sent twice (double click, reload) makes one audition.
    request_key = models.UUIDField(default=uuid.uuid4, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    is_blind = models.BooleanField("blind", default=True)
    first_seed = models.PositiveBigIntegerField(
        validators=[MaxValueValidator(LARGEST_FIRST_SEED)]
    )  # the others follow it
    seconds = models.PositiveSmallIntegerField(
        default=30,
        validators=[MinValueValidator(SHORTEST_SECONDS), MaxValueValidator(LONGEST_SECONDS)],
    )
    style = models.CharField(max_length=40, blank=True)
    candidates = models.ManyToManyField(TrainedModel, related_name="auditions")
    # Who has been shown the names of a blind one. That cannot be taken back.
    shown_to = models.ManyToManyField(
        settings.AUTH_USER_MODEL, editable=False, related_name="auditions_seen"
    )

    objects = AuditionQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["created_by", "request_key"], name="one_audition_a_request"
            )
        ]

    def __str__(self):
        return f"Audition {self.pk}"

    @property
    def seeds(self):
        return range(self.first_seed, self.first_seed + SEEDS)

    def in_order(self, seed, candidates):
        """Candidates as they stand in the row of a seed.

        The order of a blind audition follows from the site's secret: nobody can tell it from the
        order of names or ids, and it is another in every row.
        """
        if not self.is_blind:
            return sorted(candidates, key=lambda model: model.name)
        keys = {m: salted_hmac("audition", f"{self.pk} {seed} {m.pk}").digest() for m in candidates}
        return sorted(candidates, key=keys.get)

    def add_pieces(self, owner):
        """Ask every candidate for a piece of every seed."""
        candidates = list(self.candidates.all())
        keys = {model: uuid.uuid4() for model in candidates}
        composer = candidates[0].style_name(self.style) if self.style else ""
        for take, seed in enumerate(self.seeds, start=1):
            for model in self.in_order(seed, candidates):
                Composition.objects.create(
                    owner=owner,
                    audition=self,
                    model=model,
                    title=f"{self}: {invent_title(seed, composer)}",
                    requested_duration=self.seconds,
                    style=self.style,
                    seed=seed,
                    request_key=keys[model],
                    take=take,
                )

    def comparable_seeds(self):
        """Seeds whose pieces are all there to be heard. Two queries."""
        ready = self.pieces.filter(status=Status.READY).order_by()
        counts = ready.values_list("seed").annotate(models.Count("pk"))
        most = self.candidates.count()
        return {seed for seed, count in counts if count == most}

    def vote(self, person, seed, liked):
        """Keep which model's piece of a seed the person likes best; None: no piece.

        Whoever has voted on everything is shown the names. What was voted blind stays as it is from
        then on. Raises ValueError with a sentence.
        """
        with transaction.atomic():
            take_turn(person)
            is_blind = not self.is_open_to(person)
            if seed not in self.comparable_seeds():
                raise ValueError("One can vote on a row once all of its pieces are ready.")
            known = self.votes.filter(person=person, seed=seed)
            if not is_blind and known.filter(was_blind=True).exists():
                raise ValueError("This vote stays as it is: you have been shown the names since.")
            told = {"model": liked, "was_blind": is_blind, "created_at": timezone.now()}
            self.votes.update_or_create(person=person, seed=seed, defaults=told)
            self.show_names_if_due(person)

    def is_open_to(self, person):
        """Whether the person may know whose pieces are whose."""
        return not self.is_blind or self.shown_to.contains(person)

    def show_names_if_due(self, person):
        """Show the names for good once the person has voted on all there is. True: they are shown.

        All is made by then: who had voted on half of it would hear the rest with other ears.
        """
        if self.is_open_to(person):
            return True
        voted = set(self.votes.filter(person=person).values_list("seed", flat=True))
        if self.pieces.unfinished().exists() or self.comparable_seeds() - voted:
            return False
        self.shown_to.add(person)
        return True


@dataclass
class Tally:
    """Of how many votes about a model it was preferred, or no piece was."""

    won: int = 0
    tied: int = 0
    compared: int = 0

    def count(self, pk, liked):
        self.compared += 1
        self.won += liked == pk
        self.tied += liked is None


class VoteQuerySet(models.QuerySet):
    def counted(self):
        """Those of people who know the names by now: others could tell them from the counts."""
        know = Audition.shown_to.through.objects.filter(
            audition=models.OuterRef("audition"), user=models.OuterRef("person")
        )
        return self.filter(Q(was_blind=False) | models.Exists(know))

    def tallies(self):
        """{id of model: (Tally of blind votes, Tally of the others)} of what counts. Two queries.

        A vote is about every candidate of its audition, since all of their pieces were heard.
        """
        votes = list(self.counted().values_list("audition_id", "model_id", "was_blind"))
        entered = Audition.candidates.through.objects.filter(
            audition__in={audition for audition, *_ in votes}
        )
        candidates = defaultdict(list)
        for audition, model in entered.values_list("audition_id", "trainedmodel_id"):
            candidates[audition].append(model)
        tallies = defaultdict(lambda: (Tally(), Tally()))
        for audition, liked, was_blind in votes:
            for model in candidates[audition]:
                tallies[model][0 if was_blind else 1].count(model, liked)
        return tallies

    def tallies_of(self, model):
        """(Tally of blind votes, Tally of the others) about one model. Two queries."""
        return self.filter(audition__candidates=model).tallies()[model.pk]


class Vote(models.Model):
    """Which piece of one seed a member of staff liked best."""

    audition = models.ForeignKey(Audition, on_delete=models.CASCADE, related_name="votes")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    seed = models.PositiveBigIntegerField()
    model = models.ForeignKey(
        TrainedModel, on_delete=models.CASCADE, null=True, related_name="votes"
    )  # empty: no piece was better than the others
    was_blind = models.BooleanField()
    created_at = models.DateTimeField(default=timezone.now)

    objects = VoteQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["audition", "person", "seed"], name="one_vote_a_person_and_seed"
            )
        ]

    def __str__(self):
        return f"{self.person} for {self.model or 'no piece'}"
