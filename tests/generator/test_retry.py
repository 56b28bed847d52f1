import pytest

from generator.models import Status
from generator.views import pieces


@pytest.fixture(autouse=True)
def enqueued(monkeypatch):
    """The pieces that were put on the queue."""
    queued = []
    monkeypatch.setattr(pieces, "enqueue", queued.append)
    return queued


def messages_after(client, url):
    return [str(message) for message in client.post(url, follow=True).context["messages"]]


@pytest.mark.parametrize("status", [Status.FAILED, Status.CANCELLED])
def test_the_owner_can_try_again(as_alice, piece, enqueued, status):
    made = piece(status=status, error="The soundfont is missing.")
    answer = as_alice.post(f"/compositions/{made.pk}/retry/")
    assert answer.url == f"/compositions/{made.pk}/"
    made.refresh_from_db()
    assert (made.status, made.attempt, made.error) == (Status.QUEUED, 2, "")
    assert [(piece.pk, piece.attempt) for piece in enqueued] == [(made.pk, 2)]


def test_a_second_click_does_nothing(as_alice, piece, enqueued):
    made = piece(status=Status.FAILED)
    assert messages_after(as_alice, f"/compositions/{made.pk}/retry/") == []
    words = messages_after(as_alice, f"/compositions/{made.pk}/retry/")
    assert words == ["It is being made again."]
    made.refresh_from_db()
    assert made.attempt == 2
    assert len(enqueued) == 1


def test_the_quota_is_explained(as_alice, piece, settings, enqueued):
    settings.MOST_UNFINISHED = 1
    piece()
    made = piece(status=Status.FAILED)
    (words,) = messages_after(as_alice, f"/compositions/{made.pk}/retry/")
    assert "You already have 1 piece waiting" in words
    assert not enqueued


def test_a_deactivated_model_is_explained(as_alice, piece, trained_model, enqueued):
    trained_model.status, trained_model.is_default = "retired", False
    trained_model.save()
    made = piece(status=Status.FAILED)
    (words,) = messages_after(as_alice, f"/compositions/{made.pk}/retry/")
    assert words == "The model “Concert” is no longer offered. Ask for a new piece."
    made.refresh_from_db()
    assert made.status == Status.FAILED
    assert not enqueued


def test_it_rejects_get(as_alice, piece):
    assert as_alice.get(f"/compositions/{piece().pk}/retry/").status_code == 405


def test_a_stranger_gets_404(as_bob, piece, enqueued):
    made = piece(status=Status.FAILED)
    assert as_bob.post(f"/compositions/{made.pk}/retry/").status_code == 404
    assert not enqueued


def test_a_visitor_is_sent_to_the_login(client, piece):
    answer = client.post(f"/compositions/{piece().pk}/retry/")
    assert answer.url.startswith("/accounts/login/")
