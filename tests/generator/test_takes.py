import re
import uuid
from datetime import timedelta

import pytest

from generator.models import Composition, Status
from generator.views import compose

HTMX = {"HX-Request": "true"}
pytestmark = pytest.mark.usefixtures("trained_model")


@pytest.fixture(autouse=True)
def enqueued(monkeypatch):
    """The pieces that were put on the queue."""
    pieces = []
    monkeypatch.setattr(compose, "enqueue", pieces.append)
    return pieces


@pytest.fixture
def three(piece):
    """Three takes of one request."""
    key = uuid.uuid4()
    return [piece(request_key=key, take=take, seed=take + 6) for take in (1, 2, 3)]


def url_of(pieces):
    return f"/takes/{pieces[0].request_key}/"


# Asking for several.


def test_several_takes_are_asked_for_at_once(as_alice, enqueued):
    wish = {"duration": "20", "takes": "3", "seed": "7", "title": "Night"}
    answer = as_alice.post("/compose/", wish)
    pieces = list(Composition.objects.order_by("take"))
    assert answer.url == url_of(pieces)
    assert [(piece.take, piece.seed, piece.title) for piece in pieces] == [
        (1, 7, "Night"), (2, 8, "Night"), (3, 9, "Night"),
    ]  # fmt: skip
    assert enqueued == pieces


def test_the_same_form_twice_makes_the_takes_once(as_alice):
    data = {"duration": "20", "takes": "2", "request_key": str(uuid.uuid4())}
    first, second = as_alice.post("/compose/", data), as_alice.post("/compose/", data)
    assert first.url == second.url
    assert Composition.objects.count() == 2


@pytest.mark.parametrize(
    ("most", "words"),
    [
        (2, "You asked for 3 takes, but only 1 more piece fits: 2 may be waiting or being made"),
        (3, "You asked for 3 takes, but only 2 more pieces fit: 3 may be waiting or being made"),
        (1, "You already have 1 piece waiting or being made."),
    ],
)
def test_too_many_takes_are_refused_with_what_is_left(
    as_alice, piece, settings, enqueued, most, words
):
    settings.MOST_UNFINISHED = most
    piece()
    answer = as_alice.post("/compose/", {"duration": "20", "takes": "3"})
    assert words in answer.context["form"].non_field_errors()[0]
    assert Composition.objects.count() == 1
    assert not enqueued


# The page.


def test_the_owner_sees_them_side_by_side(as_alice, three):
    Composition.objects.filter(pk=three[1].pk).update(status=Status.COMPOSING, progress=0.42)
    answer = as_alice.get(url_of(three))
    assert answer.templates[0].name == "generator/takes.html"
    for made in three:
        assert f'href="/compositions/{made.pk}/"' in answer.text
    assert "Composing, 42 %" in answer.text
    assert "No. 1 in the queue" in answer.text


def test_each_is_asked_about_until_it_is_made(as_alice, three, ready_piece):
    ready = ready_piece(request_key=three[0].request_key, take=4)
    page = as_alice.get(url_of(three)).text
    for take in (1, 2, 3):
        assert f'hx-get="{url_of(three)}?take={take}" hx-trigger="every 2s"' in page
    assert "?take=4" not in page
    assert f'data-src="/compositions/{ready.pk}/audio.mp3"' in page


def test_htmx_gets_one_take(as_alice, three):
    answer = as_alice.get(f"{url_of(three)}?take=2", headers=HTMX)
    assert answer.templates[0].name == "generator/_take.html"
    assert 'id="take-2"' in answer.text
    assert "<html" not in answer.text
    assert "announcement" not in answer.text
    assert "HX-Request" in answer["Vary"]


def test_a_boosted_link_gets_the_page(as_alice, three):
    answer = as_alice.get(url_of(three), headers=HTMX | {"HX-Boosted": "true"})
    assert "<html" in answer.text


def test_a_finished_take_is_asked_about_no_more_and_announced(as_alice, three, ready_piece):
    ready_piece(request_key=three[0].request_key, take=4)
    fragment = as_alice.get(f"{url_of(three)}?take=4", headers=HTMX).text
    assert "hx-trigger" not in fragment
    assert '<div hx-swap-oob="innerHTML:#announcement">Take 4 is ready to play.</div>' in fragment


def test_a_failed_take_says_why(as_alice, three):
    Composition.objects.filter(pk=three[0].pk).update(status=Status.FAILED, error="No <sound>.")
    fragment = as_alice.get(f"{url_of(three)}?take=1", headers=HTMX).text
    assert "No &lt;sound&gt;." in fragment
    assert "Take 1 has failed." in fragment
    assert "hx-trigger" not in fragment


@pytest.mark.parametrize("take", ["", "0", "5", "two", "1" * 400, "²"])
def test_a_take_that_is_not_there_ends_the_asking(as_alice, three, take):
    answer = as_alice.get(url_of(three), {"take": take}, headers=HTMX)
    assert (answer.status_code, answer.text) == (200, "")


def test_what_is_in_the_bin_is_left_out(as_alice, three):
    three[0].throw_away()
    assert f"/compositions/{three[0].pk}/" not in as_alice.get(url_of(three)).text
    assert as_alice.get(f"{url_of(three)}?take=1", headers=HTMX).text == ""


def test_with_all_in_the_bin_there_is_no_page(as_alice, three):
    for made in three:
        made.throw_away()
    assert as_alice.get(url_of(three)).status_code == 404


def test_seen_takes_are_no_news(as_alice, three):
    Composition.objects.update(status=Status.READY, is_news=True)
    as_alice.get(f"{url_of(three)}?take=1", headers=HTMX | {"X-Visible": "true"})
    assert Composition.objects.filter(is_news=True).count() == 2
    as_alice.get(url_of(three))
    assert not Composition.objects.filter(is_news=True).exists()


def test_without_script_it_loads_itself_again_until_all_are_made(as_alice, three):
    refresh = '<noscript><meta http-equiv="refresh" content="10"></noscript>'
    assert refresh in as_alice.get(url_of(three)).text
    Composition.objects.update(status=Status.CANCELLED)
    assert refresh not in as_alice.get(url_of(three)).text


@pytest.mark.parametrize(("ended", "title"), [(1, "1 of 3 ready · Nocturne"), (3, "Nocturne")])
def test_the_title_of_the_window_tells_how_many_are_ready(as_alice, three, ended, title):
    pks = [made.pk for made in three[:ended]]
    Composition.objects.filter(pk__in=pks).update(status=Status.READY, duration=20)

    page = as_alice.get(url_of(three)).text
    news = as_alice.get(f"{url_of(three)}?take=1", headers=HTMX).text

    assert f"<title>{title} · Nocturne</title>" in page
    assert f"<title>{'Ready: ' if ended == 3 else ''}{title} · Nocturne</title>" in news


def test_once_all_have_ended_nobody_is_told_to_leave(as_alice, three):
    gone = '<p id="takes-leave" hx-swap-oob="true"></p>'
    three[0].cancel()
    assert "You can leave" in as_alice.get(url_of(three)).text
    assert gone not in as_alice.get(f"{url_of(three)}?take=1", headers=HTMX).text

    three[1].cancel()
    three[2].cancel()
    assert "You can leave" not in as_alice.get(url_of(three)).text
    assert gone in as_alice.get(f"{url_of(three)}?take=3", headers=HTMX).text


def test_the_news_of_a_take_take_few_queries(as_alice, three, django_assert_num_queries):
    with django_assert_num_queries(3):  # session, person, takes with their places
        as_alice.get(f"{url_of(three)}?take=2", headers=HTMX)


def test_each_take_is_cancelled_and_tried_again_where_it_stands(as_alice, three):
    cancel, retry = (f"/compositions/{three[0].pk}/{move}/" for move in ("cancel", "retry"))
    assert f'action="{cancel}"' in as_alice.get(url_of(three)).text
    assert as_alice.post(cancel, {"next": "takes"}).url == url_of(three)
    page = as_alice.get(url_of(three)).text
    assert f'action="{cancel}"' not in page
    assert f'action="{retry}"' in page
    assert as_alice.post(retry, {"next": "takes"}).url == url_of(three)
    assert Composition.objects.get(pk=three[0].pk).status == Status.QUEUED


def test_all_that_are_left_are_cancelled_at_once(as_alice, three, piece, ready_piece):
    ready = ready_piece(request_key=three[0].request_key, take=4)
    Composition.objects.filter(pk=three[0].pk).update(status=Status.COMPOSING, token=uuid.uuid4())
    other = piece()
    button = f'action="{url_of(three)}cancel/" method="post"'
    assert button in as_alice.get(url_of(three)).text

    page = as_alice.post(f"{url_of(three)}cancel/", follow=True)

    assert page.redirect_chain == [(url_of(three), 302)]
    assert "3 takes are cancelled." in page.text
    assert button not in page.text
    states = dict(Composition.objects.values_list("pk", "status"))
    assert [states.pop(made.pk) for made in three] == [Status.CANCELLED] * 3
    assert states == {ready.pk: Status.READY, other.pk: Status.QUEUED}


def test_a_late_click_on_cancel_all_is_told_that_nothing_was_left(as_alice, three):
    Composition.objects.update(status=Status.READY, duration=20)

    page = as_alice.post(f"{url_of(three)}cancel/", follow=True)

    assert "All takes had ended already." in page.text
    assert set(Composition.objects.values_list("status", flat=True)) == {Status.READY}


def test_for_one_take_alone_its_own_button_is_enough(as_alice, three):
    gone = '<span id="takes-cancel" hidden hx-swap-oob="true"></span>'
    three[0].cancel()
    assert "Cancel all that are left" in as_alice.get(url_of(three)).text
    assert gone not in as_alice.get(f"{url_of(three)}?take=1", headers=HTMX).text

    three[1].cancel()
    assert "Cancel all that are left" not in as_alice.get(url_of(three)).text
    assert gone in as_alice.get(f"{url_of(three)}?take=2", headers=HTMX).text
    assert gone not in as_alice.get(f"{url_of(three)}?take=3", headers=HTMX).text


def test_a_stranger_cancels_nothing(as_bob, three):
    assert as_bob.post(f"{url_of(three)}cancel/").status_code == 404
    assert set(Composition.objects.values_list("status", flat=True)) == {Status.QUEUED}


def test_cancelling_all_takes_a_post_and_a_login(as_alice, client, three):
    assert as_alice.get(f"{url_of(three)}cancel/").status_code == 405
    assert client.post(f"{url_of(three)}cancel/").url.startswith("/accounts/login/")


def test_each_waiting_take_tells_its_own_place(as_alice, bob, piece, three):
    piece(owner=bob, queued_at=three[0].queued_at - timedelta(seconds=1))
    three[0].cancel()

    pieces = as_alice.get(url_of(three)).context["pieces"]

    assert [made.place for made in pieces] == [None, 2, 3]
    assert [made.queue_position() for made in pieces] == [None, 2, 3]


def test_takes_of_one_title_are_told_apart(as_alice, three):
    Composition.objects.update(status=Status.READY, duration=20)
    page = as_alice.get(url_of(three)).text
    for take in (1, 2, 3):
        assert f'aria-label="Play Nocturne, take {take}"' in page
        assert f'data-title="Nocturne, take {take}"' in page


def test_all_of_the_wish_can_be_edited_and_one_take(as_alice, three):
    links = re.findall(r'href="(/compose/\?[^"]+)"', as_alice.get(url_of(three)).text)
    forms = [as_alice.get(link.replace("&amp;", "&")).context["form"] for link in links]
    values = [tuple(form[name].value() for name in ("title", "takes", "seed")) for form in forms]
    assert values == [("Nocturne", "3", "7")] + [("Nocturne", "1", seed) for seed in "789"]


def test_different_titles_are_not_one_heading(as_alice, three):
    three[0].describe("Elegy", "")
    assert as_alice.get(url_of(three)).context["title"] == "3 takes"


def test_a_stranger_gets_404(as_bob, three):
    Composition.objects.update(visibility="public", status=Status.READY)
    assert as_bob.get(url_of(three)).status_code == 404
    assert as_bob.get(f"{url_of(three)}?take=1", headers=HTMX).text == ""


def test_a_visitor_is_sent_to_the_login(client, three):
    assert client.get(url_of(three)).url.startswith("/accounts/login/")


def test_it_rejects_post(as_alice, three):
    assert as_alice.post(url_of(three)).status_code == 405


# From a piece to its takes.


def test_a_piece_leads_to_the_other_takes(as_alice, as_bob, ready_piece, three):
    made = ready_piece(request_key=three[0].request_key, take=4, visibility="public")
    link = f'<a id="all-takes" href="{url_of(three)}">all takes</a>'
    assert link in as_alice.get(f"/compositions/{made.pk}/").text
    assert link not in as_bob.get(f"/compositions/{made.pk}/").text


def test_a_piece_alone_leads_to_no_takes(as_alice, ready_piece):
    assert "/takes/" not in as_alice.get(f"/compositions/{ready_piece().pk}/").text
