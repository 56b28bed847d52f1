import pytest

from generator.models import Status, Visibility


def shown(response):
    return [piece.title for piece in response.context["page"].object_list]


def test_it_shows_published_pieces_to_everybody(client, ready_piece):
    ready_piece(title="Heard", visibility=Visibility.PUBLIC)
    ready_piece(title="Unheard")

    page = client.get("/")

    assert shown(page) == ["Heard"]
    assert "by alice" in page.content.decode()


def test_an_unfinished_piece_is_not_shown_though_public(client, piece):
    piece(visibility=Visibility.PUBLIC, status=Status.COMPOSING)

    assert shown(client.get("/")) == []


def test_the_newest_comes_first(client, ready_piece):
    for title in ("Old", "New"):
        ready_piece(title=title, visibility=Visibility.PUBLIC)

    assert shown(client.get("/")) == ["New", "Old"]


def test_an_empty_gallery_invites(client, db):
    assert "The gallery is still silent" in client.get("/").content.decode()


def test_twelve_pieces_fill_a_page(client, ready_piece):
    for number in range(13):
        ready_piece(title=f"No. {number}", visibility=Visibility.PUBLIC)

    first, second = client.get("/"), client.get("/?page=2")

    assert len(shown(first)) == 12
    assert shown(second) == ["No. 0"]
    assert 'href="?page=2"' in first.content.decode()
    assert "Gallery, page 2" in second.content.decode()


@pytest.mark.parametrize(
    ("query", "number"),
    [
        ("page=abc", 1),
        ("page=", 1),
        ("page=1.5", 1),
        ("page=-1", 2),
        ("page=0", 2),
        ("page=1000000000", 2),
        (f"page={'9' * 5000}", 1),
        ("page=%00", 1),
        ("page=1&page=2", 2),
        ("unknown=1", 1),
    ],
)
def test_a_bad_query_gets_a_sensible_page(client, ready_piece, query, number):
    for _ in range(13):
        ready_piece(visibility=Visibility.PUBLIC)

    page = client.get(f"/?{query}")

    assert page.status_code == 200
    assert page.context["page"].number == number


@pytest.mark.parametrize("count", [3, 30])
def test_its_queries_do_not_grow_with_the_pieces(
    client, ready_piece, count, django_assert_num_queries
):
    for _ in range(count):
        ready_piece(visibility=Visibility.PUBLIC)

    with django_assert_num_queries(2):  # how many, and the page with owners and models
        client.get("/")


def test_a_title_is_text_not_markup(client, ready_piece):
    ready_piece(title="<script>alert(1)</script>", visibility=Visibility.PUBLIC)

    assert "<script>alert" not in client.get("/").content.decode()


def test_it_rejects_post(client, db):
    assert client.post("/").status_code == 405
