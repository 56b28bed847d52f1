"""What listeners leave at a piece: hearts, plays, tags."""

from django.conf import settings
from django.db import models, transaction
from django.utils import timezone

from generator.models import Composition


class Favourite(models.Model):
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="favourites"
    )
    composition = models.ForeignKey(
        Composition, on_delete=models.CASCADE, related_name="favourites"
    )
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["-created_at"]
        constraints = [
            models.UniqueConstraint(fields=["user", "composition"], name="one_heart_a_person")
        ]

    def __str__(self):
        return f"{self.user} likes {self.composition}"


class Play(models.Model):
    """One listener heard a piece on one day, however often."""

    composition = models.ForeignKey(Composition, on_delete=models.CASCADE, related_name="plays")
    listener = models.CharField(max_length=64)  # a keyed digest: it names nobody
    day = models.DateField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["composition", "listener", "day"], name="one_play_a_listener_and_day"
            )
        ]

    def __str__(self):
        return f"{self.composition} on {self.day}"


class TaggingQuerySet(models.QuerySet):
    def names_of(self, composition):
        return list(self.filter(composition=composition).values_list("name", flat=True))

    def replace(self, composition, names):
        """Let the piece have these tags and no others."""
        with transaction.atomic():
            self.filter(composition=composition).exclude(name__in=names).delete()
            new = [Tagging(composition=composition, name=name) for name in names]
            self.bulk_create(new, ignore_conflicts=True)


class Tagging(models.Model):
    composition = models.ForeignKey(Composition, on_delete=models.CASCADE, related_name="taggings")
    name = models.CharField(max_length=30, db_index=True)

    objects = TaggingQuerySet.as_manager()

    class Meta:
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(fields=["composition", "name"], name="a_tag_once_a_piece")
        ]

    def __str__(self):
        return self.name
