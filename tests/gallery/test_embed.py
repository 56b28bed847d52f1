"""The small player for frames on other sites."""

import re
import uuid

import pytest

from generator.models import Status, Visibility

SHARED = [Visibility.UNLISTED, Visibility.PUBLIC]


@pytest.fixture(params=SHARED)
def shared(request, ready_piece):
    return ready_piece(visibility=request.param, title="Lantern & fog", duration=65.8)


def test_it_plays_and_leads_to_the_piece(client, shared):
    page = client.get(f"/embed/{shared.pk}/").text

    assert f'<audio controls preload="none" src="/compositions/{shared.pk}/audio.mp3"' in page
    assert f'href="/compositions/{shared.pk}/" target="_blank" rel="noopener"' in page
    assert "Lantern &amp; fog" in page
    assert "by alice" in page
    assert "1:05" in page
    assert f'src="/compositions/{shared.pk}/cover.svg' in page


def test_it_may_be_framed_by_anybody_and_is_strict_otherwise(client, shared):
    answer = client.get(f"/embed/{shared.pk}/")

    policy = answer["Content-Security-Policy"].split("; ")
    assert "frame-ancestors *" in policy
    assert {"default-src 'self'", "object-src 'none'", "base-uri 'none'"} < set(policy)
    assert "unsafe" not in answer["Content-Security-Policy"]
    assert "X-Frame-Options" not in answer
    assert answer["X-Content-Type-Options"] == "nosniff"


def test_it_has_nothing_of_the_site_around_it(client, shared):
    page = client.get(f"/embed/{shared.pk}/").text

    for part in ("<script", "<nav", "<form", "hx-", "style="):
        assert part not in page


def test_it_needs_and_sets_no_cookie(client, as_alice, shared):
    by_visitor, by_owner = (b.get(f"/embed/{shared.pk}/") for b in (client, as_alice))

    assert by_visitor.text == by_owner.text
    assert not by_visitor.cookies
    assert not by_owner.cookies


def test_it_is_asked_for_anew_each_time_and_is_not_searched(client, shared):
    answer = client.get(f"/embed/{shared.pk}/")

    assert answer["Cache-Control"] == "private, no-cache"
    assert answer["X-Robots-Tag"] == "noindex"


@pytest.mark.parametrize(
    "fields",
    [{}, {"status": Status.RENDERING, "visibility": "public"}],
    ids=["private", "unfinished"],
)
def test_what_is_not_shared_has_the_same_frame_as_nothing(client, as_alice, ready_piece, fields):
    made = ready_piece(**fields)

    for browser in (client, as_alice):
        hidden, nothing = (browser.get(f"/embed/{pk}/") for pk in (made.pk, uuid.uuid4()))
        assert hidden.status_code == nothing.status_code == 404
        assert hidden.text == nothing.text
        assert "no longer shared" in hidden.text
        assert "frame-ancestors *" in hidden["Content-Security-Policy"]


def test_a_frame_that_stands_already_ends_with_sharing(as_alice, client, ready_piece):
    made = ready_piece(visibility=Visibility.UNLISTED)
    audio = re.search(r'<audio[^>]* src="([^"]+)"', client.get(f"/embed/{made.pk}/").text)[1]
    assert client.get(audio).status_code == 200

    as_alice.post(f"/compositions/{made.pk}/visibility/", {"visibility": "private"})

    assert client.get(f"/embed/{made.pk}/").status_code == 404
    assert client.get(audio, headers={"Range": "bytes=0-"}).status_code == 404


def test_it_makes_one_query(client, shared, django_assert_num_queries):
    with django_assert_num_queries(1):
        client.get(f"/embed/{shared.pk}/")


def test_it_rejects_post(client, shared):
    assert client.post(f"/embed/{shared.pk}/").status_code == 405
