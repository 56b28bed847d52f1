import pytest

from generator.levels import ENERGIES, LOUDNESSES, in_words, level_of, word_of


@pytest.mark.parametrize("words", [ENERGIES, LOUDNESSES])
@pytest.mark.parametrize("level", range(6))
def test_a_level_comes_back_from_its_word(words, level):
    assert level_of(words, word_of(words, level)) == level


@pytest.mark.parametrize("wish", ["", "wild", "6", "-1", "1.5", "²", None])
def test_other_words_are_no_level(wish):
    with pytest.raises(ValueError, match="no level"):
        level_of(ENERGIES, wish)


def test_any_needs_no_words():
    assert in_words(LOUDNESSES, 0) == ""
    assert in_words(LOUDNESSES, 5) == "loud"
    assert in_words(LOUDNESSES, 2) == "level 2 of 5"
