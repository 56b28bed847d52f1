import pytest
from django.contrib.auth import get_user_model

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
    assert dora.email == "dora@example.org"
    assert not dora.is_staff
    assert client.get("/accounts/").context["user"] == dora


@pytest.mark.parametrize(
    ("change", "field"),
    [
        pytest.param({"username": ""}, "username", id="no-name"),
        pytest.param({"username": "Alice"}, "username", id="name-taken-but-for-capitals"),
        pytest.param({"username": "Nocturne"}, "username", id="name-of-the-site"),
        pytest.param({"username": "a b<script>"}, "username", id="markup-in-name"),
        pytest.param({"username": "x" * 151}, "username", id="long-name"),
        pytest.param({"email": ""}, "email", id="no-address"),
        pytest.param({"email": "dora"}, "email", id="no-real-address"),
        pytest.param({"email": "ALICE@example.org"}, "email", id="address-taken-but-for-capitals"),
        pytest.param({"password2": "other"}, "password2", id="passwords-differ"),
        pytest.param({"password1": "123", "password2": "123"}, "password2", id="weak-password"),
    ],
)
def test_a_wrong_field_is_named_and_nobody_created(client, alice, change, field):
    page = client.post("/accounts/signup/", DORA | change)
    assert page.status_code == 200
    assert field in page.context["form"].errors
    assert get_user_model().objects.count() == 1


@pytest.mark.django_db
def test_what_was_typed_is_kept_but_not_the_password(client):
    page = client.post("/accounts/signup/", DORA | {"password2": "other"})
    assert 'value="dora@example.org"' in page.text
    assert PASSWORD not in page.text


def test_a_name_taken_in_the_last_moment_is_an_error_not_a_crash(client, alice, monkeypatch):
    monkeypatch.setattr(
        "musicsite.accounts.forms.SignUpForm.clean_email", lambda form: DORA["email"]
    )
    monkeypatch.setattr(get_user_model(), "validate_constraints", lambda *args, **kwargs: None)
    get_user_model().objects.create_user("dora2", email=DORA["email"])
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
