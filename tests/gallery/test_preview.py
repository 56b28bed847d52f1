"""What other sites and apps show of a link: the head of a piece's page, for them."""

import re
from html import unescape

import pytest

from generator.models import Status, Visibility

SHARED = [Visibility.UNLISTED, Visibility.PUBLIC]


def card(browser, piece):
    """The page's properties for others, by name."""
    page = browser.get(f"/compositions/{piece.pk}/").text
    head = page.partition("</head>")[0]
    found = re.findall(r'<meta (?:property|name)="([\w:]+)" content="([^"]*)">', head)
    return {name: unescape(words) for name, words in found if ":" in name}


@pytest.mark.parametrize("visibility", SHARED)
def test_a_shared_piece_has_a_card(client, ready_piece, visibility):
    made = ready_piece(visibility=visibility, title='"Night" & day', duration=65.8)
    url = f"http://testserver/compositions/{made.pk}/"

    assert card(client, made) == {
        "og:type": "music.song",
        "og:site_name": "Nocturne",
        "og:title": '"Night" & day',
        "og:description": "A piano piece of 1 minute 5 seconds after Frédéric Chopin, "
        "composed by a neural network for alice.",
        "og:url": url,
        "og:image": f"{url}cover.png",
        "og:image:type": "image/png",
        "og:image:width": "1400",
        "og:image:height": "1400",
        "og:image:alt": 'A night picture drawn from the notes of "Night" & day',
        "og:audio": f"{url}audio.mp3",
        "og:audio:type": "audio/mpeg",
        "music:duration": "66",
        "twitter:card": "summary",
    }


def test_the_card_has_the_owners_words_if_there_are_any(client, ready_piece):
    words = 'For "M.",\nwritten & played at night. ' + "Long. " * 60
    made = ready_piece(visibility=Visibility.PUBLIC, description=words)

    described = card(client, made)["og:description"]

    assert described.startswith('For "M.",\nwritten & played at night.')
    assert len(described) == 200


def test_all_that_the_card_names_is_there(client, ready_piece):
    made = ready_piece(visibility=Visibility.PUBLIC)

    named = card(client, made)

    for name, kind in (("og:image", "image/png"), ("og:audio", "audio/mpeg")):
        answer = client.head(named[name].removeprefix("http://testserver"))
        assert (answer.status_code, answer["Content-Type"]) == (200, kind)


@pytest.mark.parametrize("status", [Status.READY, Status.COMPOSING, Status.FAILED])
def test_a_private_or_unfinished_piece_has_no_card(as_alice, ready_piece, status):
    visibility = Visibility.PRIVATE if status == Status.READY else Visibility.PUBLIC
    made = ready_piece(status=status, visibility=visibility)

    assert card(as_alice, made) == {}
    assert "oembed" not in as_alice.get(f"/compositions/{made.pk}/").text


def test_its_oembed_is_found_from_the_page(client, ready_piece):
    made = ready_piece(visibility=Visibility.UNLISTED)

    page = client.get(f"/compositions/{made.pk}/").text

    link = re.search(r'<link rel="alternate" type="application/json\+oembed"[^>]*>', page)[0]
    url = unescape(re.search(r'href="http://testserver([^"]+)"', link)[1])
    assert client.get(url).json()["title"] == "Nocturne"
