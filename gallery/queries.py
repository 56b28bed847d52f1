"""What listeners ask about pieces: which ones match, how often heard, how well liked."""

import re
import unicodedata
from collections import defaultdict

from django.db.models import BooleanField, Count, Exists, FloatField, OuterRef, Q, Subquery, Value
from django.db.models.functions import Coalesce

from gallery.models import Favourite, Play, Tagging
from generator.models import Status, Visibility
from generator.models.queries import STOPPED, UNFINISHED, CompositionQuerySet

MINUTE = 60  # seconds
LONG = 180  # seconds; what lasts longer is long
MOST_WORDS = 8  # of a search; further ones are not looked for

LENGTHS = {
    "short": Q(length__lt=MINUTE),
    "medium": Q(length__gte=MINUTE, length__lte=LONG),
    "long": Q(length__gt=LONG),
}
STATES = {
    "making": Q(status__in=UNFINISHED),
    "stopped": Q(status__in=STOPPED),
    **{kind: Q(status=Status.READY, visibility=kind, hidden_at=None) for kind in Visibility.values},
    "hidden": Q(status=Status.READY, hidden_at__isnull=False),
}
NEWEST_FIRST = ("-published_at", "-created_at", "pk")  # to the gallery, not when asked for
LATEST_FIRST = ("-created_at", "pk")  # as owners know their pieces
LATEST_HEART_FIRST = ("-favourites__created_at", "pk")  # of what is liked_by() somebody
ORDERS = {"": (), "played": ("-play_count",), "liked": ("-heart_count",)}  # else by age


class PieceQuerySet(CompositionQuerySet):
    def with_audience(self, user):
        """Annotate play_count, heart_count, and is_liked: whether `user` left a heart."""
        liked = Value(False, BooleanField())
        if user.is_authenticated:
            liked = Exists(Favourite.objects.filter(composition=OuterRef("pk"), user=user))
        return self.annotate(
            play_count=_count_of(Play), heart_count=_count_of(Favourite), is_liked=liked
        )

    def liked_by(self, user):
        """What the person left a heart at; the heart can be ordered by."""
        return self.filter(favourites__user=user)

    def matching(self, text, composers, people=True):
        """Those with each word of `text` in title, tag, composer or, if asked, person.

        Accents aside. `composers` is {slug: name}.
        """
        found = self
        for word in text.split()[:MOST_WORDS]:
            pattern = loosely(word)
            styles = [
                slug
                for slug, name in composers.items()
                if re.search(pattern, f"{slug} {name}", re.IGNORECASE)
            ]
            tagged = Tagging.objects.filter(name__iregex=pattern).values("composition")
            hit = Q(title__iregex=pattern) | Q(style__in=styles) | Q(pk__in=tagged)
            if people:
                hit |= Q(owner__username__iregex=pattern)
            found = found.filter(hit)
        return found

    def of_length(self, kind):
        """Those of a kind of LENGTHS; what is unfinished by the length asked for."""
        length = Coalesce("duration", "requested_duration", output_field=FloatField())
        return self.alias(length=length).filter(LENGTHS[kind])

    def count_states(self):
        """How many there are of each of STATES. One query."""
        counts = {name: Count("pk", filter=of_state) for name, of_state in STATES.items()}
        return self.order_by().aggregate(**counts)


def loosely(word):
    """A regular expression, for Python and databases, that finds `word` without regard to accents.

    LIKE would not do: SQLite's knows no capitals beyond ASCII. Only letters and classes of them:
    no pattern of a visitor's can take long.
    """
    return "".join(_ACCENTED.get(_base_of(letter), re.escape(letter)) for letter in word)


def _base_of(letter):
    """The letter without its accents, small: "É" is "e"."""
    return unicodedata.normalize("NFD", letter)[0].lower()


def _accented():
    """For each letter from a to z the class of all its forms in Latin script."""
    forms = defaultdict(str)
    for code in (*range(0x41, 0x5B), *range(0x61, 0x7B), *range(0xC0, 0x250)):
        forms[_base_of(chr(code))] += chr(code)
    return {letter: f"[{same}]" for letter, same in forms.items() if letter.isascii()}


_ACCENTED = _accented()


def _count_of(model):
    """How many rows of `model` name a composition, as a subquery: joins would multiply."""
    rows = model.objects.filter(composition=OuterRef("pk")).order_by().values("composition")
    return Coalesce(Subquery(rows.annotate(number=Count("pk")).values("number")), 0)
