import logging
import re
import unicodedata
from contextlib import suppress

from django import forms
from django.db import IntegrityError
from django.db.models import Count

from gallery.models import Tagging
from gallery.queries import LATEST_FIRST, LATEST_HEART_FIRST, NEWEST_FIRST, ORDERS, STATES
from gallery.tags import LONGEST_TAG, MOST_TAGS, is_allowed, tidy
from generator.models import ANY_STYLE, Composition, LineField, ParagraphsField, TrainedModel

LONGEST_SEARCH = 80  # characters; what comes after them is not looked for
MOST_TAGS_OFFERED = 30
CONTROLS = re.compile(r"[\x00-\x1f\x7f]+")
LENGTH_CHOICES = [
    ("", "Any length"),
    ("short", "Under 1 minute"),
    ("medium", "1 to 3 minutes"),
    ("long", "Over 3 minutes"),
]
ORDER_CHOICES = [("", "New"), ("played", "Most played"), ("liked", "Most liked")]
STATE_CHOICES = [
    ("", "All"),
    ("making", "In the making"),
    ("stopped", "Stopped"),
    ("private", "Private"),
    ("unlisted", "Unlisted"),
    ("public", "Public"),
    ("hidden", "Hidden"),
]

logger = logging.getLogger(__name__)


class EditForm(forms.ModelForm):
    """Title, description and tags."""

    tags = forms.CharField(
        required=False,
        max_length=500,
        widget=forms.TextInput({"autocomplete": "off", "autocapitalize": "none"}),
        help_text=f"Separated by commas, up to {MOST_TAGS}: rain, slow, for the evening",
    )

    class Meta:
        model = Composition
        fields = ["title", "description"]
        field_classes = {"title": LineField, "description": ParagraphsField}
        help_texts = {
            "title": "Up to 120 characters.",
            "description": "Plain text, up to 2000 characters. Whoever may hear it can read it.",
        }
        error_messages = {
            "title": {"required": "A piece needs a title."},
            "description": {
                "markup": "A description is plain text: leave out markup such as <b> and control "
                "characters."
            },
        }
        widgets = {
            "title": forms.TextInput({"autocomplete": "off"}),
            "description": forms.Textarea({"rows": 5}),
        }

    def clean_tags(self):
        """The tags as a list, tidied, each once."""
        names = [tidy(part) for part in self.cleaned_data["tags"].split(",")]
        names = list(dict.fromkeys(name for name in names if name))
        for name in names:
            if not is_allowed(name):
                raise forms.ValidationError(
                    f"Tags are made of letters, digits, spaces and hyphens; “{name}” is not."
                )
            if len(name) > LONGEST_TAG:
                raise forms.ValidationError(
                    f"“{name}” is longer than {LONGEST_TAG} characters. Tags are separated by "
                    "commas."
                )
        if len(names) > MOST_TAGS:
            raise forms.ValidationError(
                f"These are {len(names)} tags; a piece has at most {MOST_TAGS}."
            )
        return names

    def apply_to(self, piece):
        """Write it all down. False, and an error on the title, if the files cannot follow it."""
        said = self.cleaned_data
        try:
            piece.describe(said["title"], said["description"])
        except OSError:
            logger.exception("%s could not be renamed.", piece.pk)
            words = "The server could not write this title into the files. Try again later."
            self.add_error("title", words)
            return False
        with suppress(IntegrityError):  # the piece was deleted at this very moment
            Tagging.objects.replace(piece, said["tags"])
        return True


class SearchField(forms.CharField):
    """Words to look for: one line, and no more than anybody would type."""

    def to_python(self, value):
        words = unicodedata.normalize("NFC", CONTROLS.sub(" ", super().to_python(value)))
        return " ".join(words.split())[:LONGEST_SEARCH]


class TagField(forms.ChoiceField):
    """Any tag, whether it is offered or not."""

    def to_python(self, value):
        return tidy(CONTROLS.sub(" ", super().to_python(value)))

    def valid_value(self, value):
        return is_allowed(value) and len(value) <= LONGEST_TAG


class FilterForm(forms.Form):
    """What to list of `listed`. Nothing in an address is wrong: what makes no sense was not said.

    Three queries: the styles and models of the pieces, these models, the tags of the pieces.
    """

    q = SearchField(required=False)
    style = forms.ChoiceField(required=False)
    length = forms.ChoiceField(required=False, choices=LENGTH_CHOICES)
    model = forms.ChoiceField(required=False)
    tag = TagField(required=False)
    sort = forms.ChoiceField(required=False, choices=ORDER_CHOICES, widget=forms.HiddenInput)

    by_age = NEWEST_FIRST
    finds_people = True
    NARROWING = ("q", "style", "length", "model", "tag")

    def __init__(self, query, listed):
        super().__init__(auto_id="filter_%s")
        self.query = query
        found = set(listed.order_by().values_list("style", "model__name").distinct())
        # Those of the pieces alone: what staff call their drafts is for nobody to guess.
        names = {name for _, name in found}
        models = list(TrainedModel.objects.filter(name__in=names).only("name", "styles"))
        self.composers = {slug: name for model in models for slug, name in model.styles}
        by_name = sorted(self.composers.items(), key=lambda style: style[1].split()[-1:])
        styles = [("", "Any style"), (ANY_STYLE, "Free style"), *by_name]
        self.fields["style"].choices = styles
        self.fields["model"].choices = [("", "Any model"), *((m.name, m.name) for m in models)]
        self.initial = {name: self._understand(name) for name in self.fields}
        self._offer("style", {style or ANY_STYLE for style, _ in found})
        self._offer("model", {model for _, model in found})
        self._offer_tags(listed)

    def _understand(self, name):
        try:
            return self.fields[name].clean(self.query.get(name, ""))
        except forms.ValidationError:
            return ""

    def _offer(self, name, present):
        """Leave only the choices that pieces have, and the one chosen."""
        offered = {"", self.initial[name], *present}
        choices = self.fields[name].choices
        self.fields[name].choices = [choice for choice in choices if choice[0] in offered]

    def _offer_tags(self, listed):
        taggings = Tagging.objects.filter(composition__in=listed.order_by().values("pk"))
        used = taggings.order_by().values("name").annotate(uses=Count("pk"))
        used = used.order_by("-uses", "name").values_list("name", flat=True)[:MOST_TAGS_OFFERED]
        names = sorted({*used, self.initial["tag"]} - {""})
        self.fields["tag"].choices = [("", "Any tag"), *((name, name) for name in names)]

    def selects(self):
        """The fields that leave anything to choose."""
        names = ("style", "length", "model", "tag")
        return [
            self[name] for name in names if self.initial[name] or len(self.fields[name].choices) > 2
        ]

    def chosen(self):
        """What narrows the list, for people, each with the address without it."""
        for name in self.NARROWING:
            value = self.initial[name]
            if value:
                words = f"“{value}”" if name == "q" else dict(self.fields[name].choices)[value]
                yield {"name": name, "words": words, "without": self._address_without(name)}

    def is_narrow(self):
        return any(self.initial[name] for name in self.NARROWING)

    def is_open(self):
        """Whether the choices beside the search shall be seen at once."""
        return any(self.initial[name] for name in self.NARROWING[1:])

    def cleared(self):
        """The address of the same list with nothing left out."""
        return self._address_without(*self.NARROWING)

    def _address_without(self, *names):
        rest = self.query.copy()
        for name in (*names, "page"):
            rest.pop(name, None)
        return f"?{rest.urlencode()}"

    def narrow(self, pieces):
        """Those of `pieces` that were asked for, in the order asked for."""
        wish = self.initial
        if wish["q"]:
            pieces = pieces.matching(wish["q"], self.composers, self.finds_people)
        if wish["style"]:
            style = "" if wish["style"] == ANY_STYLE else wish["style"]
            pieces = pieces.filter(style=style)
        if wish["length"]:
            pieces = pieces.of_length(wish["length"])
        if wish["model"]:
            pieces = pieces.filter(model__name=wish["model"])
        if wish["tag"]:
            pieces = pieces.filter(taggings__name=wish["tag"])
        return pieces.order_by(*ORDERS[wish["sort"]], *self.by_age)


class FavouriteFilterForm(FilterForm):
    """The same for what a person left hearts at, the latest heart first."""

    by_age = LATEST_HEART_FIRST


class PersonFilterForm(FilterForm):
    """The same for the pieces of one person, whose name is no reason to find them all."""

    finds_people = False


class OwnFilterForm(PersonFilterForm):
    """The same for the pages of owners, whose pieces have states."""

    by_age = LATEST_FIRST
    state = forms.ChoiceField(required=False, choices=STATE_CHOICES, widget=forms.HiddenInput)

    def narrow(self, pieces):
        pieces = super().narrow(pieces)
        state = self.initial["state"]
        return pieces.filter(STATES[state]) if state else pieces
