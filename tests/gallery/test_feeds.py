"""The feeds, read as strictly as podcast directories read them."""

import struct
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path
from urllib.parse import urlsplit
from xml.etree import ElementTree

import pytest
from django.contrib.staticfiles import finders
from django.utils import timezone

from generator.models import Status, Visibility

ITUNES = "{http://www.itunes.com/dtds/podcast-1.0.dtd}"
ATOM = "{http://www.w3.org/2005/Atom}"
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
LONGEST_DESCRIPTION = 4000  # bytes, says Apple


@pytest.fixture
def public(ready_piece):
    def make(**fields):
        return ready_piece(**{"visibility": Visibility.PUBLIC} | fields)

    return make


def channel_of(response):
    assert response.status_code == 200
    assert response["Content-Type"] == "application/rss+xml; charset=utf-8"
    root = ElementTree.fromstring(response.content)  # noqa: S314  our own feed
    assert (root.tag, root.get("version")) == ("rss", "2.0")
    (channel,) = root
    return channel


def text(element, name):
    found = element.findall(name)
    assert len(found) == 1, f"{name} is there {len(found)} times"
    return found[0].text


def titles(response):
    return [text(item, "title") for item in channel_of(response).findall("item")]


@pytest.mark.parametrize(
    ("url", "title", "page"),
    [("/feed/", "Nocturne", "/"), ("/people/alice/feed/", "alice · Nocturne", "/people/alice/")],
)
def test_the_channel_has_what_directories_require(client, public, url, title, page):
    public()

    channel = channel_of(client.get(url))

    assert text(channel, "title") == title
    assert text(channel, "link") == f"http://testserver{page}"
    assert 0 < len(text(channel, "description").encode()) <= LONGEST_DESCRIPTION
    assert text(channel, "language") == "en-gb"
    assert text(channel, f"{ITUNES}author")
    assert text(channel, f"{ITUNES}explicit") == "false"
    assert channel.find(f"{ITUNES}category").get("text") == "Music"
    assert channel.find(f"{ITUNES}image").get("href").startswith("http://testserver/static/")
    own = channel.find(f"{ATOM}link")
    assert (own.get("rel"), own.get("href")) == ("self", f"http://testserver{url}")


def test_the_artwork_is_square_large_and_opaque():
    content = Path(finders.find("img/podcast.png")).read_bytes()
    width, height, depth, colours = struct.unpack(">IIBB", content[16:26])

    assert content.startswith(b"\x89PNG\r\n\x1a\n")
    assert width == height
    assert 1400 <= width <= 3000
    assert (depth, colours) == (8, 2)  # eight bits of RGB, no transparency
    assert len(content) < 512 * 1024


def test_an_item_has_what_players_require(client, public):
    made = public(title="Moth & <lamp>", description="Of\nsummer", finished_at=LONG_AGO)

    (item,) = channel_of(client.get("/feed/")).findall("item")

    page = f"http://testserver/compositions/{made.pk}/"
    assert text(item, "title") == "Moth & <lamp>"
    assert text(item, "link") == page
    assert text(item, "description") == "Of\nsummer"
    assert text(item, "guid") == f"urn:uuid:{made.pk}"
    assert item.find("guid").get("isPermaLink") == "false"
    published = parsedate_to_datetime(text(item, "pubDate"))
    assert abs(published - made.published_at) < timedelta(seconds=1)
    assert text(item, f"{ITUNES}author") == "alice"
    assert text(item, f"{ITUNES}duration") == "2"
    assert text(item, f"{ITUNES}explicit") == "false"
    assert item.find(f"{ITUNES}image").get("href") == f"{page}cover.png"
    (enclosure,) = item.findall("enclosure")
    assert enclosure.attrib == {
        "url": f"{page}audio.mp3", "length": str(made.mp3.size), "type": "audio/mpeg"
    }  # fmt: skip


def test_an_enclosure_comes_without_logging_in(client, public):
    public()
    enclosure = channel_of(client.get("/feed/")).find("item/enclosure")
    path, length = urlsplit(enclosure.get("url")).path, int(enclosure.get("length"))

    head = client.head(path)
    part = client.get(path, headers={"Range": "bytes=0-99"})
    whole = client.get(path)

    assert (head.status_code, int(head["Content-Length"])) == (200, length)
    assert head["Accept-Ranges"] == "bytes"
    assert (part.status_code, part["Content-Range"]) == (206, f"bytes 0-99/{length}")
    assert len(b"".join(whole.streaming_content)) == length
    assert whole["Content-Type"] == "audio/mpeg"


def test_what_is_not_public_is_in_no_feed(client, public, ready_piece):
    public(title="Heard")
    ready_piece(title="Private")
    public(title="Unlisted", visibility=Visibility.UNLISTED)
    public(title="Unfinished", status=Status.RENDERING)
    public(title="Binned", deleted_at=timezone.now())

    assert titles(client.get("/feed/")) == ["Heard"]
    assert titles(client.get("/people/alice/feed/")) == ["Heard"]


def test_a_persons_feed_has_that_persons_pieces(client, bob, public):
    public(title="Hers")
    public(title="His", owner=bob)

    assert titles(client.get("/people/alice/feed/")) == ["Hers"]
    assert sorted(titles(client.get("/feed/"))) == ["Hers", "His"]


def test_about_is_the_description_of_a_persons_feed(client, alice, public):
    public()
    alice.about = "Slow & late."
    alice.save(update_fields=["about"])

    channel = channel_of(client.get("/people/alice/feed/"))

    assert text(channel, "description") == "Slow & late."


def test_fifty_are_enough(client, public, monkeypatch):
    monkeypatch.setattr("gallery.feeds.NEWEST", 3)
    for number in range(5):
        public(title=str(number))

    assert titles(client.get("/feed/")) == ["4", "3", "2"]


def test_an_old_piece_comes_first_once_it_is_published(client, as_alice, public, ready_piece):
    old = ready_piece(title="Old", created_at=LONG_AGO, finished_at=LONG_AGO)
    public(title="Young")
    as_alice.post(f"/compositions/{old.pk}/publish/")

    for url in ("/feed/", "/people/alice/feed/"):
        assert titles(client.get(url)) == ["Old", "Young"]
    first, _ = channel_of(client.get("/feed/")).findall("item")
    told = parsedate_to_datetime(text(first, "pubDate"))
    assert timezone.now() - told < timedelta(minutes=1)


def test_a_piece_without_words_is_described_by_its_style(client, public):
    public(style="chopin")
    public(style="")

    items = channel_of(client.get("/feed/")).findall("item")

    assert [text(item, "description") for item in items] == [
        "In a style of its own, composed for alice.",
        "After Frédéric Chopin, composed for alice.",
    ]


def test_a_lost_file_is_no_episode(client, public):
    made = public()
    made.mp3.storage.delete(made.mp3.name)

    assert titles(client.get("/feed/")) == []


def test_characters_that_xml_cannot_hold_are_left_out(client, alice, public):
    public(title="a\ufffeb\x0bc", description="x\x00\x1b\uffffy🌙")

    (item,) = channel_of(client.get("/feed/")).findall("item")

    assert text(item, "title") == "abc"
    assert text(item, "description") == "xy🌙"


def test_an_empty_feed_is_a_feed(client, db):
    assert titles(client.get("/feed/")) == []


@pytest.mark.parametrize("url", ["/feed/", "/people/alice/feed/"])
def test_an_unchanged_feed_is_not_sent_again(client, public, url):
    public()
    first = client.get(url)
    known = {"If-None-Match": first["ETag"]}

    again = client.get(url, headers=known)
    assert (again.status_code, again.content) == (304, b"")

    public(created_at=LONG_AGO)
    assert client.get(url, headers=known).status_code == 200


def test_a_piece_taken_back_changes_the_feed(client, as_alice, public):
    made = public()
    known = {"If-None-Match": client.get("/feed/")["ETag"]}

    as_alice.post(f"/compositions/{made.pk}/unpublish/")

    assert titles(client.get("/feed/", headers=known)) == []


def test_it_may_be_asked_for_by_head_only_besides(client, public):
    public()

    assert client.head("/feed/").status_code == 200
    assert client.post("/feed/").status_code == 405
