"""Throwing a piece away, and having it back at once."""

import pytest
from django.utils import timezone

from gallery.models import Favourite, Play
from generator.models import Composition, Status, Visibility
from tests.addresses import of_piece, routes_of_pieces

NOT_GONE = ("restore/", "me/bin/")  # the two ways out of the bin


def test_it_can_be_asked_first(as_alice, ready_piece):
    made = ready_piece(title="Lantern")

    page = as_alice.get(f"/compositions/{made.pk}/delete/")

    assert "Move this piece to the bin?" in page.text
    assert "For 30 days you can bring it back" in page.text
    assert Composition.objects.get().deleted_at is None


def test_the_piece_goes_into_the_bin_with_its_files(as_alice, ready_piece):
    made, other = ready_piece(title="Lantern"), ready_piece()

    response = as_alice.post(f"/compositions/{made.pk}/delete/")

    assert response["Location"] == "/me/"
    assert list(Composition.objects.kept()) == [other]
    assert made.mp3.storage.exists(made.mp3.name)


def test_undo_stands_beside_the_news(as_alice, ready_piece):
    made = ready_piece(title="Lantern <3")

    page = as_alice.post(f"/compositions/{made.pk}/delete/", follow=True).text

    assert "“Lantern &lt;3” is in the" in page
    assert f'form="undo" formaction="/compositions/{made.pk}/restore/">Undo</button>' in page
    assert '<form id="undo" method="post" hidden><input type="hidden" name="csrf' in page


def test_undo_brings_it_back_as_it_was(as_alice, client, ready_piece):
    made = ready_piece(title="Lantern", visibility=Visibility.PUBLIC)
    as_alice.post(f"/compositions/{made.pk}/delete/")

    response = as_alice.post(f"/compositions/{made.pk}/restore/")

    assert response["Location"] == f"/compositions/{made.pk}/"
    assert client.get(f"/compositions/{made.pk}/audio.mp3").status_code == 200


@pytest.mark.parametrize("status", Status.values)
def test_it_works_in_every_state(as_alice, piece, status):
    made = piece(status=status)

    as_alice.post(f"/compositions/{made.pk}/delete/")

    made.refresh_from_db()
    assert made.deleted_at
    assert not made.is_unfinished


def test_what_was_being_made_comes_back_cancelled(as_alice, piece):
    made = piece(status=Status.COMPOSING)

    as_alice.post(f"/compositions/{made.pk}/delete/")
    page = as_alice.post(f"/compositions/{made.pk}/restore/", follow=True)

    assert "Try again" in page.text
    assert Composition.objects.get().status == Status.CANCELLED


@pytest.mark.parametrize("method", ["get", "head", "post"])
def test_no_address_of_it_answers_anybody(client, as_alice, as_bob, ready_piece, method):
    made = ready_piece(visibility=Visibility.PUBLIC, deleted_at=timezone.now())

    for route in routes_of_pieces():
        if not any(way in route for way in NOT_GONE):
            url = of_piece(route, made.pk)
            for browser in (client, as_alice, as_bob):
                assert getattr(browser, method)(url).status_code in (404, 405, 302), url
            assert getattr(as_alice, method)(url).status_code in (404, 405), url


def test_it_counts_nowhere(as_alice, as_bob, bob, ready_piece):
    made = ready_piece(title="Gone", visibility=Visibility.PUBLIC, deleted_at=timezone.now())
    Favourite.objects.create(user=bob, composition=made)
    Play.objects.create(composition=made, listener="a", day="2026-01-01")

    for url in ("/", "/?q=gone", "/me/", "/me/favourites/", "/feed/"):
        assert "Gone" not in as_alice.get(url).text, url
        assert "Gone" not in as_bob.get(url).text, url
    assert as_bob.get("/people/alice/").status_code == 404
    assert "0 public pieces&nbsp;· 0 plays&nbsp;· 0 hearts" in as_alice.get("/people/alice/").text
    assert {count for _, _, count in as_alice.get("/me/").context["states"]} == {0}


def test_restoring_twice_is_as_good_as_once(as_alice, ready_piece):
    made = ready_piece(deleted_at=timezone.now())

    for _ in range(2):
        assert as_alice.post(f"/compositions/{made.pk}/restore/").status_code == 302


def test_a_stranger_restores_nothing(as_bob, client, ready_piece):
    made = ready_piece(visibility=Visibility.PUBLIC, deleted_at=timezone.now())
    url = f"/compositions/{made.pk}/restore/"

    assert as_bob.post(url).status_code == 404
    assert client.post(url).status_code == 302
    as_bob.post("/me/bin/restore/", {"pieces": str(made.pk)})

    assert Composition.objects.get().deleted_at


def test_restoring_takes_a_post(as_alice, ready_piece):
    made = ready_piece(deleted_at=timezone.now())

    assert as_alice.get(f"/compositions/{made.pk}/restore/").status_code == 405
    assert as_alice.get("/me/bin/restore/").status_code == 405
