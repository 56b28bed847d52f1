import pytest

from generator.models import Status, Visibility


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
    assert words in page.content.decode()


@pytest.mark.parametrize("visibility", Visibility.values)
def test_it_says_who_can_hear_a_piece(as_alice, ready_piece, visibility):
    ready_piece(visibility=visibility)

    assert f">{visibility.capitalize()}</span>" in as_alice.get("/me/").content.decode()


def test_an_empty_page_invites(as_alice):
    assert "Nothing here yet" in as_alice.get("/me/").content.decode()


@pytest.mark.parametrize("query", ["page=abc", "page=-1", "page=1000000000"])
def test_a_bad_query_gets_a_sensible_page(as_alice, ready_piece, query):
    ready_piece()

    assert len(shown(as_alice.get(f"/me/?{query}"))) == 1


@pytest.mark.parametrize("count", [3, 30])
def test_its_queries_do_not_grow_with_the_pieces(as_alice, piece, count, django_assert_num_queries):
    for _ in range(count):
        piece()

    with django_assert_num_queries(4):  # session, person, how many, the page
        as_alice.get("/me/")


def test_no_shared_cache_may_keep_it(as_alice):
    assert "private" in as_alice.get("/me/")["Cache-Control"]
