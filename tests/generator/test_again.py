import re
import uuid

import pytest

from generator.models import Composition, Status
from generator.titles import invent_title
from generator.views import pieces

WISH = {
    "requested_duration": 90, "style": "bach", "temperature": 1.2, "energy": 1, "loudness": 4,
    "seed": 7,
}  # fmt: skip


@pytest.fixture(autouse=True)
def enqueued(monkeypatch):
    """The pieces that were put on the queue."""
    queued = []
    monkeypatch.setattr(pieces, "enqueue", queued.append)
    return queued


def again(client, piece, **data):
    return client.post(f"/compositions/{piece.pk}/again/", data)


def newest():
    return Composition.objects.first()


def wish_of(piece):
    return {name: getattr(piece, name) for name in WISH}


def test_the_same_again_has_the_same_wish_and_seed(as_alice, ready_piece, enqueued):
    made = ready_piece(**WISH)
    answer = again(as_alice, made, seed="same")
    assert newest() != made
    assert answer.url == f"/compositions/{newest().pk}/"
    assert wish_of(newest()) == WISH
    assert newest().model == made.model
    assert newest().status == Status.QUEUED
    assert enqueued == [newest()]


def test_a_new_seed_changes_nothing_else(as_alice, ready_piece):
    made = ready_piece(**WISH)
    again(as_alice, made, seed="new")
    assert newest().seed != 7
    assert wish_of(newest()) == WISH | {"seed": newest().seed}


@pytest.mark.parametrize("seed", ["", "other"])
def test_without_a_word_on_the_seed_it_is_the_same(as_alice, ready_piece, seed):
    again(as_alice, ready_piece(**WISH), seed=seed)
    assert newest().seed == 7


def test_a_double_click_makes_one_piece(as_alice, ready_piece):
    made, key = ready_piece(), str(uuid.uuid4())
    first = again(as_alice, made, seed="new", request_key=key)
    second = again(as_alice, made, seed="new", request_key=key)
    assert first.url == second.url
    assert Composition.objects.count() == 2


@pytest.mark.parametrize("key", ["", "x" * 1000])
def test_a_bad_key_is_replaced(as_alice, ready_piece, key):
    again(as_alice, ready_piece(), request_key=key)
    assert Composition.objects.count() == 2


def test_the_page_has_a_fresh_key_each_time(as_alice, ready_piece):
    url = f"/compositions/{ready_piece().pk}/"
    keys = [
        re.search(r'name="request_key" value="([0-9a-f-]{36})"', as_alice.get(url).text)[1]
        for _ in range(2)
    ]
    assert keys[0] != keys[1]


# Titles.


def test_ones_own_title_is_kept(as_alice, ready_piece):
    again(as_alice, ready_piece(title="Lantern"), seed="new")
    assert newest().title == "Lantern"


def test_an_invented_title_follows_the_new_seed(as_alice, ready_piece):
    made = ready_piece(title=invent_title(7, "Frédéric Chopin"), seed=7, style="chopin")
    again(as_alice, made, seed="new")
    assert newest().title == invent_title(newest().seed, "Frédéric Chopin")


def test_the_title_of_somebody_else_stays_with_them(as_bob, bob, ready_piece):
    made = ready_piece(title="Lantern", visibility="public")
    again(as_bob, made, seed="same")
    assert newest().owner == bob
    assert newest().title == invent_title(7, "Frédéric Chopin")


# Which pieces.


@pytest.mark.parametrize("status", [Status.FAILED, Status.CANCELLED])
def test_what_stopped_can_be_asked_for_again(as_alice, piece, status):
    again(as_alice, piece(status=status))
    assert newest().status == Status.QUEUED


def test_what_is_being_made_cannot(as_alice, piece, enqueued):
    made = piece(status=Status.COMPOSING)
    answer = as_alice.post(f"/compositions/{made.pk}/again/", follow=True)
    assert "This piece is still being made." in answer.text
    assert not enqueued


@pytest.mark.parametrize("visibility", ["public", "unlisted"])
def test_whoever_may_hear_it_can_ask_for_the_like(as_bob, bob, ready_piece, visibility):
    again(as_bob, ready_piece(visibility=visibility))
    assert newest().owner == bob
    assert newest().visibility == "private"


def test_a_private_piece_of_somebody_else_is_404(as_bob, ready_piece, enqueued):
    assert again(as_bob, ready_piece()).status_code == 404
    assert not enqueued


def test_a_missing_piece_is_404(as_alice):
    assert as_alice.post(f"/compositions/{uuid.uuid4()}/again/").status_code == 404


def test_a_visitor_is_sent_to_the_login(client, ready_piece):
    answer = again(client, ready_piece(visibility="public"))
    assert answer.url.startswith("/accounts/login/")


def test_it_rejects_get(as_alice, ready_piece):
    assert as_alice.get(f"/compositions/{ready_piece().pk}/again/").status_code == 405


def test_a_withdrawn_model_is_explained(as_alice, ready_piece, trained_model, enqueued):
    made = ready_piece()
    type(trained_model).objects.update(status="retired", is_default=False)
    answer = as_alice.post(f"/compositions/{made.pk}/again/", follow=True)
    assert "The model “Concert” is no longer offered" in answer.text
    assert not enqueued


def test_the_quota_is_explained(as_alice, ready_piece, piece, settings, enqueued):
    settings.MOST_UNFINISHED = 1
    piece()
    answer = as_alice.post(f"/compositions/{ready_piece().pk}/again/", follow=True)
    assert "You already have 1 piece waiting" in answer.text
    assert not enqueued


# Pieces that go on from other music.


def test_the_beginning_comes_along(as_alice, ready_piece, beginning):
    music = beginning()
    again(as_alice, ready_piece(beginning=music, takeover=8.5))
    assert (newest().beginning, newest().takeover) == (music, 8.5)


def test_the_beginning_of_somebody_else_does_not(as_bob, ready_piece, beginning, enqueued):
    made = ready_piece(beginning=beginning(), takeover=8.5, visibility="public")
    answer = as_bob.post(f"/compositions/{made.pk}/again/", follow=True)
    assert "goes on from music of somebody else" in answer.text
    assert not enqueued
    assert "same-again" not in as_bob.get(f"/compositions/{made.pk}/").text


def test_a_beginning_that_is_gone_is_explained(as_alice, ready_piece, enqueued):
    made = ready_piece(takeover=8.5)
    answer = as_alice.post(f"/compositions/{made.pk}/again/", follow=True)
    assert "The music that this piece goes on from is gone." in answer.text
    assert not enqueued


# The ways from a piece's page.


def edit_link(client, piece):
    page = client.get(f"/compositions/{piece.pk}/").text
    return re.search(r'id="edit-and-compose" href="([^"]+)"', page)[1].replace("&amp;", "&")


def test_edit_and_compose_fills_the_form_in(as_alice, ready_piece, beginning):
    made = ready_piece(**WISH, beginning=beginning(), takeover=8.5)
    form = as_alice.get(edit_link(as_alice, made)).context["form"]
    assert {name: str(form[name].value() or "") for name in form.WISHES} == {
        "duration": "90",
        "style": "bach",
        "energy": "calm",
        "loudness": "4",
        "temperature": "1.2",
        "seed": "7",
        "model": "Concert",
        "title": "Nocturne",
        "takes": "1",
        "beginning": str(made.beginning_id),
        "takeover": "8.5",
    }


def test_a_title_that_was_invented_is_not_kept(as_alice, ready_piece):
    made = ready_piece(title=invent_title(7, "Frédéric Chopin"), style="chopin", seed=7)
    assert "title=" not in edit_link(as_alice, made)


def test_anothers_title_is_not_taken_over(as_bob, ready_piece):
    assert "title=" not in edit_link(as_bob, ready_piece(visibility="public"))


def test_edit_and_compose_leaves_out_the_beginning_of_somebody_else(as_bob, ready_piece, beginning):
    made = ready_piece(beginning=beginning(), takeover=8.5, visibility="public")
    assert "beginning" not in edit_link(as_bob, made)


def test_a_visitor_is_shown_the_way_to_the_login(client, ready_piece):
    made = ready_piece(visibility="public")
    page = client.get(f"/compositions/{made.pk}/").text
    assert f'<a href="/accounts/login/?next=/compositions/{made.pk}/">Log in</a>' in page
    assert "same-again" not in page


def test_only_the_owner_can_continue(as_alice, as_bob, ready_piece):
    made = ready_piece(visibility="public")
    action = f'action="/compositions/{made.pk}/continue/"'
    assert action in as_alice.get(f"/compositions/{made.pk}/").text
    assert action not in as_bob.get(f"/compositions/{made.pk}/").text
