import re

import pytest

from gallery.models import Favourite, Play
from generator.models import Status, Visibility


def shown(response):
    return [piece.title for piece in response.context["page"].object_list]


def test_it_shows_published_pieces_to_everybody(client, ready_piece):
    ready_piece(title="Heard", visibility=Visibility.PUBLIC)
    ready_piece(title="Unheard")

    page = client.get("/")

    assert shown(page) == ["Heard"]
    assert 'by <a class="card__by" href="/people/alice/">alice</a>' in page.text


@pytest.mark.parametrize(
    "fields",
    [{"status": Status.COMPOSING}, {"visibility": Visibility.UNLISTED}],
    ids=["unfinished", "unlisted"],
)
def test_it_leaves_out_what_is_not_published(client, ready_piece, fields):
    ready_piece(**{"visibility": Visibility.PUBLIC} | fields)

    assert shown(client.get("/")) == []


def test_the_newest_comes_first(client, ready_piece):
    for title in ("Old", "New"):
        ready_piece(title=title, visibility=Visibility.PUBLIC)

    assert shown(client.get("/")) == ["New", "Old"]


def test_an_empty_gallery_invites(client, db):
    page = client.get("/").text

    assert "The gallery is still silent" in page
    assert 'type="search"' not in page


def test_twelve_pieces_fill_a_page(client, ready_piece):
    for number in range(13):
        ready_piece(title=f"No. {number}", visibility=Visibility.PUBLIC)

    first, second = client.get("/"), client.get("/?page=2")

    assert len(shown(first)) == 12
    assert shown(second) == ["No. 0"]
    assert 'href="?page=2"' in first.text
    assert "Gallery, page 2" in second.text


def test_links_to_pages_keep_what_was_asked_for(client, ready_piece):
    for _ in range(13):
        ready_piece(visibility=Visibility.PUBLIC)

    page = client.get("/?q=nocturne&style=chopin&sort=liked&page=2").text

    assert 'rel="prev" href="?q=nocturne&amp;style=chopin&amp;sort=liked&amp;page=1"' in page


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
def test_a_bad_page_gets_a_sensible_one(client, ready_piece, query, number):
    for _ in range(13):
        ready_piece(visibility=Visibility.PUBLIC)

    page = client.get(f"/?{query}", follow=True)

    assert page.status_code == 200
    assert page.context["page"].number == number


@pytest.mark.parametrize("name", ["q", "style", "length", "model", "tag", "sort", "state", "page"])
@pytest.mark.parametrize(
    "value",
    ["", "%00", "%ff%fe", "-1", "x" * 10_000, "(((", "a&{name}=b", "%F0%9F%8C%99", "%0d%0a", "%25"],
    ids=["empty", "nul", "not utf-8", "minus", "long", "brackets", "twice", "moon", "lines", "%"],
)
def test_no_value_of_any_parameter_is_an_error(client, ready_piece, name, value):
    ready_piece(visibility=Visibility.PUBLIC)

    query = f"{name}={value.format(name=name)}"

    assert client.get(f"/?{query}", follow=True).status_code == 200


@pytest.mark.parametrize(
    "query", ["style=nobody", "length=endless", "model=none", "tag=%3C%3E", "sort=worst", "q=%00"]
)
def test_what_makes_no_sense_was_not_said(client, ready_piece, query):
    ready_piece(title="Lantern", visibility=Visibility.PUBLIC)

    page = client.get(f"/?{query}")

    assert shown(page) == ["Lantern"]
    assert "Clear all" not in page.text


def test_no_match_says_so_and_leads_back(client, ready_piece):
    ready_piece(visibility=Visibility.PUBLIC)

    page = client.get("/?q=xylophone&sort=liked").text

    assert "No piece is like that" in page
    assert "Nothing was found for “xylophone”." in page
    assert 'href="?sort=liked">Show all pieces</a>' in page


def test_each_thing_asked_for_can_be_taken_back(client, ready_piece):
    ready_piece(visibility=Visibility.PUBLIC)

    page = client.get("/?q=noc&style=chopin&page=3").text

    assert '<a class="tag" href="?style=chopin"' in page
    assert '<a class="tag" href="?q=noc"' in page
    assert '<a class="chosen__clear" href="?">Clear all</a>' in page


@pytest.mark.parametrize(("count", "words"), [(1, "1 piece found"), (2, "2 pieces found")])
def test_the_number_found_is_told(client, ready_piece, count, words):
    for _ in range(count):
        ready_piece(visibility=Visibility.PUBLIC)

    assert f"<span data-spoken>{words}</span>" in client.get("/?q=nocturne").text


def test_a_card_tells_plays_and_hearts(as_bob, bob, alice, ready_piece):
    made = ready_piece(visibility=Visibility.PUBLIC)
    for number, name in enumerate("abc"):
        Play.objects.create(composition=made, listener=name, day=f"2026-01-0{number + 1}")
    for user in (alice, bob):
        Favourite.objects.create(user=user, composition=made)

    page = as_bob.get("/").text

    assert "3 plays" in page
    assert re.search(r'value="0" aria-pressed="true">.*hearts: </span><span>2</span>', page)


def test_a_heart_leads_a_visitor_to_log_in_and_back(client, ready_piece):
    ready_piece(visibility=Visibility.PUBLIC)

    assert 'href="/accounts/login/?next=%2F%3Fq%3Dnocturne"' in client.get("/?q=nocturne").text


def test_a_card_can_be_played(client, ready_piece):
    made = ready_piece(visibility=Visibility.PUBLIC)

    assert f'data-src="/compositions/{made.pk}/audio.mp3"' in client.get("/").text


def test_a_title_is_text_not_markup(client, ready_piece):
    ready_piece(title="<script>alert(1)</script>", visibility=Visibility.PUBLIC)

    assert "<script>alert" not in client.get("/?q=alert").text


def test_the_feed_can_be_found(client, db):
    link = '<link rel="alternate" type="application/rss+xml" title="Nocturne: the gallery"'

    assert f'{link} href="/feed/">' in client.get("/").text


def test_it_rejects_post(client, db):
    assert client.post("/").status_code == 405


@pytest.mark.parametrize("url", ["/", "/people/alice/"])
def test_no_copy_is_shown_unasked(client, as_alice, ready_piece, url):
    ready_piece(visibility=Visibility.PUBLIC)

    for browser in (client, as_alice):
        assert browser.get(url)["Cache-Control"] == "private, no-store"
