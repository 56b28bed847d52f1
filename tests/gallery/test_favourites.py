from datetime import timedelta

import pytest
from django.utils import timezone

from gallery.models import Favourite, Play, Tagging
from generator.models import TrainedModel, Visibility


@pytest.fixture
def hearted(ready_piece, bob):
    def make(title, days_ago=0, user=bob, **fields):
        made = ready_piece(**{"title": title, "visibility": Visibility.PUBLIC} | fields)
        when = timezone.now() - timedelta(days=days_ago)
        Favourite.objects.create(user=user, composition=made, created_at=when)
        return made

    return make


def shown(response):
    return [piece.title for piece in response.context["page"].object_list]


def test_the_latest_heart_comes_first_and_others_hearts_change_nothing(as_bob, alice, hearted):
    first = hearted("First", days_ago=2)
    hearted("Second", days_ago=1)
    hearted("Hers", user=alice)
    Favourite.objects.create(user=alice, composition=first)

    assert shown(as_bob.get("/me/favourites/")) == ["Second", "First"]


@pytest.mark.parametrize(
    "fields",
    [{"visibility": Visibility.PRIVATE}, {"deleted_at": timezone.now()}],
    ids=["private again", "in the bin"],
)
def test_what_may_not_be_heard_any_more_is_left_out(as_bob, hearted, fields):
    hearted("Gone", **fields)

    page = as_bob.get("/me/favourites/")

    assert shown(page) == []
    assert "Gone" not in page.text


def test_what_has_become_unlisted_stays(as_bob, hearted):
    hearted("Between us", visibility=Visibility.UNLISTED)

    assert shown(as_bob.get("/me/favourites/")) == ["Between us"]


def test_an_empty_page_says_how_to_fill_it(as_bob):
    page = as_bob.get("/me/favourites/").text

    assert "No favourites yet" in page
    assert "Press the heart below a piece" in page


def test_there_are_pages(as_bob, hearted):
    for number in range(13):
        hearted(f"No. {number}", days_ago=number)

    assert shown(as_bob.get("/me/favourites/?page=2")) == ["No. 12"]
    assert len(shown(as_bob.get("/me/favourites/?page=abc"))) == 12


def test_it_is_ones_own_affair(client, as_bob):
    assert client.get("/me/favourites/")["Location"].startswith("/accounts/login/")
    assert "private" in as_bob.get("/me/favourites/")["Cache-Control"]


@pytest.mark.parametrize(
    "query",
    ["q=lant", "q=alice+lantern", "style=bach", "length=long", "model=Open", "tag=rain"],
)
def test_they_are_searched_and_filtered_as_in_the_gallery(as_bob, hearted, query):
    other = TrainedModel.objects.create(
        name="Open", status="active", file="open.keras", sha256="1" * 64
    )
    sought = hearted("Lantern", style="bach", duration=200, model=other)
    Tagging.objects.replace(sought, ["rain"])
    hearted("Moth")

    page = as_bob.get(f"/me/favourites/?{query}")

    assert shown(page) == ["Lantern"]
    assert "1 piece found" in page.text


def test_they_are_sorted_as_in_the_gallery_or_by_the_latest_heart(as_bob, alice, hearted):
    liked = hearted("Liked", days_ago=3)
    Favourite.objects.create(user=alice, composition=liked)
    played = hearted("Played", days_ago=2)
    Play.objects.create(composition=played, listener="x", day=timezone.localdate())
    hearted("Latest")

    page = as_bob.get("/me/favourites/")

    assert shown(page) == ["Latest", "Played", "Liked"]
    assert ">Latest heart</a>" in page.text
    assert shown(as_bob.get("/me/favourites/?sort=played")) == ["Played", "Latest", "Liked"]
    assert shown(as_bob.get("/me/favourites/?sort=liked")) == ["Liked", "Latest", "Played"]


def test_a_heart_counts_once_however_many_tags_and_hearts_there_are(as_bob, alice, hearted):
    made = hearted("Lantern")
    Tagging.objects.replace(made, ["rain", "slow"])
    Favourite.objects.create(user=alice, composition=made)

    assert shown(as_bob.get("/me/favourites/?tag=rain&sort=liked&q=rain+slow")) == ["Lantern"]


def test_nothing_found_says_how_to_find_more(as_bob, hearted):
    hearted("Lantern")

    page = as_bob.get("/me/favourites/?q=moth").text

    assert "Nothing was found for “moth”" in page
    assert "No favourites yet" not in page


def test_only_what_may_still_be_heard_is_offered_to_choose_by(as_bob, hearted):
    hearted("Lantern", style="chopin")
    gone = hearted("Gone", style="bach", visibility=Visibility.PRIVATE)
    Tagging.objects.replace(gone, ["secret"])

    page = as_bob.get("/me/favourites/").text

    assert "secret" not in page
    assert "Bach" not in page
