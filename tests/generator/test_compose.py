import uuid

import pytest

from generator.models import Composition, Status
from generator.views import compose

pytestmark = pytest.mark.usefixtures("trained_model")


@pytest.fixture(autouse=True)
def enqueued(monkeypatch):
    """The pieces that were put on the queue."""
    pieces = []
    monkeypatch.setattr(compose, "enqueue", pieces.append)
    return pieces


def wish(**data):
    return {"duration": "20", "style": "chopin", "temperature": "1", "title": "", **data}


def test_a_visitor_is_sent_to_the_login(client):
    answer = client.get("/compose/")
    assert answer.status_code == 302
    assert answer.url == "/accounts/login/?next=/compose/"


def test_a_visitor_cannot_ask(client, enqueued):
    assert client.post("/compose/", wish()).status_code == 302
    assert not Composition.objects.exists()
    assert not enqueued


def test_a_deleted_accounts_login_is_sent_to_the_login(as_alice, alice, enqueued):
    alice.delete()
    headers = {"Referer": "http://testserver/compose/"}
    answer = as_alice.post("/compose/", wish(), headers=headers)
    assert answer.url == "/accounts/login/?next=/compose/"
    assert not enqueued


def test_it_shows_the_form(as_alice):
    answer = as_alice.get("/compose/")
    assert answer.status_code == 200
    assert "generator/compose.html" in [template.name for template in answer.templates]
    for name in (*answer.context["form"].WISHES[:9], "request_key", "surprise"):
        assert f'name="{name}"' in answer.text
    assert "no-store" in answer["Cache-Control"]


def test_the_address_can_fill_the_form_in(as_alice):
    answer = as_alice.get("/compose/?style=chopin&seed=42&duration=90&request_key=old")
    form = answer.context["form"]
    assert (form["style"].value(), form["seed"].value()) == ("chopin", "42")
    assert form["request_key"].value() != "old"


def test_it_shows_how_many_pieces_one_may_ask_for(as_alice, piece, settings):
    settings.MOST_UNFINISHED = 5
    piece()
    piece(status=Status.READY)
    answer = as_alice.get("/compose/")
    assert answer.context["left"] == 4
    assert "You may ask for 4 more pieces now." in answer.text


def test_a_wish_becomes_a_queued_piece(as_alice, alice, trained_model, enqueued):
    answer = as_alice.post("/compose/", wish(seed="7", title="Night", model="Concert"))
    piece = Composition.objects.get()
    assert answer.status_code == 302
    assert answer.url == f"/compositions/{piece.pk}/"
    assert enqueued == [piece]
    assert piece.owner == alice
    assert piece.status == Status.QUEUED
    assert piece.visibility == "private"
    assert (piece.title, piece.seed, piece.style) == ("Night", 7, "chopin")
    assert (piece.requested_duration, piece.temperature) == (20, 1.0)


def test_missing_words_and_numbers_are_made(as_alice):
    as_alice.post("/compose/", wish())
    piece = Composition.objects.get()
    assert piece.title.endswith("after Chopin")
    assert piece.seed is not None


def test_the_same_form_twice_makes_one_piece(as_alice):
    data = wish(request_key=str(uuid.uuid4()))
    first, second = as_alice.post("/compose/", data), as_alice.post("/compose/", data)
    assert first.url == second.url
    assert Composition.objects.count() == 1


@pytest.mark.parametrize(
    "bad",
    [
        pytest.param({"duration": ""}, id="no-duration"),
        pytest.param({"duration": "1e9"}, id="huge-duration"),
        pytest.param({"style": "nobody"}, id="unknown-style"),
        pytest.param({"model": "999"}, id="unknown-model"),
        pytest.param({"temperature": "5"}, id="too-hot"),
        pytest.param({"title": "x" * 10_000}, id="long-title"),
        pytest.param({"title": "<script>alert(1)</script>"}, id="markup-title"),
    ],
)
def test_a_bad_wish_is_explained_and_nothing_queued(as_alice, enqueued, bad):
    answer = as_alice.post("/compose/", wish(seed="4711") | bad)
    assert answer.status_code == 200
    assert list(answer.context["form"].errors) == list(bad)
    assert 'value="4711"' in answer.text  # what was typed is kept
    assert "<script>alert" not in answer.text
    assert not Composition.objects.exists()
    assert not enqueued


def test_an_empty_post_is_explained(as_alice):
    answer = as_alice.post("/compose/", {})
    assert "duration" in answer.context["form"].errors


def test_the_quota_is_explained(as_alice, piece, settings, enqueued):
    settings.MOST_UNFINISHED = 1
    piece()
    answer = as_alice.post("/compose/", wish())
    assert answer.status_code == 200
    assert "You already have 1 piece waiting" in answer.context["form"].non_field_errors()[0]
    assert Composition.objects.count() == 1
    assert not enqueued


def test_without_a_model_it_says_so(as_alice, trained_model):
    trained_model.delete()
    assert as_alice.get("/compose/").status_code == 200
    answer = as_alice.post("/compose/", wish(style=""))
    assert "No model is installed" in answer.context["form"].errors["model"][0]


@pytest.mark.parametrize("method", ["put", "delete", "patch"])
def test_it_rejects_other_methods(as_alice, method):
    assert getattr(as_alice, method)("/compose/").status_code == 405
