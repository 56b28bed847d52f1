import uuid

import pytest

from generator.models import Status


@pytest.mark.parametrize("status", [Status.QUEUED, Status.COMPOSING, Status.RENDERING])
def test_the_owner_can_cancel(as_alice, piece, status):
    made = piece(status=status)
    answer = as_alice.post(f"/compositions/{made.pk}/cancel/")
    assert answer.status_code == 302
    assert answer.url == f"/compositions/{made.pk}/"
    made.refresh_from_db()
    assert made.status == Status.CANCELLED


def test_a_finished_piece_stays_ready(as_alice, ready_piece):
    made = ready_piece()
    assert as_alice.post(f"/compositions/{made.pk}/cancel/").status_code == 302
    made.refresh_from_db()
    assert made.status == Status.READY


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (Status.READY, "It is ready already."),
        (Status.FAILED, "It had failed before. You can try it again."),
        (Status.CANCELLED, "It is cancelled already."),
    ],
)
def test_a_late_click_is_told_what_is_true_now(as_alice, ready_piece, status, words):
    made = ready_piece(status=status)
    answer = as_alice.post(f"/compositions/{made.pk}/cancel/", follow=True)
    assert [str(message) for message in answer.context["messages"]] == [words]


def test_beside_other_pieces_it_leads_back_to_them(as_alice, piece):
    for place in ("mine", "https://example.org/", ""):
        made = piece()
        answer = as_alice.post(f"/compositions/{made.pk}/cancel/", {"next": place})
        assert answer.url == ("/me/" if place == "mine" else f"/compositions/{made.pk}/")


def test_it_rejects_get(as_alice, piece):
    assert as_alice.get(f"/compositions/{piece().pk}/cancel/").status_code == 405


def test_a_stranger_gets_404(as_bob, piece):
    made = piece()
    assert as_bob.post(f"/compositions/{made.pk}/cancel/").status_code == 404
    made.refresh_from_db()
    assert made.status == Status.QUEUED


def test_a_stranger_gets_404_for_a_public_piece_too(as_bob, piece):
    made = piece(visibility="public")
    assert as_bob.post(f"/compositions/{made.pk}/cancel/").status_code == 404


def test_a_missing_piece_is_404(as_alice):
    assert as_alice.post(f"/compositions/{uuid.uuid4()}/cancel/").status_code == 404


def test_a_visitor_is_sent_to_the_login(client, piece):
    answer = client.post(f"/compositions/{piece().pk}/cancel/")
    assert answer.url.startswith("/accounts/login/")
