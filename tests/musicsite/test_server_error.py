import pytest
from django.test import Client

from tests.conftest import browser_of


@pytest.fixture
def broken(monkeypatch):
    """The database of the gallery has gone."""

    def fail(*args, **kwargs):
        raise OSError("The disk is full.")

    monkeypatch.setattr("django.core.paginator.Paginator.get_page", fail)


def fail_for(browser, **headers):
    browser.raise_request_exception = False
    page = browser.get("/", headers=headers)
    assert page.status_code == 500
    assert "A string has snapped" in page.text
    return page


def test_it_asks_nobody_to_log_in_or_sign_up(broken, alice):
    for browser in (browser_of(alice), Client()):
        page = fail_for(browser)
        assert 'href="/compose/"' in page.text
        assert "/accounts/" not in page.text
        assert "alice" not in page.text


def test_it_keeps_the_chosen_theme(broken, db):
    assert 'data-theme="dark"' in fail_for(Client(), Cookie="theme=dark").text
    assert "data-theme=" not in fail_for(Client(), Cookie="theme=<b>").text


def test_it_needs_no_database(rf, django_assert_num_queries, db):
    from musicsite.views import server_error

    with django_assert_num_queries(0):
        assert server_error(rf.get("/")).status_code == 500


def test_visitors_of_other_pages_are_still_asked(client, db):
    page = client.get("/no-such-page/")
    assert 'href="/accounts/login/"' in page.text
    assert 'href="/accounts/signup/"' in page.text
