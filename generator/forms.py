import json
import secrets
import uuid

from django import forms

from generator import beginnings
from generator.levels import ENERGIES, HIGHEST_LEVEL, LOUDNESSES, level_of, word_of
from generator.models import (
    ANY_STYLE,
    COLDEST,
    DEFAULT_SECONDS,
    HOTTEST,
    LARGEST_SEED,
    LONGEST_SECONDS,
    LONGEST_TAKEOVER,
    MOST_TAKES,
    SHORTEST_SECONDS,
    SHORTEST_TAKEOVER,
    Beginning,
    Composition,
    TrainedModel,
)
from generator.styles import sound_of
from generator.titles import LineField, invent_title, plain_text, surname, visible

LONGEST_TITLE = Composition._meta.get_field("title").max_length
DICE = secrets.SystemRandom()
SURPRISING_SECONDS = (30, 60, 90, 120)


def in_words(sentence):
    """One sentence for every way in which a number can be wrong: it says what would be right."""
    return dict.fromkeys(("required", "invalid", "min_value", "max_value"), sentence)


def knows(model, style):
    """Whether a model, or None, can be asked for a style as forms name it."""
    return style == ANY_STYLE or bool(model and style in dict(model.styles))


class LevelField(forms.ChoiceField):
    """Energy or loudness, by a word or a number from 0 to 5; becomes the number."""

    def __init__(self, words, **options):
        self.words = words
        choices = [(word, word.capitalize()) for word in words]
        super().__init__(choices=choices, required=False, widget=forms.RadioSelect, **options)

    def prepare_value(self, value):
        """The word of a choice; a number without a word becomes a choice of its own."""
        try:
            level = level_of(self.words, value)
        except ValueError:
            return value
        word = word_of(self.words, level)
        if word not in dict(self.choices):
            between = {
                level_of(self.words, choice): (choice, name) for choice, name in self.choices
            }
            between[level] = (word, f"Level {level} of {HIGHEST_LEVEL}")
            self.choices = [between[number] for number in sorted(between)]
        return word

    def clean(self, value):
        try:
            return level_of(self.words, value or "any")
        except ValueError:
            words = ", ".join(self.words)
            raise forms.ValidationError(f"Choose one of {words}.", code="invalid") from None


class BeginningField(forms.ModelChoiceField):
    """Music of one's own; whatever is wrong with its id, it is not there."""

    GONE = "The music to go on from is not there any more. Bring it again."

    def clean(self, value):
        try:
            return super().clean(value)
        except forms.ValidationError:
            raise forms.ValidationError(self.GONE, code="invalid_choice") from None


class ComposeForm(forms.Form):
    """A wish for a piece. Seed and title may stay empty: they are drawn and invented."""

    style = forms.ChoiceField(
        required=False,
        widget=forms.RadioSelect,
        initial=ANY_STYLE,
        help_text="After whose playing? It borrows touch and texture, no tune.",
        error_messages={"invalid_choice": "No model here knows this style."},
    )
    takeover = forms.FloatField(
        label="The second from which it is composed",
        required=False,
        min_value=SHORTEST_TAKEOVER,
        max_value=LONGEST_TAKEOVER,
        error_messages=in_words(
            "Say where the composer takes over: from second "
            f"{SHORTEST_TAKEOVER} to {LONGEST_TAKEOVER}, and within the music."
        ),
    )
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
    energy = LevelField(ENERGIES, initial="any")
    loudness = LevelField(LOUDNESSES, initial="any")
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
    title = LineField(
        required=False,
        max_length=LONGEST_TITLE,
        validators=[plain_text, visible],
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        help_text="Empty: one is invented.",
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
        help_text="Each model knows styles of its own.",
        error_messages={"invalid_choice": "This model is not offered."},
    )
    takes = forms.TypedChoiceField(
        choices=[(str(count), str(count)) for count in range(1, MOST_TAKES + 1)],
        coerce=int,
        required=False,
        empty_value=1,
        initial="1",
        widget=forms.RadioSelect,
        help_text="Of one wish, side by side, each from the next seed.",
        error_messages={"invalid_choice": f"Ask for 1 to {MOST_TAKES} takes."},
    )
    beginning = BeginningField(
        queryset=Beginning.objects.none(), required=False, widget=forms.HiddenInput
    )
    # A browser must not fill an old key into a new form: that would be the old request again.
    request_key = forms.CharField(
        required=False, widget=forms.HiddenInput(attrs={"autocomplete": "off"})
    )

    WISHES = (
        "duration", "style", "energy", "loudness", "temperature", "seed", "model", "title",
        "takes", "beginning", "takeover",
    )  # fmt: skip

    def __init__(self, *args, owner=None, **kwargs):
        super().__init__(*args, **kwargs)
        self.models = list(TrainedModel.objects.active())
        self.fields["model"].queryset = TrainedModel.objects.active()
        self.fields["model"].initial = next((m for m in self.models if m.is_default), None)
        self.fields["request_key"].initial = uuid.uuid4
        if owner:
            self.fields["beginning"].queryset = owner.beginnings.all()
        known = {slug: name for model in self.models for slug, name in model.styles}
        by_name = sorted(known.items(), key=lambda style: surname(style[1]))
        self.fields["style"].choices = [(ANY_STYLE, "Any style"), *by_name]

    @classmethod
    def from_address(cls, query, owner=None):
        """A form filled in as an address wishes; what that wishes wrongly is left out."""
        form = cls(owner=owner)
        for name in cls.WISHES:
            try:
                understood = form.fields[name].clean(query.get(name, ""))
            except forms.ValidationError:
                continue
            if query.get(name):
                form.initial[name] = query[name]
            if name == "beginning" and understood:
                form.initial["takeover"] = beginnings.suggested_takeover(understood)
        return form

    @classmethod
    def surprise(cls, request_key, owner=None):
        """A form that dice have filled in, ready to be asked."""
        model = TrainedModel.objects.default()
        wish = {
            "duration": DICE.choice(SURPRISING_SECONDS),
            "style": DICE.choice([ANY_STYLE, *dict(model.styles if model else [])]),
            "energy": DICE.choice(list(ENERGIES)),
            "temperature": DICE.randrange(85, 121, 5) / 100,
            "request_key": request_key,
        }
        return cls(wish, owner=owner)

    # What the page shows.

    @property
    def chosen_model(self):
        """The model as the form stands, or the default one; None if there is none."""
        by_name = {model.name: model for model in self.models}
        return by_name.get(str(self["model"].value())) or self.fields["model"].initial

    @property
    def chosen_beginning(self):
        """The music that the piece would go on from, or None. One query."""
        try:
            return self.fields["beginning"].clean(self["beginning"].value())
        except forms.ValidationError:
            return None

    def style_cards(self):
        """The styles of all models; of another than the chosen model, to be hidden."""
        model, chosen = self.chosen_model, str(self["style"].value())
        if not knows(model, chosen):
            chosen = ANY_STYLE
        return [
            {
                "slug": slug,
                "first_names": "" if slug == ANY_STYLE else name.rpartition(" ")[0],
                "surname": name if slug == ANY_STYLE else name.rpartition(" ")[2],
                "sound": sound_of("" if slug == ANY_STYLE else slug),
                "models_json": json.dumps([m.name for m in self.models if knows(m, slug)]),
                "is_known": knows(model, slug),
                "is_chosen": slug == chosen,
            }
            for slug, name in self.fields["style"].choices
        ]

    # What was sent.

    def clean_style(self):
        style = self.cleaned_data["style"]
        return "" if style == ANY_STYLE else style

    def clean_temperature(self):
        temperature = self.cleaned_data["temperature"]
        return 1.0 if temperature is None else temperature

    def clean_model(self):
        model = self.cleaned_data["model"] or self.fields["model"].initial
        if model is None:
            raise forms.ValidationError("No model is installed yet. Please tell the staff.")
        return model

    def clean_request_key(self):
        try:
            return uuid.UUID(self.cleaned_data["request_key"])
        except ValueError:
            return uuid.uuid4()

    def clean(self):
        data = self.cleaned_data
        model, style = data.get("model"), data.get("style")
        if model and style and style not in dict(model.styles):
            self.add_error("style", f"The model “{model}” does not know this style.")
        if not data.get("beginning"):
            data["takeover"] = None
        elif "takeover" in data:
            self._check_takeover(data["beginning"], data["takeover"])

    def clean_takeover(self):
        takeover = self.cleaned_data["takeover"]
        return None if takeover is None else round(takeover, 2)  # as fine as the composer hears

    def _check_takeover(self, beginning, takeover):
        if takeover is None or takeover > beginning.duration:
            self.add_error("takeover", self.fields["takeover"].error_messages["invalid"])
            return
        try:
            notes = beginnings.read_notes(beginning)
        except FileNotFoundError:
            self.add_error("beginning", BeginningField.GONE)
            return
        heard = sum(onset < takeover * 1000 for onset, *_ in notes)
        if heard == 0:
            self.add_error("takeover", "There is no note before this second. Choose a later one.")
        elif heard > beginnings.MOST_NOTES:
            self.add_error(
                "takeover",
                f"There are {heard:,} notes before this second, and the composer hears "
                f"{beginnings.MOST_NOTES:,} at most. Choose an earlier one: up to second "
                f"{beginnings.latest_heard(notes):g} they fit.",
            )

    def wishes(self):
        """The takes as fields of Compositions, with seeds and titles made where missing."""
        data = self.cleaned_data
        first = secrets.randbelow(LARGEST_SEED + 1) if data["seed"] is None else data["seed"]
        composer = data["model"].style_name(data["style"]) if data["style"] else ""
        seeds = [(first + take) % (LARGEST_SEED + 1) for take in range(data["takes"])]
        return [
            {
                "requested_duration": data["duration"],
                "style": data["style"],
                "temperature": data["temperature"],
                "energy": data["energy"],
                "loudness": data["loudness"],
                "seed": seed,
                "model": data["model"],
                "title": data["title"] or invent_title(seed, composer),
                "beginning": data["beginning"],
                "takeover": data["takeover"],
            }
            for seed in seeds
        ]


class BeginningForm(forms.Form):
    """A MIDI file for a piece to go on from; what is in it, beginnings.py checks."""

    file = forms.FileField(
        label="MIDI file",
        widget=forms.ClearableFileInput(attrs={"accept": ".mid,.midi,audio/midi,audio/x-midi"}),
        help_text="Up to 1 MB and 30 minutes. All instruments but the drums are heard as piano.",
        error_messages={
            "required": "Choose a MIDI file.",
            "invalid": "Choose a MIDI file.",
            "empty": "This file is empty.",
        },
    )
