"""Visitors, wrong methods, and what leads from there to a page."""

import uuid

import pytest

from tests.conftest import PASSWORD

FORM = f"/compositions/{uuid.UUID(int=7)}/visibility/"  # takes POST alone
PLAYED = FORM.replace("visibility", "played")  # and visitors may do so
HTML = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
LOGIN = "/accounts/login/?next="


def log_in(client, at):
    return client.post(at, {"username": "alice", "password": PASSWORD})


# A form sent after the session has ended.


@pytest.mark.parametrize(
    ("referer", "path"),
    [
        ("http://testserver/me/?page=2&tag=rain", "/me/?page=2&tag=rain"),
        ("http://testserver", "/"),
        ("https://evil.example/me/bin/", "/me/"),
        ("http://[", "/me/"),
        ("", "/me/"),
    ],
)
def test_whoever_sends_a_form_too_late_comes_back_to_its_page(client, alice, referer, path):
    answer = client.post(FORM, headers={"Referer": referer})
    assert answer.status_code == 302
    assert answer.url.startswith(LOGIN)
    assert FORM not in answer.url
    assert log_in(client, answer.url).url == path


def test_a_form_sent_by_a_boosted_request_leads_to_the_login_too(client, db):
    headers = {"HX-Request": "true", "HX-Boosted": "true", "Referer": "http://testserver/me/bin/"}
    assert client.post(FORM, headers=headers).url == f"{LOGIN}/me/bin/"


def test_a_page_is_where_the_login_leads_back_to(client, db):
    headers = {"Referer": "http://testserver/"}
    assert client.get("/me/bin/?page=2", headers=headers).url == f"{LOGIN}/me/bin/%3Fpage%3D2"


# A part of a page that is asked for after the session has ended.


@pytest.mark.parametrize(
    ("method", "path"), [("get", "/compose/wait/"), ("post", FORM.replace("visibility", "seen"))]
)
def test_a_part_of_a_page_is_refused_and_not_the_login(client, db, method, path):
    answer = getattr(client, method)(path, headers={"HX-Request": "true"})
    assert answer.status_code == 401
    assert answer.content == b""


def test_whoever_is_logged_in_gets_the_part(as_alice, trained_model):
    assert as_alice.get("/compose/wait/", headers={"HX-Request": "true"}).status_code == 200


# What only takes a form, opened as a page.


@pytest.mark.parametrize("headers", [HTML, {"HX-Request": "true", "HX-Boosted": "true"}])
def test_the_address_of_a_form_opened_as_a_page_explains_itself(as_alice, client, db, headers):
    for browser, path in ((as_alice, FORM), (as_alice, "/accounts/logout/"), (client, PLAYED)):
        page = browser.get(path, headers=headers)
        assert page.status_code == 405
        assert "POST" in page["Allow"]
        assert page["Content-Type"] == "text/html; charset=utf-8"
        assert "This is no page to open" in page.text
        assert ('href="/me/">My pieces</a>' in page.text) == (browser is as_alice)


@pytest.mark.parametrize("headers", [{}, {"Accept": "*/*"}, HTML | {"HX-Request": "true"}])
def test_scripts_get_no_page(as_alice, headers):
    answer = as_alice.get(FORM, headers=headers)
    assert answer.status_code == 405
    assert answer.content == b""
