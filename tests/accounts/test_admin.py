from pathlib import Path

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth import get_user_model

from tests.conftest import PASSWORD, browser_of

PEOPLE = "/admin/accounts/user/"


@pytest.mark.parametrize("path", ["", "?q=alice", "?is_staff__exact=1", "?o=3", "add/"])
def test_staff_see_the_lists_and_forms(as_carol, alice, path):
    assert as_carol.get(PEOPLE + path).status_code == 200


def test_staff_see_a_person(as_carol, alice):
    assert as_carol.get(f"{PEOPLE}{alice.pk}/change/").status_code == 200
    assert as_carol.get(f"{PEOPLE}{alice.pk}/password/").status_code == 200


def test_others_are_sent_to_the_login(as_alice):
    answer = as_alice.get(PEOPLE)
    assert answer.status_code == 302
    assert answer.url.startswith("/admin/login/")


def test_the_list_counts_pieces_in_one_query(as_carol, piece, django_assert_max_num_queries):
    piece()
    piece()
    with django_assert_max_num_queries(8):
        page = as_carol.get(PEOPLE)
    assert '<td class="field-pieces">2</td>' in page.text


def test_no_key_of_a_login_is_shown_before_a_deletion(as_carol, alice):
    login = browser_of(alice).session.session_key
    page = as_carol.get(f"{PEOPLE}{alice.pk}/delete/")
    assert page.status_code == 200
    assert login not in page.text


def test_staff_add_a_person_with_an_address(as_carol):
    wish = {
        "username": "dora",
        "email": "dora@example.org",
        "usable_password": "true",
        "password1": PASSWORD,
        "password2": PASSWORD,
    }
    assert as_carol.post(f"{PEOPLE}add/", wish).status_code == 302
    assert get_user_model().objects.get(username="dora").email == "dora@example.org"


def test_staff_see_an_address_that_is_not_confirmed_and_can_give_one(as_carol):
    people = get_user_model().objects
    dora = people.create_user("dora", "", PASSWORD, unconfirmed_email="dora@example.org")
    people.create_user("emil", "", PASSWORD)
    assert ">dora<" in as_carol.get(f"{PEOPLE}?q=dora@example").text
    page = as_carol.get(f"{PEOPLE}{dora.pk}/change/")
    assert "dora@example.org" in page.text
    joined = {"date_joined_0": "2026-11-20", "date_joined_1": "12:00:00"}
    wish = {"username": "dora", "first_name": "Dora", "email": ""} | joined
    assert as_carol.post(f"{PEOPLE}{dora.pk}/change/", wish).status_code == 302
    wish["email"] = "dora@other.example.org"
    assert as_carol.post(f"{PEOPLE}{dora.pk}/change/", wish).status_code == 302
    assert people.get(pk=dora.pk).email == "dora@other.example.org"


def test_a_taken_address_is_refused(as_carol, alice):
    wish = {
        "username": "dora",
        "email": "ALICE@example.org",
        "usable_password": "true",
        "password1": PASSWORD,
        "password2": PASSWORD,
    }
    page = as_carol.post(f"{PEOPLE}add/", wish)
    assert page.status_code == 200
    assert "Somebody already has this e-mail address." in page.text


@pytest.mark.parametrize("way", ["delete page", "list action"])
def test_deleting_a_person_takes_the_files_along(
    as_carol, alice, ready_piece, settings, way, django_capture_on_commit_callbacks
):
    ready_piece()
    with django_capture_on_commit_callbacks(execute=True):
        if way == "delete page":
            as_carol.post(f"{PEOPLE}{alice.pk}/delete/", {"post": "yes"})
        else:
            wish = {"action": "delete_selected", "_selected_action": alice.pk, "post": "yes"}
            as_carol.post(PEOPLE, wish)
    assert not get_user_model().objects.filter(pk=alice.pk).exists()
    assert [path for path in Path(settings.MEDIA_ROOT).rglob("*") if path.is_file()] == []
    assert LogEntry.objects.get().object_repr == "deleted with the account"
