"""What the sweep does with music that was brought."""

import os
import time
import uuid
from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone

from generator import reconcile
from generator.models import Beginning

TWO_DAYS_AGO = {"created_at": timezone.now() - timedelta(days=2)}


def grow_old(*paths):
    long_ago = time.time() - 3600
    for path in paths:
        os.utime(path, (long_ago, long_ago))


@pytest.fixture
def sweep(django_capture_on_commit_callbacks):
    def run():
        with django_capture_on_commit_callbacks(execute=True):
            return reconcile.sweep()

    return run


def test_what_no_piece_goes_on_from_is_forgotten_after_a_day(beginning, sweep):
    old, young = beginning(**TWO_DAYS_AGO), beginning()
    sweep()
    assert list(Beginning.objects.all()) == [young]
    assert not Path(old.notes.path).parent.exists()
    assert Path(young.notes.path).exists()


def test_what_a_piece_goes_on_from_stays(beginning, piece, sweep):
    used = beginning(**TWO_DAYS_AGO)
    piece(beginning=used, takeover=2)
    sweep()
    assert list(Beginning.objects.all()) == [used]
    assert Path(used.midi.path).exists()


def test_it_goes_with_the_last_piece(beginning, piece, sweep):
    used = beginning(**TWO_DAYS_AGO)
    pieces = [piece(beginning=used, takeover=2) for _ in range(2)]
    pieces[0].delete_with_files()
    sweep()
    assert Beginning.objects.exists()
    pieces[1].delete_with_files()
    sweep()
    assert not Beginning.objects.exists()


def test_who_comes_back_to_one_keeps_it_for_another_day(beginning, sweep):
    music = beginning(**TWO_DAYS_AGO)
    music.keep_for_now()
    sweep()
    assert Beginning.objects.exists()


def test_files_of_a_beginning_stay(beginning, sweep):
    music = beginning()
    grow_old(music.midi.path, music.notes.path, Path(music.notes.path).parent)
    assert sweep() == 0
    assert Path(music.midi.path).exists()
    assert Path(music.notes.path).exists()


@pytest.mark.django_db
@pytest.mark.parametrize("is_settled", [True, False])
def test_settled_files_that_no_row_names_go(settings, sweep, is_settled):
    stray = Path(settings.MEDIA_ROOT) / f"beginnings/{uuid.uuid4()}/music.mid"
    stray.parent.mkdir(parents=True)
    stray.write_bytes(b"x")
    if is_settled:
        grow_old(stray)
    assert sweep() == is_settled
    assert stray.exists() is not is_settled


def test_a_strange_file_beside_a_beginnings_own_goes(beginning, sweep):
    music = beginning()
    stray = Path(music.notes.path).with_name("other.json")
    stray.write_bytes(b"x")
    grow_old(stray, music.notes.path)
    assert sweep() == 1
    assert not stray.exists()
    assert Path(music.notes.path).exists()


@pytest.mark.django_db
def test_what_is_not_ours_stays(settings, sweep):
    other = Path(settings.MEDIA_ROOT) / "beginnings/readme/readme.txt"
    other.parent.mkdir(parents=True)
    other.write_bytes(b"x")
    grow_old(other)
    assert sweep() == 0
    assert other.exists()
