import pytest
from django.db import OperationalError, connection


@pytest.mark.django_db
@pytest.mark.parametrize("method", ["get", "head"])
def test_anybody_may_ask(client, method):
    answer = getattr(client, method)("/healthz")
    assert answer.status_code == 200
    assert answer["Content-Type"] == "text/plain"
    assert "no-store" in answer["Cache-Control"]


@pytest.mark.django_db
def test_it_says_ok(client):
    assert client.get("/healthz").text == "ok\n"


@pytest.mark.django_db
def test_it_rejects_post(client):
    assert client.post("/healthz").status_code == 405


def test_it_says_when_the_database_does_not_answer(client, db, monkeypatch):
    def no_cursor():
        raise OperationalError("unable to open database file")

    with monkeypatch.context() as broken:
        broken.setattr(connection, "cursor", no_cursor)
        answer = client.get("/healthz")
    assert answer.status_code == 503
    assert answer.text == "The database does not answer.\n"


@pytest.mark.django_db
def test_it_answers_without_tls_too(client, settings):
    settings.SECURE_SSL_REDIRECT = True
    settings.SECURE_REDIRECT_EXEMPT = [r"^healthz$"]
    assert client.get("/healthz").status_code == 200
    assert client.get("/").status_code == 301
