"""How other sites learn to embed a piece: oembed.com, version 1.0."""

import io
import uuid

import pytest
from PIL import Image

from generator.models import Status, Visibility

SHARED = [Visibility.UNLISTED, Visibility.PUBLIC]


@pytest.fixture(params=SHARED)
def shared(request, ready_piece):
    return ready_piece(visibility=request.param, title='"Fog" & rain')


def ask(client, url, **more):
    return client.get("/oembed", {"url": url} | more)


def test_it_tells_how_to_embed_a_shared_piece(client, shared):
    answer = ask(client, f"http://testserver/compositions/{shared.pk}/", format="json")

    assert answer["Content-Type"] == "application/json"
    assert answer.json() == {
        "version": "1.0",
        "type": "rich",
        "title": '"Fog" & rain',
        "author_name": "alice",
        "provider_name": "Nocturne",
        "provider_url": "http://testserver/",
        "html": f'<iframe src="http://testserver/embed/{shared.pk}/" width="560" height="152" '
        'title="&quot;Fog&quot; &amp; rain, played by Nocturne" frameborder="0" '
        'loading="lazy"></iframe>',
        "width": 560,
        "height": 152,
        "thumbnail_url": f"http://testserver/compositions/{shared.pk}/cover.png",
        "thumbnail_width": 1400,
        "thumbnail_height": 1400,
    }


@pytest.mark.parametrize(
    "url",
    [
        "http://testserver/compositions/{}/?utm_source=x#listen",
        "https://testserver/compositions/{}/",
        "http://TESTSERVER/embed/{}/",
    ],
)
def test_it_knows_a_piece_by_all_its_addresses(client, shared, url):
    assert ask(client, url.format(shared.pk)).status_code == 200


def test_it_keeps_within_the_space_there_is(client, shared):
    url = f"http://testserver/compositions/{shared.pk}/"

    answer = ask(client, url, maxwidth="300", maxheight="100").json()

    assert (answer["width"], answer["height"]) == (300, 100)
    assert 'width="300" height="100"' in answer["html"]
    assert "thumbnail_url" not in answer  # none would fit: the specification, 2.3.4


@pytest.mark.parametrize(
    ("limits", "side"),
    [
        ({"maxwidth": 1400, "maxheight": 1400}, 1400),
        ({"maxwidth": 1399}, 480),
        ({"maxheight": 480}, 480),
        ({"maxwidth": 2000, "maxheight": 300}, 160),
    ],
)
def test_the_largest_picture_that_fits_is_offered(client, shared, limits, side):
    answer = ask(client, f"http://testserver/compositions/{shared.pk}/", **limits).json()

    assert (answer["thumbnail_width"], answer["thumbnail_height"]) == (side, side)
    picture = client.get(answer["thumbnail_url"])
    size = Image.open(io.BytesIO(b"".join(picture))).size
    assert size == (side, side)


@pytest.mark.parametrize("limit", ["", "wide", "-5", "0", "1e3", "9" * 5000, "²"])
def test_nonsense_limits_do_no_harm(client, shared, limit):
    url = f"http://testserver/compositions/{shared.pk}/"

    answer = ask(client, url, maxwidth=limit, maxheight=limit)

    assert answer.status_code == 200
    assert answer.json()["width"] >= 1


@pytest.mark.parametrize("kind", ["xml", "", "json\x00"])
def test_other_formats_are_not_implemented(client, shared, kind):
    url = f"http://testserver/compositions/{shared.pk}/"

    assert ask(client, url, format=kind).status_code == 501


@pytest.mark.django_db
def test_a_question_without_address_is_wrong(client):
    assert client.get("/oembed").status_code == 400


@pytest.mark.parametrize(
    "url",
    [
        "",
        "compositions/{}/",
        "/compositions/{}/",
        "//testserver/compositions/{}/",
        "http://elsewhere.example/compositions/{}/",
        "http://testserver:81/compositions/{}/",
        "ftp://testserver/compositions/{}/",
        "javascript:alert(1)//testserver/compositions/{}/",
        "http://[::1/compositions/{}/",
        "http://testserver/compositions/{}/audio.mp3",
        "http://testserver/compositions/{}/delete/",
        "http://testserver/people/alice/",
        "http://testserver/",
        "http://testserver/compositions/none/\x00",
    ],
)
def test_it_knows_nothing_else(client, shared, url):
    assert ask(client, url.format(shared.pk)).status_code == 404


@pytest.mark.parametrize("status", [Status.READY, Status.QUEUED])
def test_what_is_not_shared_is_not_found_even_by_its_owner(client, as_alice, ready_piece, status):
    visibility = Visibility.PRIVATE if status == Status.READY else Visibility.PUBLIC
    hidden = ready_piece(status=status, visibility=visibility).pk

    for browser in (client, as_alice):
        for pk in (hidden, uuid.uuid4()):
            answer = ask(browser, f"http://testserver/compositions/{pk}/")
            assert answer.status_code == 404


def test_it_ends_with_sharing(as_alice, client, shared):
    url = f"http://testserver/compositions/{shared.pk}/"
    assert ask(client, url).status_code == 200

    as_alice.post(f"/compositions/{shared.pk}/unpublish/")

    assert ask(client, url).status_code == 404


def test_it_rejects_post(client, shared):
    assert client.post("/oembed").status_code == 405
