from datetime import timedelta

import pytest
from axes.models import AccessAttempt
from django.contrib.auth import get_user_model
from django.utils import timezone

from tests.conftest import PASSWORD


def log_in(client, name="alice", password=PASSWORD, **extra):
    return client.post("/accounts/login/", {"username": name, "password": password}, **extra)


def is_logged_in(client):
    return client.get("/accounts/").status_code == 200


def test_the_right_password_opens_the_own_pieces(client, alice):
    answer = log_in(client)
    assert answer.status_code == 302
    assert answer.url == "/me/"
    assert is_logged_in(client)


def test_capitals_of_the_name_do_not_matter(client, alice):
    assert log_in(client, "Alice").status_code == 302


def test_it_returns_to_the_page_that_was_wanted(client, alice):
    assert client.get("/compose/").url == "/accounts/login/?next=/compose/"
    page = client.get("/accounts/login/?next=/compose/")
    assert '<input type="hidden" name="next" value="/compose/">' in page.text
    wish = {"username": "alice", "password": PASSWORD, "next": "/compose/"}
    assert client.post("/accounts/login/", wish).url == "/compose/"


def test_it_does_not_lead_to_another_site(client, alice):
    wish = {"username": "alice", "password": PASSWORD, "next": "https://example.com/"}
    assert client.post("/accounts/login/", wish).url == "/me/"


def test_it_says_the_same_for_a_wrong_password_and_a_wrong_name(client, alice):
    wrong_password, wrong_name = log_in(client, "alice", "x"), log_in(client, "nobody", "x")
    assert wrong_password.status_code == wrong_name.status_code == 200
    said = [str(page.context["form"].errors) for page in (wrong_password, wrong_name)]
    assert said[0] == said[1]
    assert "do not belong together" in said[0]


def test_an_inactive_person_stays_out(client, alice):
    alice.is_active = False
    alice.save(update_fields=["is_active"])
    assert log_in(client).status_code == 200
    assert not is_logged_in(client)


def test_logging_out_takes_a_post(as_alice):
    assert as_alice.get("/accounts/logout/").status_code == 405
    assert as_alice.post("/accounts/logout/").url == "/"
    assert not is_logged_in(as_alice)


# Limits: 20 wrong passwords for a name in a day, 20 from an address in an hour.


def try_often(client, times=20, name="alice", **extra):
    for _ in range(times):
        answer = log_in(client, name, "wrong", **extra)
    return answer


def test_the_twentieth_wrong_password_closes_the_name_even_for_the_right_one(client, alice):
    assert try_often(client, 19).status_code == 200
    closed = log_in(client, "alice", "wrong")
    assert closed.status_code == 429
    assert "Too many tries" in closed.text
    assert log_in(client).status_code == 429
    assert log_in(client, REMOTE_ADDR="192.0.2.7").status_code == 429
    assert not is_logged_in(client)


def test_capitals_give_no_new_tries(client, alice):
    try_often(client, 10, "alice")
    assert try_often(client, 10, "ALICE").status_code == 429


def test_the_twentieth_failure_closes_the_address_for_every_name(client, alice, bob):
    for number in range(20):
        log_in(client, f"guess{number}", "wrong")
    assert log_in(client, "bob").status_code == 429
    assert log_in(client, "bob", REMOTE_ADDR="192.0.2.7").status_code == 302


def grow_old(**age):
    AccessAttempt.objects.update(attempt_time=timezone.now() - timedelta(**age))


def test_an_address_is_forgotten_after_an_hour(client, alice, bob):
    for number in range(20):
        log_in(client, f"guess{number}", "wrong")
    grow_old(minutes=61)
    assert log_in(client, "bob").status_code == 302


def test_a_name_is_forgotten_after_a_day(client, alice):
    try_often(client)
    grow_old(hours=2)
    assert log_in(client).status_code == 429
    grow_old(hours=25)
    assert log_in(client).status_code == 302


def test_trying_on_while_closed_does_not_prolong_the_wait(client, alice):
    try_often(client)
    grow_old(hours=23)
    assert log_in(client, "alice", "wrong").status_code == 429
    assert AccessAttempt.objects.get().attempt_time < timezone.now() - timedelta(hours=22)


def test_a_login_forgets_the_failures_of_its_name_but_not_those_of_its_address(client, alice, bob):
    try_often(client, 15, "alice")
    assert log_in(client, "bob").status_code == 302
    client.logout()
    assert try_often(client, 5, "carol").status_code == 429


@pytest.mark.parametrize(
    ("proxies", "forwarded", "expected"),
    [
        pytest.param(0, "198.51.100.1", "127.0.0.1", id="no-proxy-no-belief"),
        pytest.param(1, "203.0.113.9, 198.51.100.1", "198.51.100.1", id="forged-first-entry"),
        pytest.param(2, "203.0.113.9, 198.51.100.1, 10.0.0.1", "198.51.100.1", id="two-proxies"),
        pytest.param(2, "198.51.100.1", "127.0.0.1", id="fewer-entries-than-proxies"),
        pytest.param(1, "", "127.0.0.1", id="empty"),
    ],
)
def test_only_our_own_proxies_are_believed(client, alice, settings, proxies, forwarded, expected):
    settings.PROXIES = proxies
    log_in(client, "alice", "wrong", headers={"X-Forwarded-For": forwarded})
    assert AccessAttempt.objects.get().ip_address == expected


def test_no_password_is_kept_with_the_failures(client, alice):
    log_in(client, "alice", "nearly the right one")
    attempt = AccessAttempt.objects.get()
    assert "nearly" not in attempt.post_data + attempt.get_data


def test_a_person_without_password_cannot_log_in(client, db):
    get_user_model().objects.create_user("nocturne", email="nocturne@example.org")
    assert log_in(client, "nocturne", "").status_code == 200
    assert not is_logged_in(client)
