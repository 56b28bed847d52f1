from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from generator.models import Status, Visibility

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


def shown(response):
    return [piece.title for piece in response.context["page"].object_list]


def is_now(moment):
    return timezone.now() - moment < timedelta(minutes=1)


def test_the_owner_publishes(as_alice, client, ready_piece):
    made = ready_piece()

    response = as_alice.post(f"/compositions/{made.pk}/publish/")

    assert response["Location"] == f"/compositions/{made.pk}/"
    assert client.get(f"/compositions/{made.pk}/").status_code == 200
    assert "Public: everybody can hear it" in as_alice.get(f"/compositions/{made.pk}/").text


def test_the_owner_takes_it_back(as_alice, client, ready_piece):
    made = ready_piece(visibility=Visibility.PUBLIC)

    as_alice.post(f"/compositions/{made.pk}/unpublish/")

    assert client.get(f"/compositions/{made.pk}/").status_code == 404
    assert "Private: only you can hear it" in as_alice.get(f"/compositions/{made.pk}/").text


@pytest.mark.parametrize("status", [status for status in Status.values if status != "ready"])
def test_an_unfinished_piece_stays_private(as_alice, piece, status):
    made = piece(status=status)

    page = as_alice.post(f"/compositions/{made.pk}/publish/", follow=True)

    made.refresh_from_db()
    assert made.visibility == Visibility.PRIVATE
    assert "Only a finished piece can be shared." in page.text


@pytest.mark.parametrize("action", ["publish", "unpublish"])
def test_twice_is_as_good_as_once(as_alice, ready_piece, action):
    made = ready_piece()

    for _ in range(2):
        assert as_alice.post(f"/compositions/{made.pk}/{action}/").status_code == 302


@pytest.mark.parametrize("action", ["publish", "unpublish"])
def test_it_rejects_get(as_alice, ready_piece, action):
    assert as_alice.get(f"/compositions/{ready_piece().pk}/{action}/").status_code == 405


def publish_by_button(browser, piece):
    browser.post(f"/compositions/{piece.pk}/publish/")


def publish_by_choice(browser, piece):
    browser.post(f"/compositions/{piece.pk}/visibility/", {"visibility": "public"})


def publish_among_others(browser, piece):
    browser.post("/me/bulk/", {"action": "publish", "piece": [piece.pk]})


WAYS = [publish_by_button, publish_by_choice, publish_among_others]


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("before", [Visibility.PRIVATE, Visibility.UNLISTED])
def test_what_is_published_is_new_to_the_gallery(as_alice, client, ready_piece, way, before):
    old = ready_piece(title="Old", visibility=before, created_at=LONG_AGO, finished_at=LONG_AGO)
    ready_piece(title="Young", visibility=Visibility.PUBLIC)

    way(as_alice, old)

    old.refresh_from_db()
    assert is_now(old.published_at)
    assert shown(client.get("/")) == ["Old", "Young"]
    assert shown(client.get("/people/alice/")) == ["Old", "Young"]
    assert shown(as_alice.get("/me/")) == ["Young", "Old"]


@pytest.mark.parametrize("way", WAYS)
def test_what_is_public_does_not_become_new_again(as_alice, ready_piece, way):
    made = ready_piece(visibility=Visibility.PUBLIC, published_at=LONG_AGO)

    way(as_alice, made)

    made.refresh_from_db()
    assert made.published_at == LONG_AGO


@pytest.mark.parametrize("kind", ["private", "unlisted"])
def test_what_is_taken_back_was_never_published(as_alice, ready_piece, kind):
    made = ready_piece(visibility=Visibility.PUBLIC)

    as_alice.post(f"/compositions/{made.pk}/visibility/", {"visibility": kind})

    made.refresh_from_db()
    assert made.published_at is None
