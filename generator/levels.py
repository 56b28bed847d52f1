"""Energy and loudness: words for people, levels from 1 to 5 for the model, 0 for any."""

ENERGIES = {"any": 0, "calm": 1, "balanced": 3, "lively": 5}
LOUDNESSES = {"any": 0, "soft": 1, "medium": 3, "loud": 5}
HIGHEST_LEVEL = 5


def level_of(words, wish):
    """The level that a word or a number stands for. Raises ValueError.

    >>> level_of(ENERGIES, "calm"), level_of(ENERGIES, "4")
    (1, 4)
    """
    wish = str(wish).strip().lower()
    level = words[wish] if wish in words else int(wish) if wish.isdecimal() else -1
    if not 0 <= level <= HIGHEST_LEVEL:
        raise ValueError(f"There is no level {wish!r}.")
    return level


def word_of(words, level):
    """The word for a level, or its number where there is no word.

    >>> word_of(ENERGIES, 1), word_of(ENERGIES, 4)
    ('calm', '4')
    """
    named = {number: word for word, number in words.items()}
    return named.get(level, str(level))


def in_words(words, level):
    """A level for people: 'calm', 'level 4 of 5'; nothing for any.

    >>> in_words(ENERGIES, 4)
    'level 4 of 5'
    """
    if not level:
        return ""
    word = word_of(words, level)
    return word if word in words else f"level {level} of {HIGHEST_LEVEL}"
