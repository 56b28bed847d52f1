"""The link of the sign-up once more, for somebody whose address is not confirmed."""

import re

import pytest
from django.contrib.auth import get_user_model
from django.core import mail

from musicsite.accounts.models import MOST_MAILS
from tests.conftest import PASSWORD, browser_of

PAGE = "/accounts/email/again/"


@pytest.fixture
def emil(db):
    people = get_user_model().objects
    return people.create_user("emil", "", PASSWORD, unconfirmed_email="emil@example.org")


@pytest.fixture
def as_emil(emil):
    return browser_of(emil)


def link_in(message):
    return re.search(r"http://testserver(\S+)", message.body)[1]


def test_the_link_comes_again(as_emil, emil):
    assert f'action="{PAGE}"' in as_emil.get("/accounts/").text
    page = as_emil.post(PAGE, follow=True)
    assert page.redirect_chain == [("/accounts/", 302)]
    assert "a link is on its way" in page.text
    (message,) = mail.outbox
    assert message.to == ["emil@example.org"]
    as_emil.post(link_in(message))
    emil.refresh_from_db()
    assert (emil.email, emil.unconfirmed_email) == ("emil@example.org", "")


def test_with_a_confirmed_address_nothing_is_sent(as_alice):
    assert PAGE not in as_alice.get("/accounts/").text
    assert as_alice.post(PAGE).url == "/accounts/"
    assert mail.outbox == []


def test_without_any_wish_nothing_is_sent(as_emil, emil):
    emil.unconfirmed_email = ""
    emil.save(update_fields=["unconfirmed_email"])
    page = as_emil.post(PAGE, follow=True)
    assert "None yet" in page.text
    assert mail.outbox == []


def test_it_is_sent_only_so_often(as_emil):
    for _ in range(MOST_MAILS):
        as_emil.post(PAGE)
    page = as_emil.post(PAGE, follow=True)
    assert f"You have asked for {MOST_MAILS} mails within the hour." in page.text
    assert len(mail.outbox) == MOST_MAILS


def test_another_wish_ends_the_first_link(as_emil, emil):
    """Whoever has the address that was mistyped shall not confirm it afterwards."""
    as_emil.post(PAGE)
    assert "emil@example.org" in as_emil.get("/accounts/email/").text
    wish = {"email": "emil@right.example.org", "password": PASSWORD}
    page = as_emil.post("/accounts/email/", wish, follow=True)
    assert "Not confirmed yet: emil@right.example.org" in page.text
    wrong, right = map(link_in, mail.outbox)
    assert "This link does not work" in as_emil.post(wrong).text
    as_emil.post(right)
    emil.refresh_from_db()
    assert (emil.email, emil.unconfirmed_email) == ("emil@right.example.org", "")


def test_pieces_are_told_of_only_once_it_is_confirmed(as_emil, emil):
    assert "Not before your address is confirmed." in as_emil.get("/accounts/edit/").text
    as_emil.post("/accounts/edit/", {"mail_when_ready": "on"})
    assert "on once your address is confirmed" in as_emil.get("/accounts/").text
    as_emil.post(PAGE)
    as_emil.post(link_in(mail.outbox[0]))
    assert "Not before" not in as_emil.get("/accounts/edit/").text
    assert "once your address is confirmed" not in as_emil.get("/accounts/").text


def test_a_visitor_is_asked_to_log_in(client):
    assert client.post(PAGE).url.startswith("/accounts/login/")


def test_it_rejects_get(as_emil):
    assert as_emil.get(PAGE).status_code == 405
