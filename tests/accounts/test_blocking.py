"""Staff block an account: at once nobody is logged in to it and others see nothing of it."""

import re

import pytest
from axes.models import AccessAttempt
from django.contrib.admin.models import LogEntry
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Permission
from django.core import mail
from django.test import Client

from gallery.models import Favourite
from generator import jobs
from generator.models import Status
from musicsite.accounts.blocking import block, unblock
from musicsite.accounts.models import Session
from tests.conftest import PASSWORD, browser_of, person

PEOPLE = "/admin/accounts/user/"
WHY = "Hundreds of pieces with the same advertisement."


@pytest.fixture
def erin(db):
    """Staff who look after people, and nothing else."""
    helper = person("erin", is_staff=True)
    helper.user_permissions.add(Permission.objects.get(codename="change_user"))
    return helper


@pytest.fixture
def as_erin(erin):
    return browser_of(erin)


@pytest.fixture
def taken_off(monkeypatch):
    """The ids of jobs that were taken off the queue."""
    ids = []
    monkeypatch.setattr(jobs.queueing, "remove", ids.extend)
    return ids


def said(response):
    return [str(message) for message in response.context["messages"]]


def log_in(client, name="alice", password=PASSWORD, page="/accounts/login/"):
    return client.post(page, {"username": name, "password": password})


def row(who):
    return get_user_model().objects.get(pk=who.pk)


# What it does to the person.


def test_all_sessions_end_at_once(as_alice, alice):
    elsewhere = browser_of(alice)
    block(alice, WHY)
    for browser in (as_alice, elsewhere):
        assert browser.get("/me/").url == "/accounts/login/?next=/me/"
        assert browser.post("/compose/", {"seed": 7}).status_code == 302
        assert browser.get("/").status_code == 200
    assert not Session.objects.filter(user=alice).exists()


def test_a_session_that_outlives_the_block_is_a_visitors(as_alice, alice, ready_piece):
    made = ready_piece()
    get_user_model().objects.filter(pk=alice.pk).update(is_active=False)
    assert as_alice.get("/me/").status_code == 302
    assert as_alice.get(f"/compositions/{made.pk}/").status_code == 404
    assert as_alice.get("/me/notices/").status_code == 204
    assert "Log in" in as_alice.get("/").text


def test_what_is_being_made_is_cancelled_and_taken_off_the_queue(
    alice, piece, ready_piece, taken_off, django_capture_on_commit_callbacks
):
    waiting, running, done = piece(), piece(), ready_piece()
    assert running.claim(1)
    with django_capture_on_commit_callbacks(execute=True):
        block(alice, WHY)
    assert not running.advance(0.5)
    for made, status in [(waiting, "cancelled"), (running, "cancelled"), (done, "ready")]:
        made.refresh_from_db()
        assert made.status == Status(status)
    assert taken_off == [waiting.job_id]


@pytest.mark.parametrize("page", ["/accounts/login/", "/admin/login/"])
def test_the_right_password_is_told_why_and_no_other(client, alice, page):
    block(alice, WHY)
    assert WHY in log_in(client, page=page).text
    assert "This account is blocked." in log_in(client, "Alice", page=page).text
    wrong, nobody = log_in(client, "alice", "x", page), log_in(client, "nobody", PASSWORD, page)
    for answer in (wrong, nobody):
        assert answer.status_code == 200
        assert "blocked" not in answer.text
    errors = [str(answer.context["form"].errors) for answer in (wrong, nobody)]
    assert errors[0] == errors[1]
    assert client.get("/accounts/").status_code == 302
    assert "_auth_user_id" not in client.session


def test_wrong_passwords_count_and_right_ones_do_not(client, alice):
    block(alice, WHY)
    for _ in range(3):
        log_in(client)
    assert not AccessAttempt.objects.exists()
    for _ in range(20):
        closed = log_in(client, password="wrong")
    assert closed.status_code == 429
    assert "blocked" not in log_in(client).text


def test_a_reason_is_plain_text_at_the_login(client, alice):
    block(alice, "<b>no</b>")
    assert "&lt;b&gt;no" in log_in(client).text


def test_no_mail_goes_to_them_and_an_older_link_is_dead(client, alice):
    client.post("/accounts/password_reset/", {"email": alice.email})
    link = re.search(r"http://testserver(\S+)", mail.outbox.pop().body)[1]
    block(alice, WHY)
    page = client.post("/accounts/password_reset/", {"email": alice.email}, follow=True)
    assert "a link is on its way" in page.text
    assert mail.outbox == []
    assert "This link does not work" in client.get(link, follow=True).text


def test_others_see_nothing_of_theirs(as_bob, bob, alice, ready_piece):
    made = ready_piece(visibility="public", title="Lantern")
    unlisted = ready_piece(visibility="unlisted")
    Favourite.objects.create(user=bob, composition=made)
    feed = as_bob.get("/people/alice/feed/")["ETag"]

    block(alice, WHY)

    for path in ("/people/alice/", f"/compositions/{made.pk}/", f"/embed/{made.pk}/"):
        assert as_bob.get(path).status_code == 404
    assert as_bob.get(f"/compositions/{unlisted.pk}/audio.mp3").status_code == 404
    old = as_bob.get("/people/alice/feed/", headers={"If-None-Match": feed})
    assert old.status_code == 404
    for path in ("/", "/feed/", "/me/favourites/", "/?q=alice"):
        assert "Lantern" not in as_bob.get(path).text
    assert "Lantern" not in Client().get("/").text


def test_everything_comes_back(client, alice, ready_piece):
    made = ready_piece(visibility="public", title="Lantern")
    block(alice, WHY)
    assert unblock(alice)
    assert row(alice).blocked_reason == ""
    assert client.get(f"/compositions/{made.pk}/").status_code == 200
    assert client.get("/people/alice/").status_code == 200
    assert log_in(client).url == "/me/"
    assert "Lantern" in client.get("/me/").text


def test_each_is_done_once(alice, carol):
    assert not unblock(alice)
    assert block(alice, WHY)
    assert not block(alice, "Another.")
    assert row(alice).blocked_reason == WHY
    assert not block(carol, WHY)


# In the admin.


def test_staff_block_and_unblock_with_a_reason(as_erin, as_alice, alice):
    page = f"{PEOPLE}{alice.pk}/"
    assert f'href="{page}block/"' in as_erin.get(f"{page}change/").text
    assert "The person reads this" in as_erin.get(f"{page}block/").text

    done = as_erin.post(f"{page}block/", {"reason": WHY}, follow=True)

    assert said(done) == ["Blocked: “alice”."]
    assert WHY in done.text
    assert as_alice.get("/me/").status_code == 302
    back = as_erin.post(f"{page}unblock/", follow=True)
    assert said(back) == ["Unblocked: “alice”."]
    assert row(alice).is_active
    messages = LogEntry.objects.order_by("pk").values_list("change_message", flat=True)
    assert list(messages) == [f"Blocked, because: {WHY}", "Unblocked."]


def test_a_reason_is_required_and_looking_changes_nothing(as_carol, alice):
    page = f"{PEOPLE}{alice.pk}/"
    assert "Say why" in as_carol.post(f"{page}block/", {"reason": " "}).text
    as_carol.get(f"{page}block/?reason=x")
    assert as_carol.get(f"{page}unblock/").status_code == 405
    assert row(alice).is_active


@pytest.mark.parametrize(
    ("who", "whom", "words"),
    [
        ("carol", "carol", "You cannot block yourself."),
        ("erin", "erin", "You cannot block yourself."),
        ("erin", "carol", "A superuser cannot be blocked. Take that status from them first."),
        ("erin", "dora", "Only a superuser can block or unblock somebody of the staff."),
    ],
)
def test_some_cannot_be_blocked(request, who, whom, words):
    staff, whom = request.getfixturevalue(who), request.getfixturevalue(whom)
    browser, page = browser_of(staff), f"{PEOPLE}{whom.pk}/"
    assert "block/" not in browser.get(f"{page}change/").text
    for move in ("block", "unblock"):
        answer = browser.post(f"{page}{move}/", {"reason": WHY}, follow=True)
        assert said(answer) == [words]
    assert row(whom).is_active


def test_a_superuser_blocks_staff(as_carol, as_dora, dora):
    as_carol.post(f"{PEOPLE}{dora.pk}/block/", {"reason": WHY})
    assert as_dora.get("/admin/").status_code == 302


def test_staff_without_the_permission_block_nobody(as_dora, as_bob, alice):
    assert as_dora.post(f"{PEOPLE}{alice.pk}/block/", {"reason": WHY}).status_code == 403
    assert as_bob.post(f"{PEOPLE}{alice.pk}/block/", {"reason": WHY}).status_code == 302
    assert row(alice).is_active


# Ranks.


def person_form(who, **fields):
    return {
        "username": who.username,
        "email": who.email,
        "date_joined_0": "2026-01-01",
        "date_joined_1": "12:00",
    } | fields


def test_being_active_is_no_box_to_tick(as_carol, alice):
    wish = person_form(alice, first_name="Al")  # without is_active: a box that is not ticked
    assert as_carol.post(f"{PEOPLE}{alice.pk}/change/", wish).status_code == 302
    assert (row(alice).first_name, row(alice).is_active) == ("Al", True)


def test_staff_give_nobody_a_rank_and_superusers_do(as_erin, as_carol, alice):
    everything = Permission.objects.get(codename="change_composition").pk
    wish = person_form(
        alice, is_staff="on", is_superuser="on", user_permissions=[everything], first_name="Al"
    )
    assert as_erin.post(f"{PEOPLE}{alice.pk}/change/", wish).status_code == 302
    known = row(alice)
    assert (known.first_name, known.is_staff, known.is_superuser) == ("Al", False, False)
    assert not known.user_permissions.exists()
    as_carol.post(f"{PEOPLE}{alice.pk}/change/", wish)
    assert row(alice).is_superuser


@pytest.mark.parametrize("whom", ["erin", "dora", "carol"])
@pytest.mark.parametrize("page", ["change/", "password/", "delete/"])
def test_staff_take_over_no_account_of_staff(request, as_erin, erin, whom, page):
    """Whoever sets a password or an address can log in as that person."""
    erin.user_permissions.add(Permission.objects.get(codename="delete_user"))
    whom = request.getfixturevalue(whom)
    known = row(whom)
    wish = person_form(
        whom, is_superuser="on", email="mine@example.org", post="yes",
        password1="a lantern in the rain", password2="a lantern in the rain",
        usable_password="true",
    )  # fmt: skip
    assert as_erin.post(f"{PEOPLE}{whom.pk}/{page}", wish).status_code == 403
    wish = {"action": "delete_selected", "_selected_action": whom.pk, "post": "yes"}
    assert as_erin.post(PEOPLE, wish).status_code == 403
    now = row(whom)
    assert (now.password, now.email, now.is_superuser) == (
        known.password, known.email, known.is_superuser,
    )  # fmt: skip
