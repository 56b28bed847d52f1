import pytest
from django.utils import timezone

from gallery.models import Favourite, Play
from generator.models import Status, Visibility


@pytest.fixture
def public(ready_piece):
    return ready_piece(title="Lantern", visibility=Visibility.PUBLIC)


def shown(response):
    return [piece.title for piece in response.context["page"].object_list]


def test_it_shows_the_person_and_what_is_public(client, alice, bob, public, ready_piece):
    ready_piece(title="Private")
    ready_piece(title="Unlisted", visibility=Visibility.UNLISTED)
    ready_piece(title="His", owner=bob, visibility=Visibility.PUBLIC)
    alice.about = "I play <in> the evenings."
    alice.save(update_fields=["about"])

    page = client.get("/people/alice/")

    assert shown(page) == ["Lantern"]
    assert "I play &lt;in&gt; the evenings." in page.text
    assert "1 public piece&nbsp;· 0 plays&nbsp;· 0 hearts" in page.text


def test_it_counts_plays_and_hearts_of_public_pieces(client, bob, public, ready_piece):
    for made in (public, ready_piece()):
        Play.objects.create(composition=made, listener="a", day="2026-01-01")
        Favourite.objects.create(user=bob, composition=made)

    assert "1 play&nbsp;· 1 heart<" in client.get("/people/alice/").text


@pytest.mark.parametrize("name", ["Alice", "ALICE"])
def test_the_name_is_found_however_it_is_capitalised(client, public, name):
    assert client.get(f"/people/{name}/")["Location"] == "/people/alice/"
    assert client.get(f"/people/{name}/?q=rain")["Location"] == "/people/alice/?q=rain"
    assert client.get(f"/people/{name}/feed/")["Location"] == "/people/alice/feed/"


@pytest.mark.parametrize(
    "fields",
    [
        {"visibility": Visibility.PRIVATE},
        {"visibility": Visibility.UNLISTED},
        {"visibility": Visibility.PUBLIC, "status": Status.RENDERING},
        {"visibility": Visibility.PUBLIC, "deleted_at": timezone.now()},
    ],
    ids=["private", "unlisted", "unfinished", "in the bin"],
)
@pytest.mark.parametrize("ending", ["", "feed/"])
def test_who_has_published_nothing_does_not_exist_for_others(
    client, as_bob, ready_piece, fields, ending
):
    ready_piece(**fields)

    for browser in (client, as_bob):
        assert browser.get(f"/people/alice/{ending}").status_code == 404
        assert browser.get(f"/people/ALICE/{ending}").status_code == 404


@pytest.mark.parametrize("name", ["nobody", "%00", "a%00", "x" * 10_000, "%ff", "%25", "'", "<b>"])
@pytest.mark.parametrize("ending", ["", "feed/"])
def test_a_name_that_nobody_has_is_not_found(client, public, name, ending):
    assert client.get(f"/people/{name}/{ending}").status_code == 404


def test_ones_own_page_says_what_it_is_for(as_alice):
    page = as_alice.get("/people/alice/").text

    assert "Nobody else can see this page yet" in page
    assert as_alice.get("/people/alice/feed/").status_code == 200


def test_search_and_order_work_there_too(client, public, ready_piece):
    ready_piece(title="Moth", visibility=Visibility.PUBLIC)

    assert shown(client.get("/people/alice/?q=lantern")) == ["Lantern"]
    assert "No piece is like that" in client.get("/people/alice/?q=xylophone").text
    assert client.get("/people/alice/?sort=%00&page=abc&style=none").status_code == 200


def test_its_feed_can_be_found(client, public):
    page = client.get("/people/alice/").text

    assert 'title="Nocturne: alice" href="/people/alice/feed/">' in page


def test_the_page_of_a_piece_leads_there(client, public):
    assert '<a href="/people/alice/">alice</a>' in client.get(f"/compositions/{public.pk}/").text


def test_it_rejects_post(client, public):
    assert client.post("/people/alice/").status_code == 405
