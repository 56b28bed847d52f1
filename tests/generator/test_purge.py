"""What has lain in a bin for its time goes for good."""

from datetime import timedelta

from django.utils import timezone

from generator import reconcile
from generator.models import Composition


def test_it_goes_with_its_files_and_nothing_else_does(
    ready_piece, django_capture_on_commit_callbacks
):
    now = timezone.now()
    old = ready_piece(deleted_at=now - timedelta(days=30, minutes=1))
    young = ready_piece(deleted_at=now - timedelta(days=29, hours=23))
    kept = ready_piece()
    files = [old.mp3, old.midi, old.notes]

    with django_capture_on_commit_callbacks(execute=True):
        assert reconcile.purge_bins() == 1

    assert set(Composition.objects.all()) == {young, kept}
    assert not any(file.storage.exists(file.name) for file in files)
    assert young.mp3.storage.exists(young.mp3.name)


def test_sweeping_purges(ready_piece):
    ready_piece(deleted_at=timezone.now() - timedelta(days=31))

    reconcile.sweep()

    assert not Composition.objects.exists()


def test_there_may_be_nothing_to_purge(ready_piece):
    ready_piece()

    assert reconcile.purge_bins() == 0
