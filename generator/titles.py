"""Titles and words: how they are kept, which are allowed, and titles where nobody gave one."""

import unicodedata

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator

plain_text = RegexValidator(
    r"<[a-zA-Z/!?]|[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u200e\u200f\u202a-\u202e\u2066-\u2069]",
    "Titles are plain text: leave out markup such as <b> and control characters.",
    code="markup",
    inverse_match=True,
)

UNSEEN = "CMZ"  # kinds of characters, as Unicode has them: controls, marks for others, spaces
EMPTY = "\u115f\u1160\u2800\u3164\uffa0"  # letters and signs by name, and nothing to see


def visible(text):
    """Refuse what would be an empty link."""
    for sign in text:
        kind = unicodedata.category(sign)
        # What this Python does not know yet (Cn) may be a new emoji.
        if sign not in EMPTY and (kind[0] not in UNSEEN or kind == "Cn"):
            return
    raise ValidationError("There is nothing to see in this title.", code="invisible")


class LineField(forms.CharField):
    """One line in its composed form, in which accents can be found, and with single spaces.

    It becomes that before its length is checked.
    """

    def to_python(self, value):
        return " ".join(unicodedata.normalize("NFC", super().to_python(value)).split())


class ParagraphsField(forms.CharField):
    """The same of several lines, whose end browsers send as two characters."""

    def to_python(self, value):
        return "\n".join(unicodedata.normalize("NFC", super().to_python(value)).splitlines())


FORMS = (
    "Arabesque", "Bagatelle", "Ballade", "Barcarolle", "Berceuse", "Capriccio", "Elegy", "Étude",
    "Fantasy", "Impromptu", "Intermezzo", "Nocturne", "Prelude", "Reverie", "Romance", "Rhapsody",
)  # fmt: skip
SCENES = (
    "at dusk", "at the window", "before dawn", "by the river", "for a quiet house", "in autumn",
    "in the attic", "in the rain", "of the long road", "on an old piano", "under the lamp",
    "without words",
)  # fmt: skip


def surname(composer):
    """The last word of a composer's name; of several names, as MAESTRO has them, the first."""
    words = composer.split("/")[0].split()
    return words[-1] if words else composer


def invent_title(seed, composer=""):
    """A title that follows from seed and composer's name alone.

    >>> invent_title(11, "Frédéric Chopin")
    'Nocturne after Chopin'
    """
    form = FORMS[seed % len(FORMS)]
    if composer:
        return f"{form} after {surname(composer)}"
    scene = SCENES[(5 * seed + 3 * (seed // len(FORMS))) % len(SCENES)]  # neighbours differ in both
    return f"{form} {scene}"
