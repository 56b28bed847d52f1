"""Which pieces are one work, by what a csv such as piano-midi.de's says of them; and which works
are held out for validation.

A work is everything under one catalogue number or in one cycle: sonatas with all movements, sets
of preludes. Rather too much than that a theme is learnt on one side and asked for on the other.
"""

import hashlib
import math
import re
from collections.abc import Iterable

TRAIN, VALIDATION = "train", "validation"
VALIDATION_SHARE = 0.1  # of the works, rounded up
CATALOGUE = re.compile(
    r"\b(?:(?:[Oo]pus|[Oo]p\.?)(?: posth\.?)?|BWV|KV?\.?|D\.?|Hob(?:oken|\.)? ?[IVX]+:?)"
    r" ?\d+[a-z]?\b"
)
LATER_NUMBER = re.compile(r"(?<!^)\b\d+\b")  # that of a piece in a set, not of the pieces in it
IN_A_FILE_NAME = re.compile(
    r"(?i)\b(?:op(?:us)?|bwv|kv|hob(?:oken)?)[ .-]*(?:[ivx]+[ .:-]+)?\d+[a-z]?\b"
)
NUMBER = re.compile(r"\d+")
WORDS_OF_A_CYCLE = 2  # by which the pieces of a cycle without numbers are known

# piano-midi.de's csv has last names only. As MAESTRO writes them, where it has them.
FULL_NAMES = {
    "Albeniz": "Isaac Albéniz",
    "Bach": "Johann Sebastian Bach",
    "Balakirev": "Mily Balakirev",
    "Beethoven": "Ludwig van Beethoven",
    "Borodin": "Alexander Borodin",
    "Brahms": "Johannes Brahms",
    "Burgmueller": "Friedrich Burgmüller",
    "Chopin": "Frédéric Chopin",
    "Christmas": "",  # fantasias on carols, each by somebody else
    "Clementi": "Muzio Clementi",
    "Debussy": "Claude Debussy",
    "Godowsky": "Leopold Godowsky",
    "Granados": "Enrique Granados",
    "Grieg": "Edvard Grieg",
    "Haydn": "Joseph Haydn",
    "Liszt": "Franz Liszt",
    "Mendelssohn": "Felix Mendelssohn",
    "Moszkowski": "Moritz Moszkowski",
    "Mozart": "Wolfgang Amadeus Mozart",
    "Mussorgsky": "Modest Mussorgsky",
    "Rachmaninoff": "Sergei Rachmaninoff",
    "Ravel": "Maurice Ravel",
    "Schubert": "Franz Schubert",
    "Schumann": "Robert Schumann",
    "Sinding": "Christian Sinding",
    "Tchaikovsky": "Pyotr Ilyich Tchaikovsky",
}
# One piece under two composers' names, and pieces on the same tunes.
VERSIONS = {
    "Leopold Godowsky: 53 Studies": "Frédéric Chopin: Etudes Opus 10",
    "Leopold Godowsky: Transcription Albeniz": "Isaac Albéniz: Espana Opus 165",
}
CAROLS = re.compile(r"Christmas|Silent Night")


def full_name(composer: str) -> str:
    """The full name of a composer known by the last; else what was given."""
    return FULL_NAMES.get(composer, composer)


def work(composer: str, title: str) -> str:
    """'Frédéric Chopin', 'Preludes_Opus_28_4' -> 'Frédéric Chopin: Preludes Opus 28'."""
    title = " ".join(title.replace("_", " ").split())
    numbers = list(CATALOGUE.finditer(title))
    if not composer and CAROLS.search(title):
        name = "Christmas fantasias"
    elif numbers:
        name = title[: numbers[-1].end()]
    elif number := LATER_NUMBER.search(title):
        name = title[: number.start()].strip()
    else:
        name = " ".join(title.split()[:WORDS_OF_A_CYCLE])
    name = f"{composer}: {name}" if composer else name
    return VERSIONS.get(name, name)


def of_file(name: str, folder: str = "") -> str:
    """'mz_331_2' -> 'mz 331': the work, by the name of a file of which nothing else is known.

    A name without letters is one of its folder's. Empty: the name tells of no other piece of it.
    """
    name = " ".join(name.replace("_", " ").split())
    if not any(c.isalpha() for c in name):
        return folder
    if numbered := list(IN_A_FILE_NAME.finditer(name)):
        return name[: numbered[-1].end()]
    numbers = list(NUMBER.finditer(name))
    return name[: numbers[-1].start()].strip(" -.,") if len(numbers) > 1 else ""


def composer_of_folder(folder: str) -> str:
    """The full name of the composer after whom a folder is named; empty if it is after none."""
    name = folder.replace("_", " ")
    return name if name in FULL_NAMES.values() else FULL_NAMES.get(name, "")


def held_out(works: Iterable[str]) -> set[str]:
    """The tenth of `works` to validate by: the same on every machine, in whatever order."""
    by_chance = sorted(set(works), key=lambda name: hashlib.sha256(name.encode()).digest())
    if len(by_chance) < 2:
        return set()
    return set(by_chance[: math.ceil(len(by_chance) * VALIDATION_SHARE)])
