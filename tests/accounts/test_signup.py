import re
from datetime import timedelta

import pytest
from django.contrib.auth import get_user_model
from django.core import mail
from django.test import Client
from django.utils import timezone

from musicsite.accounts.models import MOST_MAILS, Turn
from tests.conftest import PASSWORD

DORA = {
    "username": "dora",
    "email": "dora@example.org",
    "password1": PASSWORD,
    "password2": PASSWORD,
}


@pytest.mark.django_db
def test_it_shows_the_form_to_anybody(client):
    page = client.get("/accounts/signup/")
    assert page.status_code == 200
    for name in ("username", "email", "password1", "password2"):
        assert f'name="{name}"' in page.text


@pytest.mark.django_db
def test_it_creates_the_person_and_logs_in(client):
    answer = client.post("/accounts/signup/", DORA)
    assert answer.status_code == 302
    assert answer.url == "/compose/"
    dora = get_user_model().objects.get(username="dora")
    assert (dora.email, dora.unconfirmed_email) == ("", "dora@example.org")
    assert not dora.is_staff
    assert client.get("/accounts/").context["user"] == dora


@pytest.mark.parametrize(
    ("change", "field"),
    [
        pytest.param({"username": ""}, "username", id="no-name"),
        pytest.param({"username": "Alice"}, "username", id="name-taken-but-for-capitals"),
        pytest.param({"username": "Nocturne"}, "username", id="name-of-the-site"),
        pytest.param({"username": "ADMIN"}, "username", id="name-of-who-runs-the-site"),
        pytest.param({"username": "."}, "username", id="name-that-is-no-address"),
        pytest.param({"username": ".."}, "username", id="name-that-leads-up"),
        pytest.param({"username": "_@+-"}, "username", id="name-of-marks"),
        pytest.param({"username": "\u3164"}, "username", id="name-of-an-unseen-letter"),
        pytest.param({"username": "alice\u115f"}, "username", id="name-with-an-unseen-letter"),
        pytest.param({"username": "a b<script>"}, "username", id="markup-in-name"),
        pytest.param({"username": "x" * 151}, "username", id="long-name"),
        pytest.param({"email": ""}, "email", id="no-address"),
        pytest.param({"email": "dora"}, "email", id="no-real-address"),
        pytest.param({"password2": "other"}, "password2", id="passwords-differ"),
        pytest.param({"password1": "123", "password2": "123"}, "password2", id="weak-password"),
        pytest.param(
            {"password1": "Dora@example.org", "password2": "Dora@example.org"},
            "password2",
            id="password-like-the-address",
        ),
    ],
)
def test_a_wrong_field_is_named_and_nobody_created(client, alice, change, field):
    page = client.post("/accounts/signup/", DORA | change)
    assert page.status_code == 200
    assert field in page.context["form"].errors
    assert get_user_model().objects.count() == 1


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["é", "李白", "한글", "7", "a.b", "_a_"])
def test_names_of_all_scripts_are_taken_and_have_a_page(client, name):
    assert client.post("/accounts/signup/", DORA | {"username": name}).status_code == 302
    assert client.get(f"/people/{name}/").status_code == 200


@pytest.mark.django_db
def test_what_was_typed_is_kept_but_not_the_password(client):
    page = client.post("/accounts/signup/", DORA | {"password2": "other"})
    assert 'value="dora@example.org"' in page.text
    assert PASSWORD not in page.text


def test_a_name_taken_in_the_last_moment_is_an_error_not_a_crash(client, alice, monkeypatch):
    for check in ("validate_constraints", "validate_unique"):
        monkeypatch.setattr(get_user_model(), check, lambda *args, **kwargs: None)
    monkeypatch.setattr(
        "musicsite.accounts.forms.SignUpForm.clean_username", lambda form: DORA["username"]
    )
    get_user_model().objects.create_user("Dora")
    page = client.post("/accounts/signup/", DORA)
    assert page.status_code == 200
    assert "has just been taken" in page.text


def test_whoever_is_logged_in_is_sent_on(as_alice):
    assert as_alice.get("/accounts/signup/").url == "/me/"


def test_nobody_makes_himself_staff(client, db):
    client.post("/accounts/signup/", DORA | {"is_staff": "on", "is_superuser": "on"})
    dora = get_user_model().objects.get(username="dora")
    assert not dora.is_staff
    assert not dora.is_superuser


# The address: nothing tells whether somebody has it, and nothing but one link is sent there.


def sign_up(name, email, **headers):
    """A browser of its own, and all that the sign-up answers but for names, tokens and numbers."""
    client = Client()
    wish = DORA | {"username": name, "email": email}
    page = client.post("/accounts/signup/", wish, follow=True, headers=headers)
    account = client.get("/accounts/")
    words = page.text + account.text
    tokens = r'\b\w{64}\b|\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b|(?<=data-listener=")\d+'
    said = re.sub(tokens, "", words).replace(email, "ADDRESS").replace(name, "NAME")
    return client, (page.redirect_chain, page.status_code, said)


def test_known_and_unknown_addresses_get_the_same_answer(alice, trained_model):
    _, known = sign_up("emil", "alice@example.org")
    _, unknown = sign_up("fritz", "fritz@example.org")
    assert "Not confirmed yet: ADDRESS" in known[2]
    assert "a link is on its way" in known[2]
    assert known == unknown
    assert [message.to for message in mail.outbox] == [["alice@example.org"], ["fritz@example.org"]]
    to_alice, to_fritz = (message.body for message in mail.outbox)
    assert "belongs to your account there already" in to_alice
    assert "/accounts/email/" not in to_alice
    assert "/accounts/email/" in to_fritz
    for words in (to_alice, to_fritz):  # a name could say anything to a stranger
        assert "emil" not in words
        assert "Hello fritz" not in words


def test_the_link_confirms_the_address(db):
    client, _ = sign_up("dora", "dora@example.org")
    link = re.search(r"http://testserver(\S+)", mail.outbox[0].body)[1]
    assert "in place of" not in client.get(link).text
    assert client.post(link).url == "/accounts/"
    dora = get_user_model().objects.get(username="dora")
    assert (dora.email, dora.unconfirmed_email) == ("dora@example.org", "")
    assert len(mail.outbox) == 1  # there is no old address to tell
    page = client.get("/accounts/")
    assert "Not confirmed yet" not in page.text
    assert "Send the link again" not in page.text
    assert "This link does not work" in client.post(link).text


def test_of_two_who_wish_an_address_the_first_to_confirm_has_it(db):
    for name in ("emil", "fritz"):
        sign_up(name, "house@example.org")
    first, second = (
        re.search(r"http://testserver(\S+)", message.body)[1] for message in mail.outbox
    )
    client = Client()
    client.post(second)
    page = client.post(first)
    assert "This address is taken" in page.text
    assert "still has none" in page.text
    people = dict(get_user_model().objects.values_list("username", "email"))
    assert people == {"emil": "", "fritz": "house@example.org"}


def test_until_it_is_confirmed_no_new_password_is_sent_there(client, db):
    sign_up("dora", "dora@example.org")
    page = client.post("/accounts/password_reset/", {"email": "dora@example.org"}, follow=True)
    assert "If an account has this address" in page.text
    assert len(mail.outbox) == 1  # the link of the sign-up


def test_a_mail_that_cannot_be_sent_does_not_stop_the_sign_up(client, trained_model, settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1
    page = client.post("/accounts/signup/", DORA, follow=True)
    assert page.redirect_chain == [("/compose/", 302)]
    assert "The mail could not be sent just now." in page.text
    assert "is on its way" not in page.text
    assert "Send the link again" in client.get("/accounts/").text


def test_an_address_that_no_mail_can_carry_is_no_error_of_ours(client, trained_model):
    page = client.post("/accounts/signup/", DORA | {"email": f"a@{'ü' * 60}.example"}, follow=True)
    assert page.status_code == 200
    assert "The mail could not be sent just now." in page.text


# So many an hour from one place.


def test_from_one_place_come_only_some_sign_ups_an_hour(db, settings):
    settings.MOST_SIGN_UPS = 2
    for name in ("emil", "fritz"):
        sign_up(name, f"{name}@example.org")
    _, (chain, status, said) = sign_up("gustav", "gustav@example.org")
    assert (chain, status) == ([], 200)
    assert "2 accounts have been made within the hour" in said
    assert not get_user_model().objects.filter(username="gustav").exists()
    assert len(mail.outbox) == 2
    Turn.objects.update(taken_at=timezone.now() - timedelta(minutes=61))
    sign_up("gustav", "gustav@example.org")
    assert get_user_model().objects.filter(username="gustav").exists()


def test_another_place_is_another_count_and_a_mistake_counts_nothing(db, settings):
    settings.MOST_SIGN_UPS, settings.PROXIES = 1, 1
    sign_up("emil", "no address", **{"X-Forwarded-For": "2001:db8::1"})
    places = {
        "emil": "2001:db8::1", "fritz": "2001:db8::f:2", "gustav": "2001:db8:0:1::1",
        "hugo": "::ffff:192.0.2.1", "ida": "::ffff:192.0.2.2", "jutta": "192.0.2.3:4711",
    }  # fmt: skip
    for name, address in places.items():
        sign_up(name, f"{name}@example.org", **{"X-Forwarded-For": address})
    made = get_user_model().objects.values_list("username", flat=True)
    assert set(made) == places.keys() - {"fritz"}  # whoever has one IPv6 address has its network


def test_no_address_gets_more_than_some_mails_an_hour_by_sign_ups(db):
    for number in range(MOST_MAILS + 1):
        sign_up(f"emil{number}", "house@example.org")
    assert len(mail.outbox) == MOST_MAILS
