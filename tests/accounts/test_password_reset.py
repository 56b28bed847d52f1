import re
from datetime import timedelta

import pytest
from django.core import mail
from django.utils import timezone

from musicsite.accounts.models import MOST_MAILS, Turn

NEW = "an entirely new sentence"


def ask(client, email="alice@example.org"):
    return client.post("/accounts/password_reset/", {"email": email}, follow=True)


def words_of(page):
    """What a page says, but for the tokens of its forms."""
    return re.sub(r"\b\w{64}\b", "", page.text)


def link_in(message):
    return re.search(r"http://testserver(\S+)", message.body)[1]


def test_the_link_from_the_mail_sets_a_new_password(client, alice):
    ask(client)
    (message,) = mail.outbox
    assert message.to == ["alice@example.org"]
    assert message.subject == "Your password at Nocturne"
    form = client.get(link_in(message), follow=True)
    wish = {"new_password1": NEW, "new_password2": NEW}
    done = client.post(form.request["PATH_INFO"], wish, follow=True)
    assert "Your password is changed" in done.text
    alice.refresh_from_db()
    assert alice.check_password(NEW)


def test_the_link_works_once(client, alice):
    ask(client)
    link = link_in(mail.outbox[0])
    form = client.get(link, follow=True)
    client.post(form.request["PATH_INFO"], {"new_password1": NEW, "new_password2": NEW})
    again = client.get(link, follow=True)
    assert "This link does not work" in again.text


@pytest.mark.django_db
def test_a_made_up_link_does_not_work(client):
    page = client.get("/accounts/reset/MQ/abc-def/", follow=True)
    assert page.status_code == 200
    assert "This link does not work" in page.text


def test_known_and_unknown_addresses_get_the_same_words(client, alice):
    known, unknown = ask(client), ask(client, "nobody@example.org")
    assert known.status_code == unknown.status_code == 200
    assert known.redirect_chain == unknown.redirect_chain
    assert words_of(known) == words_of(unknown)
    assert len(mail.outbox) == 1


def test_capitals_of_the_address_do_not_matter(client, alice):
    ask(client, "Alice@Example.org")
    assert len(mail.outbox) == 1


def test_nobody_gets_more_than_some_mails_an_hour(client, alice):
    for _ in range(MOST_MAILS + 2):
        page = ask(client)
    assert len(mail.outbox) == MOST_MAILS
    assert "a link is on its way" in page.text
    Turn.objects.update(taken_at=timezone.now() - timedelta(minutes=61))
    ask(client)
    assert len(mail.outbox) == MOST_MAILS + 1
    assert Turn.objects.count() == 1


def test_a_new_password_ends_the_wait_after_wrong_ones(client, alice):
    for _ in range(20):
        client.post("/accounts/login/", {"username": "Alice", "password": "wrong"})
    ask(client)
    form = client.get(link_in(mail.outbox[0]), follow=True)
    client.post(form.request["PATH_INFO"], {"new_password1": NEW, "new_password2": NEW})
    answer = client.post("/accounts/login/", {"username": "alice", "password": NEW})
    assert answer.status_code == 302


def test_a_broken_mail_server_changes_no_words(client, alice, settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1
    assert "a link is on its way" in ask(client).text
