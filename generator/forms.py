import secrets
import uuid

from django import forms

from generator.models import (
    ANY_STYLE,
    COLDEST,
    DEFAULT_SECONDS,
    HOTTEST,
    LARGEST_SEED,
    LONGEST_SECONDS,
    SHORTEST_SECONDS,
    Composition,
    TrainedModel,
)
from generator.titles import invent_title, plain_text, surname

LONGEST_TITLE = Composition._meta.get_field("title").max_length


def in_words(sentence):
    """One sentence for every way in which a number can be wrong: it says what would be right."""
    return dict.fromkeys(("required", "invalid", "min_value", "max_value"), sentence)


class ComposeForm(forms.Form):
    """A wish for a piece. Seed and title may stay empty: they are drawn and invented."""

    duration = forms.IntegerField(
        label="Length in seconds",
        min_value=SHORTEST_SECONDS,
        max_value=LONGEST_SECONDS,
        initial=DEFAULT_SECONDS,
        help_text=f"From {SHORTEST_SECONDS} seconds to {LONGEST_SECONDS // 60} minutes.",
        error_messages=in_words(
            f"Say how long it shall be, in whole seconds from {SHORTEST_SECONDS} to "
            f"{LONGEST_SECONDS}."
        ),
    )
    style = forms.ChoiceField(
        required=False,
        help_text="Whose playing it should be after.",
        error_messages={"invalid_choice": "No model here knows this style."},
    )
    temperature = forms.FloatField(
        label="Creativity",
        required=False,
        min_value=COLDEST,
        max_value=HOTTEST,
        initial=1.0,
        widget=forms.NumberInput(attrs={"step": "0.05"}),
        help_text=f"{COLDEST} plays safe, 1 plays as learnt, {HOTTEST} dares more.",
        error_messages=in_words(f"Creativity is a number from {COLDEST} to {HOTTEST}."),
    )
    seed = forms.IntegerField(
        required=False,
        min_value=0,
        max_value=LARGEST_SEED,
        help_text="The same seed and settings give the same piece. Empty: one is drawn.",
        error_messages=in_words(f"A seed is a whole number from 0 to {LARGEST_SEED}."),
    )
    model = forms.ModelChoiceField(
        queryset=TrainedModel.objects.none(),
        to_field_name="name",  # as the JSON of a piece calls it
        required=False,
        empty_label=None,
        error_messages={"invalid_choice": "This model is not offered."},
    )
    title = forms.CharField(
        required=False,
        max_length=LONGEST_TITLE,
        validators=[plain_text],
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        help_text="Empty: one is invented.",
    )
    # A browser must not fill an old key into a new form: that would be the old request again.
    request_key = forms.CharField(
        required=False, widget=forms.HiddenInput(attrs={"autocomplete": "off"})
    )

    WISHES = ("duration", "style", "temperature", "seed", "model", "title")

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        models = TrainedModel.objects.active()
        self.fields["model"].queryset = models
        self.fields["model"].initial = models.default
        self.fields["request_key"].initial = uuid.uuid4
        known = {slug: name for model in models for slug, name in model.styles}
        by_name = sorted(known.items(), key=lambda style: surname(style[1]))
        self.fields["style"].choices = [(ANY_STYLE, "Any style"), *by_name]

    def clean_style(self):
        style = self.cleaned_data["style"]
        return "" if style == ANY_STYLE else style

    def clean_temperature(self):
        temperature = self.cleaned_data["temperature"]
        return 1.0 if temperature is None else temperature

    def clean_model(self):
        model = self.cleaned_data["model"] or TrainedModel.objects.default()
        if model is None:
            raise forms.ValidationError("No model is installed yet. Please tell the staff.")
        return model

    def clean_title(self):
        return " ".join(self.cleaned_data["title"].split())

    def clean_request_key(self):
        try:
            return uuid.UUID(self.cleaned_data["request_key"])
        except ValueError:
            return uuid.uuid4()

    def clean(self):
        model, style = self.cleaned_data.get("model"), self.cleaned_data.get("style")
        if model and style and style not in dict(model.styles):
            self.add_error("style", f"The model “{model}” does not know this style.")

    def wish(self):
        """The cleaned wish as fields of a Composition, with seed and title made where missing."""
        data = self.cleaned_data
        seed = secrets.randbelow(LARGEST_SEED + 1) if data["seed"] is None else data["seed"]
        composer = data["model"].style_name(data["style"]) if data["style"] else ""
        return {
            "request_key": data["request_key"],
            "requested_duration": data["duration"],
            "style": data["style"],
            "temperature": data["temperature"],
            "seed": seed,
            "model": data["model"],
            "title": data["title"] or invent_title(seed, composer),
        }
