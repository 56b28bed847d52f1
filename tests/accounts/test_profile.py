import pytest
from django.utils import timezone

from tests.conftest import browser_of


def test_a_visitor_is_asked_to_log_in(client):
    assert client.get("/accounts/").url == "/accounts/login/?next=/accounts/"


def test_it_shows_the_person_and_what_may_still_be_asked_for(as_alice, piece, settings):
    settings.MOST_UNFINISHED = 3
    piece()
    piece(status="ready")
    page = as_alice.get("/accounts/")
    assert "alice@example.org" in page.text
    assert page.context["pieces"] == 2
    assert page.context["unfinished"] == 1
    assert page.context["left"] == 2


def test_nothing_is_left_but_never_less(as_alice, piece, settings):
    settings.MOST_UNFINISHED = 1
    piece()
    piece()
    assert as_alice.get("/accounts/").context["left"] == 0


def test_what_lies_in_the_bin_is_counted_apart(as_alice, piece):
    piece(status="ready")
    piece(status="ready", deleted_at=timezone.now())
    page = as_alice.get("/accounts/")
    assert page.context["pieces"] == 1
    assert ">1 in the bin</a>" in page.text


def test_others_pieces_do_not_count(as_bob, piece):
    piece()
    assert as_bob.get("/accounts/").context["pieces"] == 0


@pytest.mark.parametrize(
    "address", ["edit/", "email/", "password_change/", "sessions/", "export/", "delete/"]
)
def test_it_leads_to_all_that_can_be_set(as_alice, address):
    assert f'href="/accounts/{address}"' in as_alice.get("/accounts/").text
    assert as_alice.get(f"/accounts/{address}").status_code == 200


def test_it_counts_the_logins(as_alice, alice):
    assert "logged in on 1 device<" in as_alice.get("/accounts/").text
    browser_of(alice)
    assert "logged in on 2 devices<" in as_alice.get("/accounts/").text


def test_it_rejects_post(as_alice):
    assert as_alice.post("/accounts/").status_code == 405


def test_only_staff_see_the_way_to_the_administration(as_alice, as_carol):
    assert "/admin/" not in as_alice.get("/accounts/").text
    assert "/admin/" in as_carol.get("/accounts/").text
