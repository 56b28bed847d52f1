"""What the search and the filters of a list find, and in which order."""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from gallery.forms import (
    LENGTH_CHOICES,
    LONGEST_SEARCH,
    ORDER_CHOICES,
    STATE_CHOICES,
)
from gallery.models import Favourite, Play, Tagging
from gallery.queries import LENGTHS, MOST_WORDS, ORDERS, STATES, loosely
from generator.models import TrainedModel, Visibility


@pytest.fixture
def public(ready_piece):
    def make(title, tags=(), **fields):
        made = ready_piece(title=title, visibility=Visibility.PUBLIC, **fields)
        Tagging.objects.replace(made, tags)
        return made

    return make


def found(browser, query):
    page = browser.get(f"/?{query}", follow=True).context["page"]
    return [piece.title for piece in page.object_list]


@pytest.mark.parametrize(
    ("words", "titles"),
    [
        ("lantern", ["Lantern"]),
        ("LANT", ["Lantern"]),
        ("étude", ["Étude für Clara"]),
        ("ETUDE+fur", ["Étude für Clara"]),
        ("e%CC%81tude", ["Étude für Clara"]),  # decomposed, as macOS types it
        ("%C3%89TUDE", ["Étude für Clara"]),
        ("bob", ["Lantern"]),
        ("chopin", ["Étude für Clara"]),
        ("frederic", ["Étude für Clara"]),
        ("sebastian+lantern", ["Lantern"]),
        ("rain", ["Lantern"]),
        ("clara+rain", []),
        ("50%25", ["Slow (50%)"]),
        ("(50", ["Slow (50%)"]),
        ("_", []),
        (".*", []),
        ("", ["Slow (50%)", "Étude für Clara", "Lantern"]),
        ("+%09+", ["Slow (50%)", "Étude für Clara", "Lantern"]),
    ],
)
def test_it_finds_titles_people_composers_and_tags(client, bob, public, words, titles):
    public("Lantern", owner=bob, style="bach", tags=["rain"])
    public("Étude für Clara", style="chopin")
    public("Slow (50%)", style="")

    assert found(client, f"q={words}") == titles


@pytest.mark.parametrize("url", ["/me/", "/people/alice/"])
def test_where_all_is_one_persons_the_name_finds_nothing(as_alice, public, url):
    public("Lantern")
    public("For alice")

    listed = as_alice.get(f"{url}?q=alice").context["page"].object_list

    assert [piece.title for piece in listed] == ["For alice"]


def test_a_very_long_search_is_cut(client, public):
    public("a" * LONGEST_SEARCH)

    assert len(found(client, f"q={'a' * 10_000}")) == 1


def test_words_beyond_the_first_few_are_not_looked_for(client, public):
    public("la")

    assert found(client, "q=" + "+".join(["la"] * MOST_WORDS + ["nothing"])) == ["la"]


@pytest.mark.parametrize(
    ("query", "titles"),
    [
        ("style=bach", ["B"]),
        ("style=any", ["F"]),
        ("length=short", ["B"]),
        ("length=medium", ["F", "C"]),
        ("length=long", ["L"]),
        ("model=Open", ["F"]),
        ("tag=slow", ["C"]),
        ("tag=%23SLOW", ["C"]),
        ("tag=nothing", []),
        ("style=chopin&length=long", ["L"]),
        ("style=bach&length=long", []),
    ],
)
def test_it_filters(client, public, query, titles):
    other = TrainedModel.objects.create(
        name="Open", status="active", file="open.keras", sha256="1" * 64
    )
    public("L", style="chopin", duration=180.5)
    public("C", style="chopin", duration=180, tags=["slow", "night"])
    public("B", style="bach", duration=59.9)
    public("F", style="", duration=60, model=other)

    assert found(client, query) == titles


def test_it_sorts_by_plays_and_by_hearts(client, alice, bob, public):
    loved, heard, new = public("Loved"), public("Heard"), public("New")
    for day in (1, 2):
        Play.objects.create(composition=heard, listener="a", day=f"2026-01-0{day}")
    Play.objects.create(composition=new, listener="a", day="2026-01-01")
    for user in (alice, bob):
        Favourite.objects.create(user=user, composition=loved)

    assert found(client, "sort=played") == ["Heard", "New", "Loved"]
    assert found(client, "sort=liked") == ["Loved", "New", "Heard"]
    assert found(client, "") == ["New", "Heard", "Loved"]


def test_plays_and_hearts_do_not_multiply_each_other(client, alice, bob, public):
    made = public("Heard and loved", tags=["a", "b"])
    for day in (1, 2, 3):
        Play.objects.create(composition=made, listener="a", day=f"2026-01-0{day}")
    for user in (alice, bob):
        Favourite.objects.create(user=user, composition=made)

    (piece,) = client.get("/?q=loved&tag=a").context["page"].object_list

    assert (piece.play_count, piece.heart_count) == (3, 2)


def test_only_what_pieces_have_is_offered(client, public):
    TrainedModel.objects.create(
        name="Unused", status="active", file="unused.keras", sha256="1" * 64
    )
    public("B", style="bach")
    public("F", style="")

    form = client.get("/?style=chopin").context["form"]

    offered = [value for value, _ in form.fields["style"].choices]
    assert offered == ["", "any", "bach", "chopin"]
    assert [field.name for field in form.selects()] == ["style", "length"]


def test_nobody_can_guess_what_drafts_are_called(client, public):
    TrainedModel.objects.create(name="Secret", status="draft", file="s.keras", sha256="1" * 64)
    public("B")

    for name in ("Secret", "Nothing"):
        page = client.get(f"/?model={name}")
        assert (len(page.context["page"].object_list), page.context["form"].is_narrow()) == (1, 0)
        assert "Without" not in page.text


def test_the_cards_of_models_are_not_read(client, public):
    public("B")
    with CaptureQueriesContext(connection) as queries:
        client.get("/")

    assert not any('"card"' in query["sql"] for query in queries)


def test_every_choice_is_understood():
    for choices, meanings in (
        (LENGTH_CHOICES[1:], LENGTHS),
        (ORDER_CHOICES, ORDERS),
        (STATE_CHOICES[1:], STATES),
    ):
        assert [value for value, _ in choices] == list(meanings)


WORDS = ["a.b", "[x]", "ÉTUDE", "ç", "a\\d", "łódź", "чайка", "ガク", "각", "ὀξύς", "x" * 80]


@pytest.mark.parametrize("word", WORDS)
def test_a_pattern_finds_its_own_word(word):
    assert re.fullmatch(loosely(word), word)
    assert re.fullmatch(loosely(word.lower()), word)
