"""Words that owners give their pieces to be found by."""

import re
import unicodedata

LONGEST_TAG = 30  # characters
MOST_TAGS = 8  # of a piece


def tidy(name):
    """A tag as it is kept: lower case, single spaces, without the # that people may write.

    >>> tidy("  #Slow   Rain ")
    'slow rain'
    """
    return " ".join(unicodedata.normalize("NFC", name).lower().replace("#", " ").split())


def is_allowed(name):
    """Whether a tidy name is made of letters of any script, digits, spaces and hyphens."""
    return bool(re.search(r"[^\W_]", name)) and all(
        letter in " -" or letter.isalnum() or unicodedata.category(letter).startswith("M")
        for letter in name
    )
