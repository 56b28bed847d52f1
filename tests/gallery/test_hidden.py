"""A piece that staff have hidden is gone for everybody but its owner, who is told why."""

import json
import uuid

import pytest
from django.contrib.auth.models import Permission

from gallery.models import Favourite
from generator.models import Beginning, Composition
from tests.addresses import routes_of_pieces
from tests.conftest import browser_of, person
from tests.gallery.test_privacy import answer

WHY = "It names somebody who asked us not to."
FILES = ["audio.mp3", "score.mid", "notes.json", "cover.svg", "roll.svg"]


@pytest.fixture
def hidden(ready_piece):
    made = ready_piece(title="Lantern", visibility="public")
    assert made.hide(WHY)
    made.refresh_from_db()
    return made


@pytest.fixture
def as_moderator(db):
    staff = person("erin", is_staff=True)
    staff.user_permissions.add(Permission.objects.get(codename="change_composition"))
    return browser_of(staff)


def said(response):
    return [str(message) for message in response.context["messages"]]


def url(piece, ending=""):
    return f"/compositions/{piece.pk}/{ending}"


# For others.


@pytest.mark.parametrize("who", ["visitor", "stranger"])
def test_no_address_of_it_or_of_a_blocked_persons_piece_exists(
    request, client, hidden, ready_piece, who
):
    browser = client if who == "visitor" else request.getfixturevalue("as_bob")
    blocked = ready_piece(owner=person("mallory", is_active=False), visibility="public")
    for route in routes_of_pieces():
        for asked in ("get", "post"):
            nowhere = answer(browser, route, uuid.uuid4(), asked)
            for piece in (hidden, blocked):
                assert answer(browser, route, piece.pk, asked) == nowhere, (route, asked)
    assert not Favourite.objects.exists()


def test_copies_are_worth_nothing_once_it_is_hidden(client, ready_piece):
    made = ready_piece(visibility="public")
    addresses = [url(made, ending) for ending in ("", "settings.json", *FILES)]
    copies = [client.get(address) for address in addresses]
    assert [copy.status_code for copy in copies] == [200] * len(copies)

    made.hide(WHY)

    for address, copy in zip(addresses, copies, strict=True):
        for headers in ({"If-None-Match": copy.get("ETag", "*")}, {"Range": "bytes=0-1"}):
            assert client.get(address, headers=headers).status_code == 404


def test_no_list_has_it(client, as_bob, bob, alice, hidden, ready_piece):
    ready_piece(title="Moth", visibility="public")
    for piece in Composition.objects.all():
        Favourite.objects.create(user=bob, composition=piece)

    for address in ["/", "/feed/", "/people/alice/", "/people/alice/feed/", "/me/favourites/"]:
        text = as_bob.get(address).text
        assert "Moth" in text
        assert "Lantern" not in text
    assert "1 public piece&nbsp;· 0 plays&nbsp;· 1 heart<" in client.get("/people/alice/").text
    assert "No piece is like that" in client.get("/?q=lantern").text
    assert client.get(f"/oembed/?url=http://testserver{url(hidden)}").status_code == 404


def test_a_person_all_of_whose_pieces_are_hidden_has_no_public_page(client, hidden):
    assert client.get("/people/alice/").status_code == 404
    assert client.get("/people/alice/feed/").status_code == 404


def test_a_feed_that_a_reader_has_is_not_the_same_any_more(client, ready_piece):
    made = ready_piece(visibility="public", title="Lantern")
    etag = client.get("/feed/")["ETag"]
    made.hide(WHY)
    again = client.get("/feed/", headers={"If-None-Match": etag})
    assert again.status_code == 200
    assert "Lantern" not in again.text


def test_what_goes_on_from_it_does_not_name_it(client, alice, hidden, ready_piece):
    music = Beginning.objects.create(
        owner=alice, title="Lantern", source=hidden, duration=2, note_count=3
    )
    later = ready_piece(title="Moth", visibility="public", beginning=music, takeover=1)
    page = client.get(url(later))
    assert page.status_code == 200
    assert "Lantern" not in page.text


# For staff.


def test_staff_who_may_hide_hear_what_they_judge(as_moderator, hidden):
    page = as_moderator.get(url(hidden))
    assert "only its owner and staff can hear it" in page.text
    assert WHY in page.text
    assert as_moderator.get(url(hidden, "audio.mp3")).status_code == 200
    assert "Lantern" not in as_moderator.get("/").text


def test_staff_who_may_not_hide_are_strangers(as_dora, hidden):
    assert as_dora.get(url(hidden)).status_code == 404


def test_what_its_owner_has_made_private_does_not_exist_for_staff_either(as_moderator, hidden):
    hidden.share("private")
    assert as_moderator.get(url(hidden)).status_code == 404


def test_staff_hear_what_somebody_made_whose_account_is_blocked(as_moderator, ready_piece):
    made = ready_piece(owner=person("mallory", is_active=False), visibility="unlisted")
    assert "The account of mallory is blocked" in as_moderator.get(url(made)).text


# For its owner.


def test_the_owner_reads_why_and_may_do_everything_but_share_it(as_alice, hidden):
    page = as_alice.get(url(hidden))

    assert WHY in page.text
    assert "Hidden: only you can hear it" in page.text
    assert "Once they show it again it is public" in page.text
    assert 'type="radio" name="visibility"' not in page.text
    assert "oembed" not in page.text
    for ending in FILES:
        assert as_alice.get(url(hidden, ending)).status_code == 200
    assert as_alice.post(url(hidden, "edit/"), {"title": "Lamp"}).status_code == 302
    as_alice.post(url(hidden, "delete/"))
    hidden.refresh_from_db()
    assert (hidden.title, hidden.deleted_at is None) == ("Lamp", False)


@pytest.mark.parametrize("address", ["publish/", "visibility/"])
def test_it_cannot_be_shared_again(as_alice, hidden, address):
    hidden.share("private")
    page = as_alice.post(url(hidden, address), {"visibility": "unlisted"}, follow=True)
    assert said(page) == ["The staff of this site have hidden this piece, so it cannot be shared."]
    hidden.refresh_from_db()
    assert hidden.visibility == "private"


def test_its_owner_may_make_it_private(as_alice, hidden):
    as_alice.post(url(hidden, "visibility/"), {"visibility": "private"})
    hidden.refresh_from_db()
    assert hidden.visibility == "private"
    assert "it stays private" in as_alice.get(url(hidden)).text


def test_publishing_several_leaves_it_out_and_says_so(as_alice, hidden, ready_piece):
    hidden.share("private")
    other = ready_piece(title="Moth")
    wish = {"action": "publish", "piece": [hidden.pk, other.pk]}
    page = as_alice.post("/me/bulk/", wish, follow=True)
    assert said(page) == [
        "One piece is public now.",
        "One piece is hidden by the staff of this site and cannot be shared.",
    ]
    hidden.refresh_from_db()
    assert hidden.visibility == "private"


def test_my_pieces_show_it_with_the_reason_in_a_state_of_its_own(as_alice, hidden, ready_piece):
    ready_piece(title="Moth", visibility="public")
    assert WHY in as_alice.get("/me/").text
    text = as_alice.get("/me/?state=hidden").text
    assert "Lantern" in text
    assert "Moth" not in text
    assert "Lantern" not in as_alice.get("/me/?state=public").text


def test_the_takes_show_it_with_the_reason(as_alice, hidden):
    assert WHY in as_alice.get(hidden.takes_url).text


def test_its_owner_gets_a_notice_until_the_page_was_seen(as_alice, ready_piece):
    made = ready_piece(visibility="public", is_news=True, title="Lantern")
    htmx = {"HX-Request": "true", "HX-Current-URL": "http://testserver/"}
    shown = f"{made.pk} ready False"
    assert as_alice.get("/me/notices/", {"shown": shown}, headers=htmx).status_code == 204
    made.hide(WHY)

    told = as_alice.get("/me/notices/", {"shown": shown}, headers=htmx)

    assert f"was hidden by the staff of this site. The reason: {WHY}" in told.text
    assert "is ready to play" not in told.text
    as_alice.get(url(made))
    assert "Lantern" not in as_alice.get("/me/notices/", headers=htmx).text


def test_what_is_taken_along_tells_why(as_alice, hidden):
    from musicsite.accounts.export import describe_piece, pieces_of

    (told,) = map(describe_piece, pieces_of(hidden.owner))
    assert told["hidden_because"] == WHY
    assert json.dumps(told["hidden_since"]) != "null"


@pytest.mark.parametrize("visibility", ["public", "unlisted"])
def test_shown_again_it_is_what_it_was(client, as_alice, ready_piece, visibility):
    made = ready_piece(visibility=visibility, title="Lantern")
    made.hide(WHY)
    made.unhide()
    assert client.get(url(made)).status_code == 200
    assert ("Lantern" in client.get("/").text) == (visibility == "public")
    assert WHY not in as_alice.get(url(made)).text
