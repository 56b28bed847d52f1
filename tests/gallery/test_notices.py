"""News of a person's pieces, on whatever page the person is."""

import re
import uuid

import pytest

from generator.models import Composition, Status, Visibility

HTMX = {"HX-Request": "true"}
UNFINISHED = [Status.QUEUED, Status.COMPOSING, Status.RENDERING]


def ask(browser, page="/", shown=None):
    """What is shown to somebody on a page, who sees `shown` already."""
    here = HTMX | {"HX-Current-URL": f"http://testserver{page}"}
    return browser.get("/me/notices/", {"shown": shown} if shown else {}, headers=here)


def shown_by(answer):
    return re.search(r'name="shown" value="([^"]*)"', answer.text)[1]


def titles(answer):
    return re.findall(r'<p><a id="[^"]+" href="/compositions/[^"]+">([^<]+)</a>', answer.text)


def is_news(piece):
    return Composition.objects.get(pk=piece.pk).is_news


def test_a_piece_that_has_become_ready_is_told(as_alice, ready_piece):
    made = ready_piece(is_news=True, title="Lantern")

    answer = ask(as_alice)

    assert f'href="/compositions/{made.pk}/">Lantern</a> is ready to play.' in answer.text
    assert f'data-src="/compositions/{made.pk}/audio.mp3"' in answer.text
    assert answer.templates[0].name == "gallery/_notices.html"


def test_a_piece_that_failed_is_told(as_alice, piece):
    piece(is_news=True, status=Status.FAILED, title="Lantern")

    answer = ask(as_alice)

    assert "did not work out." in answer.text
    assert "data-play" not in answer.text


def test_what_was_seen_is_old(as_alice, ready_piece):
    ready_piece()

    assert titles(ask(as_alice)) == []


def test_others_news_are_theirs(as_bob, ready_piece):
    ready_piece(is_news=True, visibility=Visibility.PUBLIC)

    assert titles(ask(as_bob)) == []


def test_what_lies_in_the_bin_is_no_news(as_alice, ready_piece):
    ready_piece(is_news=True).throw_away()

    assert titles(ask(as_alice)) == []


@pytest.mark.parametrize("status", UNFINISHED)
def test_it_asks_to_be_asked_again_while_something_is_made(as_alice, as_bob, piece, status):
    piece(status=status)

    assert "data-making" in ask(as_alice).text
    assert "data-making" not in ask(as_bob).text


@pytest.mark.parametrize("status", [Status.FAILED, Status.CANCELLED])
def test_it_does_not_when_that_has_ended(as_alice, piece, status):
    piece(status=status, is_news=True)

    assert "data-making" not in ask(as_alice).text


def test_the_latest_three_are_shown(as_alice, ready_piece):
    for number in range(5):
        made = ready_piece(is_news=True, title=f"No. {number}")
        made.finished_at = made.created_at
        made.save(update_fields=["finished_at"])

    answer = ask(as_alice)

    assert titles(answer) == ["No. 4", "No. 3", "No. 2"]
    assert "More under My pieces" in answer.text


def test_three_are_all(as_alice, ready_piece):
    for _ in range(3):
        ready_piece(is_news=True)

    assert len(titles(ask(as_alice))) == 3
    assert "More under" not in ask(as_alice).text


@pytest.mark.parametrize("query", ["", "?from=mail"])
def test_the_page_of_a_piece_needs_no_notice_of_it(as_alice, ready_piece, query):
    made, _ = (ready_piece(is_news=True, title=title) for title in ("This", "Other"))

    assert titles(ask(as_alice, page=f"/compositions/{made.pk}/{query}")) == ["Other"]


def test_the_page_of_all_takes_needs_no_notice_of_any(as_alice, ready_piece):
    request_key = uuid.uuid4()
    for take in (1, 2, 3, 4):
        ready_piece(is_news=True, title=f"Take {take}", request_key=request_key, take=take)
    for number in range(4):
        ready_piece(is_news=True, title=f"Other {number}")

    told = ask(as_alice, page=f"/takes/{request_key}/")

    assert {title[:5] for title in titles(told)} == {"Other"}
    assert len(titles(told)) == 3
    assert "More under My pieces" in told.text


def test_what_is_shown_already_is_not_sent_again(as_alice, ready_piece):
    """Else a screen reader would read it again and again, and a focus in it be lost."""
    ready_piece(is_news=True)
    first = ask(as_alice)

    assert ask(as_alice, shown=shown_by(first)).status_code == 204
    ready_piece(is_news=True)
    assert len(titles(ask(as_alice, shown=shown_by(first)))) == 2


def test_the_end_of_making_is_sent(as_alice, piece):
    made = piece()
    first = ask(as_alice)
    made.cancel()

    assert "data-making" not in ask(as_alice, shown=shown_by(first)).text


def test_a_retry_that_works_out_is_told_as_such(as_alice, ready_piece):
    made = ready_piece(is_news=True, status=Status.FAILED)
    first = ask(as_alice)
    Composition.objects.filter(pk=made.pk).update(status=Status.READY)

    assert "is ready to play" in ask(as_alice, shown=shown_by(first)).text


def test_a_notice_is_dismissed(as_alice, ready_piece):
    made, other = (ready_piece(is_news=True, title=title) for title in ("This", "Other"))

    answer = as_alice.post(f"/compositions/{made.pk}/seen/", headers=HTMX)

    assert titles(answer) == ["Other"]
    assert not is_news(made)
    assert is_news(other)


def test_without_htmx_it_leads_to_the_pieces(as_alice, ready_piece):
    made = ready_piece(is_news=True)

    assert as_alice.get("/me/notices/")["Location"] == "/me/"
    assert as_alice.post(f"/compositions/{made.pk}/seen/")["Location"] == "/me/"
    assert not is_news(made)


def test_dismissing_is_a_post(as_alice, ready_piece):
    assert as_alice.get(f"/compositions/{ready_piece().pk}/seen/").status_code == 405


def test_news_are_asked_for_by_get(as_alice):
    assert as_alice.post("/me/notices/").status_code == 405


@pytest.mark.parametrize("headers", [{}, HTMX | {"X-Visible": "true"}], ids=["page", "polling"])
@pytest.mark.parametrize("status", [Status.READY, Status.FAILED])
def test_opening_the_page_is_seeing(as_alice, ready_piece, status, headers):
    made = ready_piece(is_news=True, status=status)

    as_alice.get(f"/compositions/{made.pk}/", headers=headers)

    assert not is_news(made)


@pytest.mark.parametrize("headers", [HTMX, HTMX | {"X-Visible": "false"}])
def test_a_window_that_nobody_looks_at_sees_nothing(as_alice, ready_piece, headers):
    """It may lie behind the one in which a notice is due; who comes back to it has seen it."""
    made = ready_piece(is_news=True)

    for url in (f"/compositions/{made.pk}/", f"{made.takes_url}?take=1"):
        answer = as_alice.get(url, headers=headers)
        assert 'hx-trigger="visibilitychange from:document once"' in answer.text
        assert is_news(made)

    as_alice.get(f"/compositions/{made.pk}/", headers=HTMX | {"X-Visible": "true"})
    assert not is_news(made)


def test_a_visit_of_somebody_else_is_not(client, as_bob, ready_piece):
    made = ready_piece(is_news=True, visibility=Visibility.PUBLIC)

    for browser in (client, as_bob):
        browser.get(f"/compositions/{made.pk}/")

    assert is_news(made)


@pytest.mark.django_db
def test_a_visitor_hears_of_nothing(client):
    """Somebody logged out in another window: the corner of a page is no place to log in."""
    answer = ask(client)

    assert (answer.status_code, answer.content) == (204, b"")


def test_every_page_of_a_member_has_room_for_them(client, as_alice):
    assert '<div class="notices" id="notices" role="status"' in as_alice.get("/").text
    assert 'hx-get="/me/notices/"' in as_alice.get("/").text
    assert 'id="notices"' not in client.get("/").text


def test_no_copy_is_kept(as_alice):
    assert "no-store" in ask(as_alice)["Cache-Control"]


@pytest.mark.parametrize("count", [1, 10])
def test_its_queries_are_few(as_alice, piece, ready_piece, django_assert_num_queries, count):
    for _ in range(count):
        piece()
        ready_piece(is_news=True)

    with django_assert_num_queries(4):  # session, person, news, whether something is being made
        ask(as_alice)


@pytest.mark.parametrize("nonsense", ["http://[", "x", "http://example.org/", "%00"])
def test_a_page_without_an_address_gets_all_news(as_alice, ready_piece, nonsense):
    made = ready_piece(is_news=True, title="Lantern")
    ready_piece(is_news=True, title="Moth")
    headers = HTMX | {"HX-Current-URL": nonsense}

    assert set(titles(as_alice.get("/me/notices/", headers=headers))) == {"Lantern", "Moth"}
    answer = as_alice.post(f"/compositions/{made.pk}/seen/", headers=headers)
    assert titles(answer) == ["Moth"]
