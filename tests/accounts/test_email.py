"""Another address for an account. `ask` asks, `link_in` finds the link in the mail."""

import re
from datetime import timedelta
from smtplib import SMTPRecipientsRefused

import pytest
from axes.models import AccessAttempt
from django.contrib.auth import get_user_model
from django.core import mail, signing
from django.utils import timezone

from musicsite.accounts import email
from musicsite.accounts.models import MOST_MAILS, Turn
from tests.conftest import PASSWORD, person

NEW = "alice@new.example.org"


def ask(client, address=NEW, password=PASSWORD):
    return client.post("/accounts/email/", {"email": address, "password": password}, follow=True)


def link_in(message):
    return re.search(r"http://testserver(\S+)", message.body)[1]


def link_to(client, address=NEW):
    ask(client, address)
    return link_in(mail.outbox[-1])


def words_of(page):
    """What a page says, but for the tokens of its forms."""
    return re.sub(r"\b\w{64}\b", "", page.text)


def address_of(user):
    return get_user_model().objects.get(pk=user.pk).email


def test_a_visitor_is_asked_to_log_in(client):
    assert client.get("/accounts/email/").url == "/accounts/login/?next=/accounts/email/"


def test_the_link_goes_to_the_new_address_and_nothing_changes_yet(as_alice, alice):
    assert "alice@example.org" in as_alice.get("/accounts/email/").text
    page = ask(as_alice)
    (message,) = mail.outbox
    assert message.to == [NEW]
    assert "a link is on its way" in page.text
    assert address_of(alice) == "alice@example.org"


def test_to_open_the_link_changes_nothing(client, as_alice, alice):
    link = link_to(as_alice)
    for _ in range(2):
        page = client.get(link)
        assert page.status_code == 200
        assert "Yes, use this address" in page.text
    client.head(link)
    assert address_of(alice) == "alice@example.org"


def test_the_button_changes_the_address_and_the_old_one_is_told(client, as_alice, alice):
    link = link_to(as_alice)
    answer = client.post(link)
    assert answer.url == "/accounts/"
    assert address_of(alice) == NEW
    told = mail.outbox[-1]
    assert told.to == ["alice@example.org"]
    assert "has a new e-mail address" in told.body
    assert NEW not in told.body


def test_the_link_works_once_even_after_the_old_address_came_back(as_alice, alice):
    first = link_to(as_alice)
    as_alice.post(first)
    assert "This link does not work" in as_alice.post(first).text
    as_alice.post(link_to(as_alice, "alice@example.org"))
    assert address_of(alice) == "alice@example.org"
    assert "This link does not work" in as_alice.post(first).text
    assert address_of(alice) == "alice@example.org"


def test_a_new_password_ends_the_link(client, as_alice, alice):
    link = link_to(as_alice)
    alice.set_password("an entirely new sentence")
    alice.save(update_fields=["password"])
    assert "This link does not work" in client.post(link).text
    assert address_of(alice) == "alice@example.org"


def test_the_link_works_for_a_day(client, as_alice, alice, monkeypatch):
    link = link_to(as_alice)
    monkeypatch.setattr(email, "LINK_LASTS", -1)
    assert "This link does not work" in client.post(link).text
    assert address_of(alice) == "alice@example.org"


@pytest.mark.parametrize(
    "token",
    ["none", "a:b:c", signing.dumps({"person": 1, "address": NEW, "state": ""}, salt="another")],
)
def test_a_made_up_link_does_not_work(client, alice, token):
    for method in (client.get, client.post):
        page = method(f"/accounts/email/{token}/")
        assert page.status_code == 200
        assert "This link does not work" in page.text


def test_the_link_of_a_deleted_or_closed_account_does_not_work(client, as_alice, alice):
    link = link_to(as_alice)
    alice.is_active = False
    alice.save(update_fields=["is_active"])
    assert "This link does not work" in client.get(link).text
    alice.delete()
    assert "This link does not work" in client.get(link).text


def test_whether_an_address_is_known_is_not_said(as_alice, bob):
    unknown, known = ask(as_alice), ask(as_alice, "BOB@example.org")
    assert known.redirect_chain == unknown.redirect_chain
    assert words_of(known) == words_of(unknown).replace(NEW, "BOB@example.org")
    assert [message.to for message in mail.outbox] == [[NEW], ["BOB@example.org"]]
    assert "belongs to your account there already" in mail.outbox[1].body
    assert "alice" not in mail.outbox[1].body
    assert "/accounts/email/" not in mail.outbox[1].body


def test_an_address_taken_meanwhile_stays_with_its_owner(client, as_alice, alice):
    link = link_to(as_alice)
    dora = person("dora")
    get_user_model().objects.filter(pk=dora.pk).update(email=NEW.upper())
    page = client.post(link)
    assert page.status_code == 200
    assert "<title>This address is taken ·" in page.text
    assert "<h1>This address is taken</h1>" in page.text
    assert address_of(alice) == "alice@example.org"
    assert len(mail.outbox) == 1


def test_of_two_links_the_second_button_finds_the_address_changed(as_alice, alice):
    one, two = link_to(as_alice), link_to(as_alice, "alice@other.example.org")
    as_alice.post(one)
    assert "This link does not work" in as_alice.post(two).text
    assert address_of(alice) == NEW


def test_the_capitals_of_the_own_address_can_be_changed(as_alice, alice):
    as_alice.post(link_to(as_alice, "Alice@example.org"))
    assert address_of(alice) == "Alice@example.org"


@pytest.mark.parametrize(
    ("change", "field"),
    [
        pytest.param({"password": "wrong"}, "password", id="wrong-password"),
        pytest.param({"password": ""}, "password", id="no-password"),
        pytest.param({"address": ""}, "email", id="no-address"),
        pytest.param({"address": "alice"}, "email", id="no-real-address"),
        pytest.param({"address": "alice@example.org"}, "email", id="own-address"),
        pytest.param({"address": f"{'x' * 250}@example.org"}, "email", id="long"),
        pytest.param({"address": "a@example.org\nBcc: b@example.org"}, "email", id="two-lines"),
    ],
)
def test_a_wrong_field_is_named_and_no_mail_sent(as_alice, change, field):
    page = ask(as_alice, **change)
    assert page.status_code == 200
    assert field in page.context["form"].errors
    assert mail.outbox == []


def test_wrong_passwords_count_as_at_the_login(as_alice, alice):
    for _ in range(20):
        page = ask(as_alice, password="wrong")
    assert page.status_code == 429
    assert ask(as_alice).status_code == 429
    attempt = AccessAttempt.objects.get()
    assert attempt.username == "alice"
    assert NEW not in attempt.post_data
    assert mail.outbox == []


# Ten mails an hour to one address, whoever asks for them.


def test_nobody_gets_more_than_some_mails_an_hour(as_alice, as_bob):
    for number in range(MOST_MAILS + 4):
        page = ask(as_bob if number % 2 else as_alice, NEW.upper() if number % 3 else NEW)
        assert "a link is on its way" in page.text
    assert len(mail.outbox) == MOST_MAILS
    ask(as_alice, "another@example.org")
    assert len(mail.outbox) == MOST_MAILS + 1
    Turn.objects.update(taken_at=timezone.now() - timedelta(minutes=61))
    ask(as_alice)
    assert len(mail.outbox) == MOST_MAILS + 2
    assert Turn.objects.count() == 2  # one of the address, one of her account


def test_nobody_asks_for_more_than_some_mails_an_hour_to_whatever_addresses(as_alice, as_bob):
    for number in range(MOST_MAILS):
        assert "a link is on its way" in ask(as_alice, f"stranger{number}@example.org").text
    page = ask(as_alice, "stranger@example.org")
    assert page.status_code == 200
    assert f"You have asked for {MOST_MAILS} mails within the hour." in page.text
    assert len(mail.outbox) == MOST_MAILS
    ask(as_bob, "stranger@example.org")
    assert len(mail.outbox) == MOST_MAILS + 1
    Turn.objects.update(taken_at=timezone.now() - timedelta(minutes=61))
    ask(as_alice, "stranger@example.org")
    assert len(mail.outbox) == MOST_MAILS + 2


def test_reset_mails_and_these_are_counted_together(client, as_alice, bob):
    for _ in range(MOST_MAILS):
        client.post("/accounts/password_reset/", {"email": "bob@example.org"})
    ask(as_alice, "bob@example.org")
    assert len(mail.outbox) == MOST_MAILS


def test_the_count_names_nobody(as_alice):
    ask(as_alice)
    rows = str(list(Turn.objects.values()))
    assert rows.count("digest") == 2
    assert "alice" not in rows
    assert "example" not in rows


def test_the_old_address_is_told_however_many_mails_it_had(client, as_alice, alice):
    for _ in range(MOST_MAILS):
        client.post("/accounts/password_reset/", {"email": "alice@example.org"})
    as_alice.post(link_to(as_alice))
    assert mail.outbox[-1].to == ["alice@example.org"]
    assert "has a new e-mail address" in mail.outbox[-1].body


# A mail server that does not work.


def refuse(*args, **kwargs):
    raise SMTPRecipientsRefused({})


def test_a_mail_that_cannot_be_sent_is_said_in_the_same_words_for_all(as_alice, bob, monkeypatch):
    monkeypatch.setattr("django.core.mail.send_mail", refuse)
    for address in (NEW, "bob@example.org"):
        page = ask(as_alice, address)
        assert page.status_code == 200
        assert "The mail could not be sent just now." in page.text


def test_the_change_holds_though_the_old_address_cannot_be_told(as_alice, alice, monkeypatch):
    link = link_to(as_alice)
    monkeypatch.setattr("django.core.mail.send_mail", refuse)
    assert as_alice.post(link).status_code == 302
    assert address_of(alice) == NEW
