import pytest
from django.contrib.auth import get_user_model
from django.core.management import CommandError, call_command

from generator.management.commands import showcase
from generator.models import Composition, Visibility
from tests.conftest import PASSWORD, person


@pytest.fixture(autouse=True)
def enqueued(monkeypatch):
    """The pieces that were put on the queue."""
    pieces = []
    monkeypatch.setattr(showcase, "enqueue", pieces.append)
    return pieces


@pytest.fixture
def many_styles(trained_model):
    names = ("haydn", "liszt", "chopin", "debussy", "bach", "mozart", "schubert", "scarlatti")
    trained_model.styles = [[name, name.title()] for name in names]
    trained_model.save()
    return trained_model


def test_it_asks_for_six_public_pieces_in_different_styles(many_styles, enqueued):
    call_command("showcase")
    pieces = Composition.objects.all()
    assert len(pieces) == len(enqueued) == 6
    assert len({made.style for made in pieces}) == 6
    assert {made.visibility for made in pieces} == {Visibility.PUBLIC}
    assert all(made.published_at for made in pieces)
    assert {made.owner.username for made in pieces} == {"nocturne"}
    assert {made.status for made in pieces} == {"queued"}
    assert "chopin" in {made.style for made in pieces}


def test_a_model_with_few_styles_plays_any_for_the_rest(trained_model):
    call_command("showcase")
    styles = [made.style for made in Composition.objects.order_by("created_at")]
    assert styles == ["chopin", "bach", "", "", "", ""]
    assert len({made.seed for made in Composition.objects.all()}) == 6


def test_its_owner_cannot_log_in(trained_model, client):
    call_command("showcase")
    owner = get_user_model().objects.get(username="nocturne")
    assert not owner.has_usable_password()
    for password in ("", "nocturne", PASSWORD):
        client.post("/accounts/login/", {"username": "nocturne", "password": password})
        assert "_auth_user_id" not in client.session


def test_it_asks_once(trained_model, enqueued, capsys):
    call_command("showcase")
    call_command("showcase")
    assert Composition.objects.count() == len(enqueued) == 6
    assert "already" in capsys.readouterr().out


def test_it_can_be_switched_off(trained_model, settings, enqueued):
    settings.SHOWCASE = False
    call_command("showcase")
    assert not enqueued
    assert not get_user_model().objects.exists()


def test_it_takes_nobodys_account(trained_model, enqueued):
    person("nocturne")
    with pytest.raises(CommandError, match="A person has the name nocturne"):
        call_command("showcase")
    assert not enqueued


@pytest.mark.django_db
def test_without_a_model_it_says_what_to_do(enqueued):
    with pytest.raises(CommandError, match="register_models"):
        call_command("showcase")
    assert not get_user_model().objects.exists()
