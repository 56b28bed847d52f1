"""What is private does not exist for others: same answer as for a piece that never was.

Every address of a piece is asked, as the URL conf has them.
"""

import re
import uuid

import pytest
from django.utils import timezone

from gallery.models import Favourite, Play, Tagging
from generator.models import Composition, Kind, Rendition, RenditionStatus, Status, Visibility
from tests.addresses import of_piece, routes_of_pieces

ROUTES = routes_of_pieces()
HIDDEN = {
    "private": {"status": Status.READY},
    "public but not ready": {"status": Status.RENDERING, "visibility": Visibility.PUBLIC},
    "unlisted but failed": {"status": Status.FAILED, "visibility": Visibility.UNLISTED},
    "public but in the bin": {"visibility": Visibility.PUBLIC, "deleted_at": timezone.now()},
}
ASKED = {
    "get": ("get", {}),
    "head": ("head", {}),
    "post": ("post", {}),
    "range": ("get", {"Range": "bytes=0-1"}),
    "copy": ("get", {"If-None-Match": "*"}),
    "htmx": ("get", {"HX-Request": "true"}),
    "htmx post": ("post", {"HX-Request": "true"}),
}
FORM = {"title": "Taken", "visibility": "public", "favourite": "1", "seed": "new"}


def answer(browser, route, pk, asked):
    """Status, target and body, without what tells one piece or one moment from another."""
    method, headers = ASKED[asked]
    form = FORM if method == "post" else {}
    response = getattr(browser, method)(of_piece(route, pk), form, headers=headers)
    body = b"".join(response) if response.streaming else response.content
    words = re.sub(r"\b\w{64}\b", "CSRF", body.decode()).replace(str(pk), "PK")
    target = response.get("Location") or response.get("HX-Redirect") or ""
    status = 302 if target else response.status_code
    return status, target.replace(str(pk), "PK"), words


@pytest.fixture
def finished(ready_piece):
    """A maker of pieces that have all that can be made of one."""

    def make(**fields):
        piece = ready_piece(**fields)
        for kind in Kind:
            files = {"file": piece.mp3.name, "picture": piece.notes.name}
            piece.renditions.create(kind=kind, status=RenditionStatus.READY, **files)
        return piece

    return make


def everything():
    rows = (Composition, Rendition, Favourite, Play, Tagging)
    return [list(model.objects.order_by("pk").values()) for model in rows]


@pytest.fixture
def hidden(finished):
    """Pieces that nobody but alice may see, by what hides them; afterwards they are as before."""
    made = {why: finished(**fields) for why, fields in HIDDEN.items()}
    before = everything()
    yield made
    assert everything() == before


def assert_hidden(browser, route, hidden, refusals):
    for asked in ASKED:
        nowhere = answer(browser, route, uuid.uuid4(), asked)
        assert nowhere[0] in refusals, asked
        for why, piece in hidden.items():
            assert answer(browser, route, piece.pk, asked) == nowhere, (asked, why)


def test_all_addresses_of_pieces_are_known():
    assert len(ROUTES) > 20
    assert {"/compositions/<uuid:pk>/", "/embed/<uuid:pk>/"} < set(ROUTES)


@pytest.mark.parametrize("route", ROUTES)
def test_a_visitor_finds_nothing(client, hidden, route):
    assert_hidden(client, route, hidden, refusals=(401, 404, 405, 302))
    url = of_piece(route, hidden["private"].pk)
    if client.get(url).status_code == 302:
        assert client.get(url)["Location"] == f"/accounts/login/?next={url}"


@pytest.mark.parametrize("route", ROUTES)
def test_a_stranger_finds_and_changes_nothing(as_bob, hidden, route):
    assert_hidden(as_bob, route, hidden, refusals=(404, 405))


@pytest.mark.parametrize("route", ROUTES)
def test_staff_are_strangers_outside_the_admin(as_carol, hidden, route):
    assert_hidden(as_carol, route, hidden, refusals=(404, 405))


@pytest.mark.parametrize("route", ROUTES)
def test_a_stranger_changes_no_published_piece_either(as_bob, ready_piece, route):
    made = ready_piece(visibility=Visibility.PUBLIC)
    before = Composition.objects.values().get(pk=made.pk)

    as_bob.post(of_piece(route, made.pk), FORM)

    assert Composition.objects.values().get(pk=made.pk) == before


@pytest.mark.parametrize("route", ROUTES)
def test_the_owner_finds_something_everywhere(as_alice, finished, route):
    """So that the other tests ask addresses that lead somewhere."""
    states = [{}, {"visibility": Visibility.PUBLIC}, {"deleted_at": timezone.now()}]
    found = [
        getattr(as_alice, method)(of_piece(route, finished(**state).pk), FORM).status_code
        for state in states
        for method in ("get", "post")
    ]

    assert {200, 202, 204, 302} & set(found), found
    assert max(found) < 500


@pytest.mark.parametrize("route", ROUTES)
def test_head_is_get_without_the_body(as_alice, finished, route):
    url = of_piece(route, finished(visibility=Visibility.PUBLIC).pk)

    for headers in ({}, {"Range": "bytes=0-1"}):
        read, asked = as_alice.get(url, headers=headers), as_alice.head(url, headers=headers)
        # A range is a matter of GET alone: RFC 9110, section 14.2.
        assert asked.status_code == (200 if read.status_code == 206 else read.status_code)
        assert b"".join(asked) == b""


@pytest.mark.parametrize("route", ROUTES)
def test_sharing_ends_at_once(as_alice, as_bob, client, finished, route):
    shared = [finished(visibility=kind) for kind in ("unlisted", "public", "public")]
    urls = [of_piece(route, made.pk) for made in shared]
    browsers = (client, as_bob, client)
    copies = [browser.get(url) for browser, url in zip(browsers, urls, strict=True)]

    for made in shared[:2]:
        as_alice.post(f"/compositions/{made.pk}/visibility/", {"visibility": "private"})
    as_alice.post(f"/compositions/{shared[2].pk}/delete/")

    for browser, url, copy in zip(browsers, urls, copies, strict=True):
        members_only = copy.get("Location", "").startswith("/accounts/login/")
        gone = copy.status_code if members_only or copy.status_code == 405 else 404
        etag, modified = copy.get("ETag", '"any"'), copy.get("Last-Modified", "")
        for headers in (
            {},
            {"If-None-Match": etag},
            {"If-Modified-Since": modified},
            {"Range": "bytes=0-1", "If-Range": etag},
        ):
            assert browser.get(url, headers=headers).status_code == gone
        assert browser.head(url).status_code == gone


@pytest.mark.parametrize("ending", ["audio.mp3", "score.mid", "cover.png"])
@pytest.mark.parametrize("status", [status for status in Status.values if status != "ready"])
def test_the_owner_gets_no_files_before_they_are_ready(as_alice, ready_piece, status, ending):
    made = ready_piece(status=status)

    assert as_alice.get(f"/compositions/{made.pk}/{ending}").status_code == 404
