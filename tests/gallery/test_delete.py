import pytest

from generator.models import Composition, Status


def test_it_asks_first(as_alice, ready_piece):
    made = ready_piece(title="Lantern")

    page = as_alice.get(f"/compositions/{made.pk}/delete/")

    assert "Delete this piece?" in page.text
    assert "Lantern" in page.text
    assert Composition.objects.filter(pk=made.pk).exists()


def test_the_piece_and_its_files_go(as_alice, ready_piece, django_capture_on_commit_callbacks):
    made, other = ready_piece(), ready_piece()
    files = [made.mp3, made.midi, made.notes]

    with django_capture_on_commit_callbacks(execute=True):
        response = as_alice.post(f"/compositions/{made.pk}/delete/")

    assert response["Location"] == "/me/"
    assert list(Composition.objects.all()) == [other]
    assert not any(file.storage.exists(file.name) for file in files)
    assert other.mp3.storage.exists(other.mp3.name)
    assert as_alice.get(f"/compositions/{made.pk}/").status_code == 404


@pytest.mark.parametrize("status", Status.values)
def test_it_works_in_every_state(as_alice, piece, status):
    made = piece(status=status)

    as_alice.post(f"/compositions/{made.pk}/delete/")

    assert not Composition.objects.exists()
