import uuid
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from gallery.views.discard import MOST_AT_ONCE
from generator.models import Composition, Rendition, Status, Visibility


@pytest.fixture
def binned(ready_piece):
    def make(title="Lantern", days=0, **fields):
        return ready_piece(title=title, deleted_at=timezone.now() - timedelta(days=days), **fields)

    return make


def shown(response):
    return [piece.title for piece in response.context["page"].object_list]


def test_it_lists_what_was_thrown_away_last_first(as_alice, bob, binned, ready_piece):
    binned("Older", days=2)
    binned("Newer", days=1)
    binned("His", owner=bob)
    ready_piece(title="Kept")

    assert shown(as_alice.get("/me/bin/")) == ["Newer", "Older"]


@pytest.mark.parametrize(
    ("days", "words"),
    [(0, "30 days left"), (12.5, "18 days left"), (29.5, "one day left"), (30.1, "gone within")],
)
def test_it_tells_the_days_left(as_alice, binned, days, words):
    binned(days=days)

    assert words in as_alice.get("/me/bin/").text


def test_a_piece_comes_back_to_where_it_was(as_alice, client, binned):
    made = binned(visibility=Visibility.PUBLIC)

    page = as_alice.post(
        f"/compositions/{made.pk}/restore/", {"next": "/me/bin/?page=1"}, follow=True
    )

    assert page.redirect_chain == [("/me/bin/?page=1", 302)]
    assert "“Lantern” is back." in page.text
    assert client.get(f"/compositions/{made.pk}/").status_code == 200


def test_no_more_ids_are_read_than_a_page_could_send(as_alice, binned):
    unknown = ",".join(str(uuid.uuid4()) for _ in range(MOST_AT_ONCE))

    as_alice.post("/me/bin/restore/", {"pieces": f"{unknown},{binned().pk}"})

    assert Composition.objects.exclude(deleted_at=None).exists()


def test_deleting_for_good_asks_first(as_alice, binned):
    made = binned()

    page = as_alice.get(f"/me/bin/{made.pk}/").text

    assert "Delete “Lantern” for good?" in page
    assert Composition.objects.filter(pk=made.pk).exists()


def test_a_deleted_piece_is_gone_with_its_files(
    as_alice, binned, django_capture_on_commit_callbacks
):
    made, other = binned(), binned("Other")
    files = [made.mp3, made.midi, made.notes]

    with django_capture_on_commit_callbacks(execute=True):
        response = as_alice.post(f"/me/bin/{made.pk}/")

    assert response["Location"] == "/me/bin/"
    assert list(Composition.objects.all()) == [other]
    assert not any(file.storage.exists(file.name) for file in files)
    assert other.mp3.storage.exists(other.mp3.name)


def test_emptying_asks_first_and_takes_only_ones_own(
    as_alice, bob, binned, ready_piece, django_capture_on_commit_callbacks
):
    mine, his, kept = binned(), binned(owner=bob), ready_piece()

    assert "2 pieces are in it." not in as_alice.get("/me/bin/empty/").text
    assert "One piece is in it." in as_alice.get("/me/bin/empty/").text
    with django_capture_on_commit_callbacks(execute=True):
        as_alice.post("/me/bin/empty/")

    assert set(Composition.objects.all()) == {his, kept}
    assert not mine.mp3.storage.exists(mine.mp3.name)


def test_an_empty_bin_says_what_it_is_for(as_alice):
    assert "What you throw away stays here for 30 days" in as_alice.get("/me/bin/").text
    assert "There is nothing in it." in as_alice.get("/me/bin/empty/").text


@pytest.mark.parametrize("method", ["get", "post"])
def test_what_is_not_in_ones_bin_is_not_found(as_alice, bob, binned, ready_piece, method):
    for made in (binned(owner=bob), ready_piece()):
        assert getattr(as_alice, method)(f"/me/bin/{made.pk}/").status_code == 404
    assert Composition.objects.count() == 2


def test_there_are_pages(as_alice, binned):
    for number in range(13):
        binned(f"No. {number}", days=number)

    assert shown(as_alice.get("/me/bin/?page=2")) == ["No. 12"]
    assert len(shown(as_alice.get("/me/bin/?page=abc"))) == 12


@pytest.mark.parametrize("url", ["/me/bin/", "/me/bin/empty/"])
def test_it_is_ones_own_affair(client, as_alice, url):
    assert client.get(url)["Location"].startswith("/accounts/login/")
    assert "private" in as_alice.get(url)["Cache-Control"]


def test_the_page_of_a_binned_piece_tells_its_owner_where_it_is(as_alice, binned):
    made = binned("Lantern & moth")

    page = as_alice.get(f"/compositions/{made.pk}/")

    until = timezone.localtime(made.deleted_at + timedelta(days=30))
    assert page.status_code == 404
    assert "“Lantern &amp; moth” is in your bin" in page.text
    assert f">{until.day} {until:%B %Y}</time>" in page.text
    assert f'action="/compositions/{made.pk}/restore/"' in page.text
    assert f'href="/me/bin/{made.pk}/"' in page.text


def test_nobody_else_is_told_of_a_binned_piece(as_bob, as_carol, client, binned):
    made = binned(visibility=Visibility.PUBLIC)

    for browser in (as_bob, as_carol, client):
        page = browser.get(f"/compositions/{made.pk}/")
        assert page.status_code == 404
        assert "Lantern" not in page.text


@pytest.mark.parametrize("way", ["throw away", "empty", "for good"])
def test_many_cost_no_more_queries_than_a_few(
    as_alice, binned, ready_piece, way, django_capture_on_commit_callbacks
):
    def cost(number):
        made = [ready_piece() if way == "throw away" else binned() for _ in range(number)]
        Rendition.objects.bulk_create(Rendition(composition=one, kind="wav") for one in made)
        committed = django_capture_on_commit_callbacks(execute=True)
        with CaptureQueriesContext(connection) as queries, committed:
            if way == "throw away":
                ids = [one.pk for one in made]
                as_alice.post("/me/bulk/", {"action": "bin", "piece": ids})
            elif way == "empty":
                as_alice.post("/me/bin/empty/")
            else:
                Composition.objects.exclude(deleted_at=None).delete_with_files()
        return len(queries)

    assert cost(2) == cost(9)
    assert not Composition.objects.kept().exists()


def test_what_is_being_made_is_cancelled_when_many_are_thrown_away(as_alice, piece, ready_piece):
    made = [piece(status=Status.COMPOSING, token=uuid.uuid4()), ready_piece()]

    as_alice.post("/me/bulk/", {"action": "bin", "piece": [one.pk for one in made]})

    assert [Composition.objects.get(pk=one.pk).status for one in made] == ["cancelled", "ready"]
    assert Composition.objects.in_bin_of(made[0].owner).count() == 2


def said(response):
    return [str(message) for message in response.context["messages"]]


def test_those_that_are_ticked_come_back_together(as_alice, binned):
    made = [binned(title, days) for days, title in enumerate(["First", "Second", "Third"])]
    page = as_alice.get("/me/bin/").text
    for one in made:
        assert f'name="piece" value="{one.pk}" form="bulk" aria-label="Choose “{one}”"' in page
    assert 'id="bulk" action="/me/bin/restore/" method="post"' in page

    page = as_alice.post(
        "/me/bin/restore/", {"piece": [made[0].pk, made[2].pk], "next": "/me/bin/"}, follow=True
    )

    assert page.redirect_chain == [("/me/bin/", 302)]
    assert said(page) == ["2 pieces are back."]
    assert shown(page) == ["Second"]


def test_a_piece_alone_in_the_bin_needs_no_box(as_alice, binned):
    binned()

    assert 'name="piece"' not in as_alice.get("/me/bin/").text


@pytest.mark.parametrize("chosen", [[], ["nonsense"], ["", "\0"]])
def test_nothing_ticked_is_said(as_alice, binned, chosen):
    binned()

    page = as_alice.post("/me/bin/restore/", {"piece": chosen, "next": "/me/bin/"}, follow=True)

    assert said(page) == ["No piece is chosen. Tick at least one, then bring it back."]
    assert shown(page) == ["Lantern"]


def test_what_was_ticked_too_late_is_said(as_bob, binned):
    hers = {"piece": [binned().pk]}

    page = as_bob.post("/me/bin/restore/", hers, follow=True)

    assert said(page) == ["There was nothing to bring back any more."]
    assert Composition.objects.exclude(deleted_at=None).exists()
