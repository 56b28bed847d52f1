from io import StringIO

import pytest
from django.contrib.auth import get_user_model
from django.core.management import CommandError, call_command
from django.db import IntegrityError, transaction


def test_an_address_belongs_to_one_person_whatever_its_capitals(alice):
    with pytest.raises(IntegrityError), transaction.atomic():
        get_user_model().objects.create_user("dora", email="ALICE@example.org")


def test_many_have_no_address_yet(alice):
    people = get_user_model().objects
    people.create_user("dora", email="")
    people.create_user("emil", email="", unconfirmed_email="alice@example.org")
    assert people.filter(email="").count() == 2


def test_a_name_belongs_to_one_person_whatever_its_capitals(alice):
    with pytest.raises(IntegrityError), transaction.atomic():
        get_user_model().objects.create_user("ALICE", email="dora@example.org")


def make_staff(monkeypatch, email):
    monkeypatch.setenv("DJANGO_SUPERUSER_PASSWORD", "correct horse battery")
    wish = {"username": "dora", "email": email, "interactive": False, "stdout": StringIO()}
    call_command("createsuperuser", **wish)


def test_staff_is_made_from_the_command_line(db, monkeypatch):
    make_staff(monkeypatch, "dora@example.org")
    dora = get_user_model().objects.get(username="dora")
    assert dora.is_staff
    assert dora.is_superuser
    assert dora.email == "dora@example.org"  # confirmed: whoever runs the site says so
    assert dora.check_password("correct horse battery")


def test_staff_made_from_the_command_line_need_an_address(db, monkeypatch):
    with pytest.raises(CommandError, match="Staff need an e-mail address"):
        make_staff(monkeypatch, "")
    assert not get_user_model().objects.exists()


def test_the_command_line_names_a_taken_address(alice, monkeypatch):
    with pytest.raises(CommandError, match="already has this e-mail address"):
        make_staff(monkeypatch, "ALICE@example.org")
