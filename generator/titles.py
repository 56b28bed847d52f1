"""Titles: which are allowed, and some for pieces whose owner gave none."""

from django.core.validators import RegexValidator

plain_text = RegexValidator(
    r"<[a-zA-Z/!?]|[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u200e\u200f\u202a-\u202e\u2066-\u2069]",
    "Titles are plain text: leave out markup such as <b> and control characters.",
    code="markup",
    inverse_match=True,
)

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
