import re

from django import forms
from django.db.models import Count

from gallery.models import Tagging
from gallery.queries import ORDERS, STATES
from gallery.tags import LONGEST_TAG, MOST_TAGS, is_allowed, tidy
from generator.models import ANY_STYLE, Composition, TrainedModel

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


class EditForm(forms.ModelForm):
    """Title, description and tags; line breaks and runs of spaces in a title become one space."""

    tags = forms.CharField(
        required=False,
        max_length=500,
        widget=forms.TextInput({"autocomplete": "off", "autocapitalize": "none"}),
        help_text=f"Separated by commas, up to {MOST_TAGS}: rain, slow, for the evening",
    )

    class Meta:
        model = Composition
        fields = ["title", "description"]
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

    def clean_title(self):
        return " ".join(self.cleaned_data["title"].split())

    def clean_description(self):
        return "\n".join(self.cleaned_data["description"].splitlines())

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


class SearchField(forms.CharField):
    """Words to look for: one line, and no more than anybody would type."""

    def to_python(self, value):
        return " ".join(CONTROLS.sub(" ", super().to_python(value)).split())[:LONGEST_SEARCH]


class TagField(forms.ChoiceField):
    """Any tag, whether it is offered or not."""

    def to_python(self, value):
        return tidy(CONTROLS.sub(" ", super().to_python(value)))

    def valid_value(self, value):
        return is_allowed(value) and len(value) <= LONGEST_TAG


class FilterForm(forms.Form):
    """What to list of `listed`. Nothing in an address is wrong: what makes no sense was not said.

    Three queries: the styles and models of the pieces, all models, the tags of the pieces.
    """

    q = SearchField(required=False)
    style = forms.ChoiceField(required=False)
    length = forms.ChoiceField(required=False, choices=LENGTH_CHOICES)
    model = forms.ChoiceField(required=False)
    tag = TagField(required=False)
    sort = forms.ChoiceField(required=False, choices=ORDER_CHOICES, widget=forms.HiddenInput)

    NARROWING = ("q", "style", "length", "model", "tag")

    def __init__(self, query, listed):
        super().__init__(auto_id="filter_%s")
        self.query = query
        found = set(listed.order_by().values_list("style", "model__name").distinct())
        models = list(TrainedModel.objects.all())
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
            pieces = pieces.matching(wish["q"], self.composers)
        if wish["style"]:
            style = "" if wish["style"] == ANY_STYLE else wish["style"]
            pieces = pieces.filter(style=style)
        if wish["length"]:
            pieces = pieces.of_length(wish["length"])
        if wish["model"]:
            pieces = pieces.filter(model__name=wish["model"])
        if wish["tag"]:
            pieces = pieces.filter(taggings__name=wish["tag"])
        return pieces.order_by(*ORDERS[wish["sort"]])


class OwnFilterForm(FilterForm):
    """The same for the pages of owners, whose pieces have states."""

    state = forms.ChoiceField(required=False, choices=STATE_CHOICES, widget=forms.HiddenInput)

    def narrow(self, pieces):
        pieces = super().narrow(pieces)
        state = self.initial["state"]
        return pieces.filter(STATES[state]) if state else pieces
