import pytest
from django.core.exceptions import ValidationError

from generator.titles import FORMS, LineField, ParagraphsField, invent_title, surname, visible


def test_the_same_seed_gives_the_same_title():
    assert invent_title(7) == invent_title(7)
    assert invent_title(7, "Frédéric Chopin") == invent_title(7, "Frédéric Chopin")


def test_it_names_the_composer():
    assert invent_title(FORMS.index("Nocturne"), "Frédéric Chopin") == "Nocturne after Chopin"


def test_titles_differ():
    assert len({invent_title(seed) for seed in range(192)}) == 192


def test_neighbours_differ_in_both_words():
    one, other = (invent_title(seed).split(" ", 1) for seed in (7, 8))
    assert one[0] != other[0]
    assert one[1] != other[1]


@pytest.mark.parametrize(
    ("name", "last"),
    [("Johann Sebastian Bach", "Bach"), ("Bach / Busoni", "Bach"), ("Liszt", "Liszt"), ("", "")],
)
def test_the_surname_is_the_last_word(name, last):
    assert surname(name) == last


@pytest.mark.parametrize("title", ["a", "7", "!", "夜", "🌙", "\u200bx", "\U0001fbff", "ᄀ", "हि"])
def test_what_can_be_seen_is_a_title(title):
    assert visible(title) is None


@pytest.mark.parametrize(
    "title",
    [
        "\u200b",
        "\u00ad",
        "\u2060\ufeff",
        "\u0301",
        "\u2800",
        "\u3164",
        "\u115f",
        "\ue000",
        "\u00a0",
    ],
)
def test_what_cannot_be_seen_is_none(title):
    with pytest.raises(ValidationError, match="nothing to see"):
        visible(title)


def test_a_line_is_tidied_before_it_is_measured():
    field = LineField(max_length=3)
    assert field.clean(" e\u0301 \n\t x ") == "é x"
    with pytest.raises(ValidationError):
        field.clean("abcd")


def test_ends_of_lines_are_one_character():
    assert ParagraphsField(max_length=3).clean("a\r\nb") == "a\nb"
