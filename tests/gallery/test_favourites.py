from datetime import timedelta

import pytest
from django.utils import timezone

from gallery.models import Favourite
from generator.models import Visibility


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
