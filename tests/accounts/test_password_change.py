from django.test import Client

from tests.conftest import PASSWORD, browser_of

NEW = "an entirely new sentence"


def change(client, old=PASSWORD, new=NEW):
    wish = {"old_password": old, "new_password1": new, "new_password2": new}
    return client.post("/accounts/password_change/", wish)


def test_a_visitor_is_asked_to_log_in(client):
    assert client.get("/accounts/password_change/").status_code == 302


def test_it_changes_the_password_and_logs_out_other_devices(as_alice, alice):
    elsewhere = browser_of(alice)
    assert as_alice.get("/accounts/password_change/").status_code == 200
    done = as_alice.post(
        "/accounts/password_change/",
        {"old_password": PASSWORD, "new_password1": NEW, "new_password2": NEW},
        follow=True,
    )
    assert "Your password is changed" in done.text
    assert as_alice.get("/accounts/").status_code == 200
    assert elsewhere.get("/accounts/").status_code == 302
    alice.refresh_from_db()
    assert alice.check_password(NEW)


def test_the_old_password_must_be_right(as_alice, alice):
    page = change(as_alice, old="wrong")
    assert "old_password" in page.context["form"].errors
    alice.refresh_from_db()
    assert alice.check_password(PASSWORD)


def test_a_weak_password_is_refused(as_alice):
    assert "new_password2" in change(as_alice, new="alice").context["form"].errors


def test_it_needs_the_forms_token(alice):
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(alice)
    assert change(strict).status_code == 403
