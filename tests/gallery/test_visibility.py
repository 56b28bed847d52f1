import html
import re

import pytest

from generator.models import Status, Visibility

SHARED = [Visibility.UNLISTED, Visibility.PUBLIC]


def test_the_owner_shares_by_link(as_alice, client, ready_piece):
    made = ready_piece()

    page = as_alice.post(
        f"/compositions/{made.pk}/visibility/", {"visibility": "unlisted"}, follow=True
    )

    assert page.redirect_chain == [(f"/compositions/{made.pk}/", 302)]
    assert "Unlisted. Whoever has the link can now hear it." in page.text
    assert "Unlisted: whoever has the link can hear it" in page.text
    assert client.get(f"/compositions/{made.pk}/").status_code == 200
    assert client.get(f"/compositions/{made.pk}/audio.mp3").status_code == 200


@pytest.mark.parametrize("before", Visibility.values)
@pytest.mark.parametrize("after", Visibility.values)
def test_every_choice_follows_every_other(as_alice, client, ready_piece, before, after):
    made = ready_piece(visibility=before)

    as_alice.post(f"/compositions/{made.pk}/visibility/", {"visibility": after})

    made.refresh_from_db()
    assert made.visibility == after
    status = 404 if after == "private" else 200
    assert client.get(f"/compositions/{made.pk}/").status_code == status


@pytest.mark.parametrize("status", [status for status in Status.values if status != "ready"])
@pytest.mark.parametrize("wish", SHARED)
def test_an_unfinished_piece_stays_private(as_alice, piece, status, wish):
    made = piece(status=status)

    page = as_alice.post(f"/compositions/{made.pk}/visibility/", {"visibility": wish}, follow=True)

    made.refresh_from_db()
    assert made.visibility == Visibility.PRIVATE
    assert "Only a finished piece can be shared." in page.text
    assert 'name="visibility"' not in page.text


@pytest.mark.parametrize("form", [{}, {"visibility": ""}, {"visibility": "everybody\x00"}])
def test_nonsense_changes_nothing(as_alice, ready_piece, form):
    made = ready_piece(visibility=Visibility.UNLISTED)

    page = as_alice.post(f"/compositions/{made.pk}/visibility/", form, follow=True)

    made.refresh_from_db()
    assert made.visibility == Visibility.UNLISTED
    assert "Choose who can hear it" in page.text


def test_it_rejects_get(as_alice, ready_piece):
    assert as_alice.get(f"/compositions/{ready_piece().pk}/visibility/").status_code == 405


@pytest.mark.parametrize("visibility", Visibility.values)
def test_the_present_choice_is_checked(as_alice, ready_piece, visibility):
    made = ready_piece(visibility=visibility)

    page = as_alice.get(f"/compositions/{made.pk}/").text

    assert re.findall(r'name="visibility" value="(\w+)"', page) == [
        "private", "unlisted", "public",
    ]  # fmt: skip
    assert re.findall(r'name="visibility" value="(\w+)" checked', page) == [visibility]


@pytest.mark.parametrize("visibility", SHARED)
def test_the_owner_of_a_shared_piece_gets_link_and_code(as_alice, ready_piece, visibility):
    made = ready_piece(visibility=visibility, title='Say "hush" & <sleep>')

    page = as_alice.get(f"/compositions/{made.pk}/").text

    assert f'value="http://testserver/compositions/{made.pk}/"' in page
    code = html.unescape(re.search(r"<textarea[^>]*>(.*?)</textarea>", page, re.DOTALL)[1])
    assert f'src="http://testserver/embed/{made.pk}/"' in code
    # What is pasted into another page is still one element, whatever the title holds.
    assert 'title="Say &quot;hush&quot; &amp; &lt;sleep&gt;, played by Nocturne"' in code


def test_there_is_no_link_to_a_private_piece(as_alice, ready_piece):
    page = as_alice.get(f"/compositions/{ready_piece().pk}/").text

    assert "data-copy" not in page
    assert "iframe" not in page


def test_visitors_see_no_choice(client, ready_piece):
    page = client.get(f"/compositions/{ready_piece(visibility=Visibility.PUBLIC).pk}/").text

    assert 'name="visibility"' not in page
    assert "data-copy" not in page


@pytest.mark.parametrize("ending", ["/", ".json", "/audio.mp3", "/cover.svg", "/notes.json"])
def test_search_engines_are_asked_to_leave_out_what_is_unlisted(client, ready_piece, ending):
    unlisted, public = (ready_piece(visibility=kind) for kind in SHARED)

    assert client.get(f"/compositions/{unlisted.pk}{ending}")["X-Robots-Tag"] == "noindex"
    assert "X-Robots-Tag" not in client.get(f"/compositions/{public.pk}{ending}")


@pytest.mark.parametrize(
    "url", ["/", "/?q=Whisper", "/feed/", "/people/alice/", "/people/alice/feed/"]
)
def test_an_unlisted_piece_is_in_no_list(client, as_bob, ready_piece, url):
    ready_piece(visibility=Visibility.PUBLIC, title="Whisper aloud")
    hidden = ready_piece(visibility=Visibility.UNLISTED, title="Whisper low")

    for browser in (client, as_bob):
        page = browser.get(url)
        assert page.status_code == 200
        assert "Whisper aloud" in page.text
        assert "Whisper low" not in page.text
        assert str(hidden.pk) not in page.text
