import pytest

from generator.titles import FORMS, invent_title, surname


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
