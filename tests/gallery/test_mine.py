import pytest

from generator.models import Status, Visibility

ALL = ["public", "unlisted", "private", "cancelled", "failed", "rendering", "queued"]


def shown(response):
    return [piece.title for piece in response.context["page"].object_list]


def test_it_asks_a_visitor_to_log_in(client, db):
    response = client.get("/me/")

    assert response.status_code == 302
    assert response["Location"] == "/accounts/login/?next=/me/"


def test_it_shows_ones_own_pieces_only(as_alice, bob, ready_piece):
    ready_piece(title="Mine")
    ready_piece(title="His", owner=bob, visibility=Visibility.PUBLIC)

    assert shown(as_alice.get("/me/")) == ["Mine"]


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (Status.QUEUED, "In the queue"),
        (Status.COMPOSING, "Composing, 40 %"),
        (Status.RENDERING, "Recording"),
        (Status.FAILED, "Failed"),
        (Status.CANCELLED, "Cancelled"),
    ],
)
def test_it_shows_what_is_not_ready_too(as_alice, piece, status, words):
    piece(title="Not yet", status=status, progress=0.4)

    page = as_alice.get("/me/")

    assert shown(page) == ["Not yet"]
    assert words in page.text


@pytest.mark.parametrize("visibility", Visibility.values)
def test_it_says_who_can_hear_a_piece(as_alice, ready_piece, visibility):
    ready_piece(visibility=visibility)

    assert f">{visibility.capitalize()}</span>" in as_alice.get("/me/").text


@pytest.mark.parametrize(
    ("state", "titles"),
    [
        ("", ALL),
        ("making", ["rendering", "queued"]),
        ("stopped", ["cancelled", "failed"]),
        ("private", ["private"]),
        ("unlisted", ["unlisted"]),
        ("public", ["public"]),
        ("nonsense", ALL),
    ],
)
def test_each_state_has_a_page(as_alice, piece, ready_piece, state, titles):
    for status in (Status.QUEUED, Status.RENDERING, Status.FAILED, Status.CANCELLED):
        piece(title=status, status=status)
    for visibility in Visibility.values:
        ready_piece(title=visibility, visibility=visibility)

    page = as_alice.get(f"/me/?state={state}", follow=True)

    assert shown(page) == titles
    counts = {state: count for state, _, count in page.context["states"]}
    assert counts == {
        "": 7, "making": 2, "stopped": 2, "private": 1, "unlisted": 1, "public": 1,
        "hidden": 0,
    }  # fmt: skip


def test_search_and_order_work_within_a_state(as_alice, ready_piece):
    ready_piece(title="Lantern", visibility=Visibility.PUBLIC)
    ready_piece(title="Lantern")
    ready_piece(title="Moth")

    page = as_alice.get("/me/?state=private&q=lantern&length=short&sort=played")

    assert shown(page) == ["Lantern"]
    assert '<input type="hidden" name="state" value="private"' in page.text


def test_an_unfinished_piece_is_as_long_as_it_was_asked_to_be(as_alice, piece):
    piece(title="Long", requested_duration=300)

    assert shown(as_alice.get("/me/?length=long")) == ["Long"]
    assert shown(as_alice.get("/me/?length=short")) == []


def test_an_empty_page_invites(as_alice):
    assert "Nothing here yet" in as_alice.get("/me/").text


def test_no_match_says_so(as_alice, piece):
    piece(title="Lantern")

    assert "Nothing was found for “xylophone”." in as_alice.get("/me/?q=xylophone").text


def test_an_empty_state_says_so(as_alice, piece):
    piece()

    page = as_alice.get("/me/?state=public").text

    assert "No piece of yours is public" in page
    assert 'href="/me/">Show all pieces</a>' in page


@pytest.mark.parametrize("query", ["page=abc", "page=-1", "page=1000000000", "state=%00"])
def test_a_bad_query_gets_a_sensible_page(as_alice, ready_piece, query):
    ready_piece()

    assert len(shown(as_alice.get(f"/me/?{query}"))) == 1


def test_no_shared_cache_may_keep_it(as_alice):
    assert "private" in as_alice.get("/me/")["Cache-Control"]


# Cards of what is in the making.

HTMX = {"HX-Request": "true"}
REFRESH = '<noscript><meta http-equiv="refresh"'


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (Status.QUEUED, "No. 1 in the queue"),
        (Status.COMPOSING, "Composing, 40 %"),
        (Status.RENDERING, "Recording"),
    ],
)
def test_a_card_in_the_making_asks_for_news(as_alice, piece, status, words):
    made = piece(status=status, progress=0.4)
    asking = f'hx-get="/me/?card={made.pk}" hx-trigger="every 4s"'

    page, news = as_alice.get("/me/").text, as_alice.get(f"/me/?card={made.pk}", headers=HTMX)

    assert asking in page
    assert REFRESH in page
    assert asking in news.text
    assert words in news.text
    assert f'action="/compositions/{made.pk}/cancel/"' in news.text
    assert "<html" not in news.text
    assert "HX-Request" in news["Vary"]


def test_it_asks_no_more_once_that_has_ended(as_alice, ready_piece):
    made = ready_piece(title="Lantern")

    news = as_alice.get(f"/me/?card={made.pk}", headers=HTMX).text

    assert "Lantern is ready to play." in news
    assert 'aria-label="Play Lantern"' in news
    for html in (news, as_alice.get("/me/").text):
        assert "hx-trigger" not in html.partition('class="card"')[2].partition("</li>")[0]
        assert "/cancel/" not in html
        assert REFRESH not in html


@pytest.mark.parametrize("card", ["", "nonsense", "%00", "00000000-0000-0000-0000-000000000000"])
def test_a_card_that_is_not_there_is_empty(as_alice, ready_piece, card):
    answer = as_alice.get(f"/me/?card={card}", headers=HTMX)

    assert (answer.status_code, answer.content) == (200, b"")


def test_nobody_elses_card_is_told(as_bob, ready_piece):
    made = ready_piece(visibility=Visibility.PUBLIC)

    assert as_bob.get(f"/me/?card={made.pk}", headers=HTMX).content == b""


def test_news_of_a_card_take_few_queries(as_alice, piece, django_assert_num_queries):
    made = piece()

    with django_assert_num_queries(4):  # session, person, piece, place
        as_alice.get(f"/me/?card={made.pk}", headers=HTMX)
