import uuid

import pytest

from generator.models import Composition
from generator.views import compose

pytestmark = pytest.mark.usefixtures("trained_model")


@pytest.fixture(autouse=True)
def enqueued(monkeypatch):
    """The pieces that were put on the queue."""
    pieces = []
    monkeypatch.setattr(compose, "enqueue", pieces.append)
    return pieces


def test_one_button_makes_a_piece(as_alice, alice, enqueued):
    answer = as_alice.post("/compose/", {"surprise": "1"})
    piece = Composition.objects.get()
    assert answer.url == f"/compositions/{piece.pk}/"
    assert piece.owner == alice
    assert enqueued == [piece]


def test_it_needs_nothing_of_the_form(as_alice):
    """As a browser without script sends it: the button, the token and the key."""
    page = as_alice.get("/compose/").text
    assert '<button class="button" type="submit" name="surprise" value="1">' in page
    as_alice.post("/compose/", {"surprise": "1", "duration": "nonsense", "takes": "4"})
    assert Composition.objects.count() == 1


def test_a_double_click_makes_one_piece(as_alice):
    data = {"surprise": "1", "request_key": str(uuid.uuid4())}
    first, second = as_alice.post("/compose/", data), as_alice.post("/compose/", data)
    assert first.url == second.url
    assert Composition.objects.count() == 1


def test_the_quota_is_explained(as_alice, piece, settings, enqueued):
    settings.MOST_UNFINISHED = 1
    piece()
    answer = as_alice.post("/compose/", {"surprise": "1"}, follow=True)
    assert "You already have 1 piece waiting" in answer.text
    assert not enqueued


def test_a_refused_surprise_leaves_the_form_as_it_was(as_alice, piece, settings):
    settings.MOST_UNFINISHED = 1
    piece()
    answer = as_alice.post("/compose/", {"surprise": "1"}, follow=True)
    form = answer.context["form"]
    assert not form.is_bound
    assert {name: form[name].value() for name in ("duration", "loudness", "takes")} == {
        "duration": 60, "loudness": "any", "takes": "1",
    }  # fmt: skip


def test_what_is_left_stands_beside_the_button(as_alice, piece, settings):
    settings.MOST_UNFINISHED = 2
    piece()
    head = as_alice.get("/compose/").text.partition("</header>")[2].partition("</header>")[0]
    assert "starts at once. You may ask for 1 more piece now." in head
    piece()
    head = as_alice.get("/compose/").text.partition("</header>")[2].partition("</header>")[0]
    assert "You have as many pieces in the making as one may have." in head


def test_without_a_model_it_says_so(as_alice, trained_model, enqueued):
    trained_model.delete()
    answer = as_alice.post("/compose/", {"surprise": "1"}, follow=True)
    assert answer.status_code == 200
    assert "No model is installed" in answer.text
    assert not enqueued
