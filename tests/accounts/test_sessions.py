"""Where a person is logged in. `log_in` opens one more browser, by the login page."""

from datetime import timedelta
from importlib import import_module

import pytest
from django.contrib.auth import SESSION_KEY
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from generator import reconcile
from musicsite.accounts.devices import name_device
from musicsite.accounts.models import Session
from tests.conftest import PASSWORD

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
WEBKIT = "AppleWebKit/537.36 (KHTML, like Gecko)"
CHROME = f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {WEBKIT} Chrome/150.0.0.0 Safari/537.36"
PAGE = "/accounts/sessions/"


def log_in(name="alice", browser=FIREFOX):
    client = Client(headers={"User-Agent": browser})
    client.post("/accounts/login/", {"username": name, "password": PASSWORD})
    return client


def row_of(client):
    return Session.objects.get(pk=client.session.session_key)


def end(client, session):
    return client.post(f"{PAGE}{session.handle}/end/", follow=True)


def is_logged_in(client):
    return client.get("/accounts/").status_code == 200


def test_a_visitor_is_asked_to_log_in(client):
    assert client.get(PAGE).url == f"/accounts/login/?next={PAGE}"


def test_it_lists_the_own_logins_and_marks_this_one(alice, bob):
    here, there = log_in(), log_in(browser=CHROME)
    log_in("bob", "Mozilla/5.0 (iPhone) Version/26.0 Safari/604.1")
    page = here.get(PAGE)
    assert "Firefox on Linux" in page.text
    assert "Chrome on Windows" in page.text
    assert "iPhone" not in page.text
    assert page.text.count("this one") == 1
    assert page.context["this"] == row_of(here).pk
    assert {login.pk for login in page.context["logins"]} == {row_of(here).pk, row_of(there).pk}


def test_no_key_stands_on_the_page(alice):
    here, there = log_in(), log_in()
    page = here.get(PAGE)
    for key in (row_of(here).pk, row_of(there).pk):
        assert key not in page.text
    assert row_of(there).pk not in str(row_of(there))


def test_where_a_login_comes_from_is_not_kept(alice):
    here = Client(headers={"User-Agent": FIREFOX}, REMOTE_ADDR="198.51.100.7")
    here.post("/accounts/login/", {"username": "alice", "password": PASSWORD})
    row = row_of(here)
    kept = f"{vars(row)} {row.get_decoded()}"
    assert FIREFOX in kept
    assert "198.51.100.7" not in kept


@pytest.mark.django_db
def test_visitors_get_no_session(client):
    for path in ("/", "/accounts/login/", "/accounts/signup/", "/healthz", "/nowhere/"):
        assert "sessionid" not in client.get(path).cookies
    assert not Session.objects.exists()


@pytest.mark.django_db
def test_a_new_account_is_listed_with_its_device():
    client = Client(headers={"User-Agent": CHROME})
    wish = {"username": "dora", "email": "dora@example.org"}
    client.post("/accounts/signup/", wish | {"password1": PASSWORD, "password2": PASSWORD})
    assert "Chrome on Windows" in client.get(PAGE).text


def test_a_login_of_staff_is_listed_as_well(carol):
    client = Client(headers={"User-Agent": CHROME})
    client.post("/admin/login/", {"username": "carol", "password": PASSWORD})
    assert client.get("/admin/").status_code == 200
    assert "Chrome on Windows" in client.get(PAGE).text


@pytest.mark.parametrize("browser", ["", "x" * 5000, "a\x07b\x1b[31m", "<script>alert(1)</script>"])
def test_whatever_a_browser_calls_itself_it_is_logged_in(alice, browser):
    client = log_in(browser=browser)
    page = client.get(PAGE)
    assert "An unknown device" in page.text
    assert len(row_of(client).user_agent) <= 300
    assert row_of(client).user_agent.isprintable()


# Ending them.


def test_one_login_can_be_ended(alice):
    here, there, elsewhere = log_in(), log_in(browser=CHROME), log_in()
    page = end(here, row_of(there))
    assert "Logged out on that device." in page.text
    assert not is_logged_in(there)
    assert is_logged_in(elsewhere)
    assert is_logged_in(here)


def test_all_others_can_be_ended_at_once(alice, bob):
    here, others, bobs = log_in(), [log_in(), log_in(), log_in(browser=CHROME)], log_in("bob")
    page = here.post(f"{PAGE}others/end/", follow=True)
    assert "Logged out on 3 devices." in page.text
    assert not any(map(is_logged_in, others))
    assert is_logged_in(here)
    assert is_logged_in(bobs)
    assert "had ended already" in here.post(f"{PAGE}others/end/", follow=True).text


def test_a_stranger_ends_nothing(alice, bob):
    here, bobs = log_in(), log_in("bob")
    page = end(bobs, row_of(here))
    assert "had ended already" in page.text
    assert is_logged_in(here)


def test_this_login_is_not_ended_here(alice):
    here = log_in()
    assert "had ended already" in end(here, row_of(here)).text
    assert is_logged_in(here)


def test_ending_takes_a_post(alice):
    here, there = log_in(), log_in()
    assert here.get(f"{PAGE}{row_of(there).handle}/end/").status_code == 405
    assert here.get(f"{PAGE}others/end/").status_code == 405
    assert here.post(PAGE).status_code == 405
    assert is_logged_in(there)


def test_a_handle_of_nothing_ends_nothing(alice):
    assert "had ended already" in log_in().post(f"{PAGE}none/end/", follow=True).text


def test_a_new_password_ends_all_others(alice):
    here, there = log_in(), log_in(browser=CHROME)
    begun = row_of(here).begun_at
    new = "an entirely new sentence"
    wish = {"old_password": PASSWORD, "new_password1": new, "new_password2": new}
    here.post("/accounts/password_change/", wish)
    (login,) = here.get(PAGE).context["logins"]
    assert login.pk == row_of(here).pk
    assert (login.device, login.begun_at) == ("Firefox on Linux", begun)
    assert not is_logged_in(there)


def test_logging_out_removes_the_row(alice):
    here = log_in()
    here.post("/accounts/logout/")
    assert not Session.objects.exists()


def test_whoever_logs_in_as_another_begins_a_login_of_that_person(alice, bob):
    here = log_in()
    begun = row_of(here).begun_at
    here.post("/accounts/logout/")
    here.post("/accounts/login/", {"username": "bob", "password": PASSWORD})
    row = row_of(here)
    assert row.user == bob
    assert row.begun_at > begun


# When a login was last used.


def grow_old(client, **age):
    long_ago = timezone.now() - timedelta(**age)
    Session.objects.filter(pk=client.session.session_key).update(last_seen=long_ago)
    return long_ago


def writes_of(client):
    with CaptureQueriesContext(connection) as queries:
        client.get("/accounts/")
    return [q["sql"] for q in queries if q["sql"].startswith(("INSERT", "UPDATE", "DELETE"))]


def test_its_use_is_noted_once_an_hour(alice):
    here = log_in()
    here.get("/accounts/")
    assert writes_of(here) == []
    grow_old(here, minutes=50)
    assert writes_of(here) == []
    grow_old(here, minutes=61)
    ends = row_of(here).expire_date
    assert len(writes_of(here)) == 1
    row = row_of(here)
    assert row.last_seen > timezone.now() - timedelta(minutes=1)
    assert row.expire_date == ends  # a login is not prolonged by being used
    assert writes_of(here) == []


def test_the_last_used_comes_first(alice):
    here, there, elsewhere = log_in(), log_in(), log_in()
    for client, hours in ((here, 0), (there, 30), (elsewhere, 3)):
        grow_old(client, hours=hours)
    keys = [login.pk for login in here.get(PAGE).context["logins"]]
    assert keys == [row_of(client).pk for client in (here, elsewhere, there)]


def test_what_has_run_out_is_not_listed_and_is_swept_away(alice):
    here, there = log_in(), log_in()
    Session.objects.filter(pk=row_of(there).pk).update(expire_date=timezone.now())
    assert len(here.get(PAGE).context["logins"]) == 1
    assert Session.objects.count() == 2
    reconcile.sweep()
    assert Session.objects.get() == row_of(here)


# The store.


def test_the_store_writes_whose_login_it_is(settings, alice):
    store = import_module(settings.SESSION_ENGINE).SessionStore()
    store["colour"] = "blue"
    store.create()
    assert Session.objects.get().user is None
    store[SESSION_KEY] = str(alice.pk)
    store.save()
    assert Session.objects.get().user == alice
    assert type(store)(store.session_key)["colour"] == "blue"


@pytest.mark.django_db(transaction=True)
def test_a_login_in_the_moment_of_the_deletion_does_not_hang(settings, alice, monkeypatch):
    """A store tries one key after another while the database refuses the row."""
    store = import_module(settings.SESSION_ENGINE).SessionStore()
    store[SESSION_KEY] = str(alice.pk)
    alice.delete()
    monkeypatch.setattr(store, "_get_new_session_key", iter(["a" * 32, "b" * 32]).__next__)
    store.cycle_key()
    client = Client()
    client.cookies[settings.SESSION_COOKIE_NAME] = "a" * 32
    assert client.get("/").status_code == 200
    assert not is_logged_in(client)


def test_djangos_command_clears_this_table(alice):
    here = log_in()
    Session.objects.update(expire_date=timezone.now() - timedelta(days=1))
    call_command("clearsessions")
    assert not Session.objects.exists()
    assert not is_logged_in(here)


# Names of devices.

SAFARI = "AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.0"


@pytest.mark.parametrize(
    ("user_agent", "words"),
    [
        (FIREFOX, "Firefox on Linux"),
        (CHROME, "Chrome on Windows"),
        (f"{CHROME} Edg/150.0.0.0", "Edge on Windows"),
        (f"{CHROME} OPR/130.0", "Opera on Windows"),
        (f"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) {SAFARI} Safari/605.1.15",
         "Safari on macOS"),
        (f"Mozilla/5.0 (iPhone; CPU iPhone OS 26_0 like Mac OS X) {SAFARI} Mobile Safari/604.1",
         "Safari on iPhone"),
        (f"Mozilla/5.0 (iPad; CPU OS 26_0 like Mac OS X) {WEBKIT} CriOS/150.0 Mobile Safari/604.1",
         "Chrome on iPad"),
        (f"Mozilla/5.0 (Linux; Android 16; SM-S931B) {WEBKIT} SamsungBrowser/28.0 Chrome/130.0",
         "Samsung Internet on Android"),
        ("Mozilla/5.0 (Android 16; Mobile; rv:140.0) Gecko/140.0 Firefox/140.0",
         "Firefox on Android"),
        (f"Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) {WEBKIT} Chrome/150.0 Safari/537.36",
         "Chrome on ChromeOS"),
        ("SomePodcasts/3.1 (Windows)", "A browser on Windows"),
        ("curl/8.14.1", "An unknown device"),
        ("", "An unknown device"),
    ],
)  # fmt: skip
def test_devices_are_named_in_words(user_agent, words):
    assert name_device(user_agent) == words
