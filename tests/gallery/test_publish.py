import pytest

from generator.models import Status, Visibility


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
