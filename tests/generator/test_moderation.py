"""Staff hide a shared piece in the admin, with a reason, and show it again."""

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission

from generator.admin import compositions
from generator.models import Composition, Status, Visibility
from generator.moderation import LONGEST_REASON
from tests.conftest import browser_of, person

PIECES = "/admin/generator/composition/"
WHY = "It names somebody who asked us not to."
ACTION = {"action": "hide"}


@pytest.fixture
def shared(ready_piece):
    return ready_piece(title="Lantern", visibility="public")


def staff(*codenames):
    helper = person("erin", is_staff=True)
    helper.user_permissions.set(Permission.objects.filter(codename__in=codenames))
    return browser_of(helper)


def said(response):
    return [str(message) for message in response.context["messages"]]


def row(piece):
    return Composition.objects.get(pk=piece.pk)


def logged():
    return list(LogEntry.objects.order_by("pk").values_list("object_repr", "change_message"))


# The moves.


@pytest.mark.parametrize(
    "fields",
    [
        {"visibility": "private"},
        {"visibility": "public", "status": Status.FAILED},
        {"visibility": "public", "status": Status.RENDERING},
    ],
)
def test_what_nobody_else_sees_cannot_be_hidden(piece, fields):
    made = piece(**{"status": Status.READY} | fields)
    assert not made.hide(WHY)
    assert not row(made).is_hidden


def test_the_first_reason_stands(shared):
    assert shared.hide(WHY)
    assert not shared.hide("Another.")
    assert row(shared).hidden_reason == WHY


def test_showing_again_leaves_nothing_behind(shared):
    assert not shared.unhide()
    shared.hide(WHY)
    assert shared.unhide()
    known = row(shared)
    assert (known.hidden_at, known.hidden_reason, known.is_news) == (None, "", False)
    assert known.visibility == Visibility.PUBLIC


# The page of a piece.


def test_staff_hide_a_piece_with_a_reason_and_show_it_again(client, shared):
    browser = staff("change_composition")
    page = f"{PIECES}{shared.pk}/"
    assert f'href="{page}hide/"' in browser.get(f"{page}change/").text
    assert f'href="/compositions/{shared.pk}/"' in browser.get(f"{page}change/").text
    assert "Its owner reads this" in browser.get(f"{page}hide/").text

    done = browser.post(f"{page}hide/", {"reason": f"  {WHY}\r\n "}, follow=True)

    assert said(done) == ["Hidden: “Lantern”."]
    assert WHY in done.text
    assert row(shared).hidden_reason == WHY
    assert client.get(f"/compositions/{shared.pk}/").status_code == 404
    back = browser.post(f"{page}show/", follow=True)
    assert said(back) == ["Shown again: “Lantern”."]
    assert client.get(f"/compositions/{shared.pk}/").status_code == 200
    assert logged() == [("Lantern", f"Hidden, because: {WHY}"), ("Lantern", "Shown again.")]


@pytest.mark.parametrize(
    ("reason", "words"),
    [
        ("", "Say why"),
        (" \n ", "Say why"),
        ("x" * (LONGEST_REASON + 1), "at most 300 characters"),
        ("a\0b", "Null characters"),
    ],
)
def test_a_reason_is_required_and_bounded(as_carol, shared, reason, words):
    page = as_carol.post(f"{PIECES}{shared.pk}/hide/", {"reason": reason})
    assert page.status_code == 200
    assert words in page.text
    assert not row(shared).is_hidden


def test_a_reason_is_plain_text_wherever_it_is_shown(as_carol, as_alice, shared):
    as_carol.post(f"{PIECES}{shared.pk}/hide/", {"reason": "<b>no</b>"})
    for page in (as_carol.get(f"{PIECES}{shared.pk}/change/"), as_alice.get("/me/")):
        assert "&lt;b&gt;no" in page.text
        assert "<b>no" not in page.text


def test_a_private_piece_offers_no_hiding(as_carol, ready_piece):
    made = ready_piece()
    page = f"{PIECES}{made.pk}/"
    assert "hide/" not in as_carol.get(f"{page}change/").text
    told = as_carol.post(f"{page}hide/", {"reason": WHY}, follow=True)
    assert said(told) == [
        "Only a finished piece that its owner shares can be hidden: no other one is seen."
    ]
    assert not row(made).is_hidden


def test_what_is_hidden_already_says_so(as_carol, shared):
    shared.hide(WHY)
    page = f"{PIECES}{shared.pk}/"
    assert said(as_carol.get(f"{page}hide/", follow=True)) == ["Hidden already."]
    as_carol.post(f"{page}show/", follow=True)
    again = as_carol.post(f"{page}show/", follow=True)
    assert said(again) == ["There was nothing to take back."]


def test_nothing_is_changed_by_looking(as_carol, shared):
    assert as_carol.get(f"{PIECES}{shared.pk}/show/").status_code == 405
    assert as_carol.put(f"{PIECES}{shared.pk}/hide/").status_code == 405
    as_carol.get(f"{PIECES}{shared.pk}/hide/?reason=Because")
    assert not row(shared).is_hidden


@pytest.mark.parametrize("pk", ["nonsense", "00000000-0000-4000-8000-000000000000"])
def test_a_piece_that_never_was_is_a_404(as_carol, pk):
    assert as_carol.get(f"{PIECES}{pk}/hide/").status_code == 404
    assert as_carol.post(f"{PIECES}{pk}/show/").status_code == 404


def test_staff_who_may_only_look_cannot_hide(shared):
    browser = staff("view_composition")
    assert "hide/" not in browser.get(f"{PIECES}{shared.pk}/change/").text
    for move in ("hide", "show"):
        answer = browser.post(f"{PIECES}{shared.pk}/{move}/", {"reason": WHY})
        assert answer.status_code == 403
    browser.post(PIECES, ACTION | {"_selected_action": shared.pk, "reason": WHY})
    assert not row(shared).is_hidden


def test_others_are_sent_to_the_login(as_alice, shared):
    answer = as_alice.post(f"{PIECES}{shared.pk}/hide/", {"reason": WHY})
    assert answer.url.startswith("/admin/login/")


# The list.


def test_several_are_hidden_from_the_list_for_one_reason(as_carol, shared, ready_piece):
    other, private = ready_piece(title="Moth", visibility="unlisted"), ready_piece(title="Own")
    wish = ACTION | {"_selected_action": [made.pk for made in (shared, other, private)]}

    asking = as_carol.post(PIECES, wish)

    assert not Composition.objects.exclude(hidden_at=None).exists()
    assert said(asking) == ["1 of 3 pieces are left alone: nobody else sees them as it is."]
    assert asking.text.count('name="_selected_action"') == 2
    done = as_carol.post(PIECES, wish | {"reason": WHY}, follow=True)
    assert said(done)[0].startswith("Hidden: ")
    titles = Composition.objects.filter(hidden_reason=WHY).values_list("title", flat=True)
    assert sorted(titles) == ["Lantern", "Moth"]
    assert len(logged()) == 2


def test_the_list_keeps_asking_until_there_is_a_reason(as_carol, shared):
    page = as_carol.post(PIECES, ACTION | {"_selected_action": shared.pk, "reason": ""})
    assert "Say why" in page.text
    assert not row(shared).is_hidden


@pytest.mark.parametrize(("query", "titles"), [("yes", "L"), ("no", "M"), ("perhaps", "LM")])
def test_the_list_can_be_narrowed_to_what_is_hidden(as_carol, shared, ready_piece, query, titles):
    ready_piece(title="Moth", visibility="public")
    shared.hide(WHY)
    text = as_carol.get(f"{PIECES}?hidden={query}").text
    assert ("Lantern" in text, "Moth" in text) == ("L" in titles, "M" in titles)


def test_other_actions_are_logged_too(as_carol, piece, monkeypatch):
    queued = []
    monkeypatch.setattr(compositions, "enqueue", queued.append)
    failed = piece(status=Status.FAILED, title="Tried")
    waiting = piece(title="Stopped")
    as_carol.post(PIECES, {"action": "retry", "_selected_action": failed.pk})
    as_carol.post(PIECES, {"action": "cancel", "_selected_action": waiting.pk})
    assert queued == [failed]
    assert logged() == [("Tried", "Queued again."), ("Stopped", "Cancelled.")]


def test_the_log_forgets_the_reason_with_the_account(as_carol, alice, shared):
    from musicsite.accounts.deletion import delete_person

    as_carol.post(f"{PIECES}{shared.pk}/hide/", {"reason": "alice named bob"})
    delete_person(alice)
    assert logged() == [("deleted with the account", "Hidden")]
