import pytest
from django.test import Client
from django.utils import timezone

from gallery.models import Play
from generator.models import Status, Visibility


@pytest.fixture
def url(ready_piece):
    return f"/compositions/{ready_piece(visibility=Visibility.PUBLIC).pk}/played/"


def test_a_listener_counts_once_a_day(as_bob, url):
    for _ in range(3):
        assert as_bob.post(url).status_code == 204

    assert Play.objects.get().day == timezone.localdate()


def test_the_next_day_counts_anew(as_bob, url, monkeypatch):
    as_bob.post(url)
    tomorrow = timezone.localdate() + timezone.timedelta(days=1)
    monkeypatch.setattr(timezone, "localdate", lambda: tomorrow)

    as_bob.post(url)

    assert Play.objects.count() == 2


def test_every_listener_counts(as_bob, as_carol, client, url):
    for browser in (as_bob, as_carol, client):
        browser.post(url)

    assert Play.objects.count() == 3


@pytest.mark.parametrize(
    ("changed", "plays"),
    [({}, 1), ({"REMOTE_ADDR": "10.0.0.2"}, 2), ({"HTTP_USER_AGENT": "Other"}, 2)],
    ids=["the same", "another address", "another browser"],
)
def test_visitors_are_told_apart_by_address_and_browser(client, url, changed, plays):
    first = {"REMOTE_ADDR": "10.0.0.1", "HTTP_USER_AGENT": "Lynx"}

    client.post(url, **first)
    client.post(url, **first | changed)

    assert Play.objects.count() == plays


@pytest.mark.parametrize(("proxies", "plays"), [(0, 1), (1, 2)])
def test_the_address_is_the_one_that_our_proxies_tell(client, url, settings, proxies, plays):
    settings.PROXIES = proxies

    for address in ("198.51.100.1", "198.51.100.2"):
        client.post(url, headers={"X-Forwarded-For": f"203.0.113.9, {address}"})

    assert Play.objects.count() == plays


def test_no_row_tells_who_listened(client, as_bob, bob, url):
    client.post(url, REMOTE_ADDR="10.0.0.1", HTTP_USER_AGENT="Lynx")
    as_bob.post(url)

    kept = [play.listener for play in Play.objects.all()]

    assert all(len(bytes.fromhex(listener)) == 32 for listener in kept)
    assert not any("10.0.0.1" in listener or "bob" in listener for listener in kept)


def test_a_visitor_is_another_one_the_next_day(client, url, monkeypatch):
    client.post(url)
    tomorrow = timezone.localdate() + timezone.timedelta(days=1)
    monkeypatch.setattr(timezone, "localdate", lambda: tomorrow)
    client.post(url)

    first, second = Play.objects.values_list("listener", flat=True)

    assert first != second


def test_owners_do_not_count(as_alice, url):
    assert as_alice.post(url).status_code == 204
    assert not Play.objects.exists()


@pytest.mark.parametrize(
    "fields", [{}, {"status": Status.RENDERING, "visibility": Visibility.PUBLIC}]
)
def test_what_one_may_not_hear_is_not_found(client, ready_piece, fields):
    made = ready_piece(**fields)

    assert client.post(f"/compositions/{made.pk}/played/").status_code == 404
    assert not Play.objects.exists()


def test_it_rejects_get(client, url):
    assert client.get(url).status_code == 405


def test_a_form_of_another_site_counts_nothing(url):
    assert Client(enforce_csrf_checks=True).post(url).status_code == 403


@pytest.mark.parametrize("browser", ["", "x" * 100_000, "\x00\xff"])
def test_no_browser_is_too_strange(client, url, browser):
    assert client.post(url, HTTP_USER_AGENT=browser).status_code == 204
