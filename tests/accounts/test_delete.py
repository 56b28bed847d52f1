from pathlib import Path

from axes.models import AccessAttempt
from django.contrib.auth import get_user_model

from generator.models import Composition
from tests.conftest import PASSWORD, browser_of


def files_below(folder):
    return [path for path in Path(folder).rglob("*") if path.is_file()]


def test_a_visitor_is_asked_to_log_in(client):
    assert client.get("/accounts/delete/").status_code == 302


def test_asking_deletes_nothing(as_alice, alice):
    page = as_alice.get("/accounts/delete/")
    assert page.status_code == 200
    assert get_user_model().objects.filter(pk=alice.pk).exists()


def test_it_wants_the_password_again(as_alice, alice, ready_piece):
    ready_piece()
    page = as_alice.post("/accounts/delete/", {"password": "wrong"})
    assert "password" in page.context["form"].errors
    assert Composition.objects.count() == 1
    assert as_alice.get("/accounts/").status_code == 200


def test_wrong_passwords_count_as_at_the_login(as_alice, alice):
    for _ in range(20):
        page = as_alice.post("/accounts/delete/", {"password": "wrong"})
    assert page.status_code == 429
    assert as_alice.post("/accounts/delete/", {"password": PASSWORD}).status_code == 429
    assert AccessAttempt.objects.get().username == "alice"


def test_it_deletes_the_person_the_pieces_their_files_and_the_logins(
    as_alice, alice, bob, piece, ready_piece, settings, django_capture_on_commit_callbacks
):
    elsewhere = browser_of(alice)
    ready_piece(visibility="public")
    piece(status="composing")
    piece()
    kept = ready_piece(owner=bob)
    with django_capture_on_commit_callbacks(execute=True):
        answer = as_alice.post("/accounts/delete/", {"password": PASSWORD})
    assert answer.url == "/"
    assert not get_user_model().objects.filter(pk=alice.pk).exists()
    assert list(Composition.objects.all()) == [kept]
    names = {kept.mp3.name, kept.midi.name, kept.notes.name}
    root = Path(settings.MEDIA_ROOT)
    assert {str(path.relative_to(root)) for path in files_below(root)} == names
    assert as_alice.get("/accounts/").status_code == 302
    assert elsewhere.get("/accounts/").status_code == 302
