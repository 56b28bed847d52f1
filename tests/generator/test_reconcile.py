"""What was lost between database, queue and disk. The queue is real."""

import os
import threading
import time
import uuid
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import OperationalError
from django.utils import timezone

from generator import jobs, queueing, reconcile, renditions
from generator.models import Composition, Kind, Status


@pytest.fixture(autouse=True)
def _impatient(monkeypatch):
    monkeypatch.setattr(reconcile, "SECOND_LOOK", 0.01)


@pytest.fixture
def _on_disk(disk_database, redis_server):
    pass


def minutes_ago(minutes):
    return timezone.now() - timedelta(minutes=minutes)


def queued(piece, minutes=5, **fields):
    return piece(queued_at=minutes_ago(minutes), **fields)


def silent(piece, **fields):
    """A piece whose worker died."""
    return piece(
        **{"status": Status.COMPOSING, "token": uuid.uuid4(), "heartbeat_at": minutes_ago(2)}
        | fields
    )


def same_row(piece):
    return Composition.objects.get(pk=piece.pk)


def on_queue():
    return queueing.queue().get_job_ids()


# Dead workers.


@pytest.mark.usefixtures("_on_disk")
@pytest.mark.parametrize("status", [Status.COMPOSING, Status.RENDERING])
def test_a_dead_workers_piece_is_queued_again(piece, status):
    made = silent(piece, status=status)
    assert reconcile.reconcile() == 1
    row = same_row(made)
    assert (row.status, row.attempt, row.token) == (Status.QUEUED, 2, None)
    assert on_queue() == [f"composition-{made.pk}-2"]


@pytest.mark.usefixtures("_on_disk")
def test_it_comes_before_those_who_came_later(piece):
    later = queued(piece, minutes=1)
    jobs.enqueue(later)
    second = silent(piece, queued_at=minutes_ago(3))
    first = silent(piece, queued_at=minutes_ago(4))
    reconcile.reconcile()
    assert on_queue() == [same_row(row).job_id for row in (first, second, later)]


@pytest.mark.usefixtures("_on_disk")
def test_a_living_worker_is_left_alone(piece):
    made = silent(piece, heartbeat_at=timezone.now() - timedelta(seconds=30))
    assert reconcile.reconcile() == 0
    assert same_row(made).status == Status.COMPOSING


@pytest.mark.usefixtures("_on_disk")
def test_a_poisonous_piece_fails_and_the_others_go_on(piece):
    poison, other = silent(piece, deaths=2), silent(piece)
    assert reconcile.reconcile() == 2
    assert same_row(poison).status == Status.FAILED
    assert "stopped 3 times" in same_row(poison).error
    assert on_queue() == [same_row(other).job_id]


# Lost jobs.


@pytest.mark.usefixtures("_on_disk")
def test_a_flushed_redis_is_filled_again_in_the_old_order(piece):
    pieces = [queued(piece, minutes=30 - number) for number in range(5)]
    for made in pieces:
        jobs.enqueue(made)
    queueing.queue().connection.flushall()
    assert reconcile.reconcile() == 5
    assert on_queue() == [f"composition-{made.pk}-2" for made in pieces]


@pytest.mark.usefixtures("_on_disk")
def test_a_failed_enqueue_is_made_good(piece):
    made = queued(piece)
    assert reconcile.reconcile() == 1
    assert on_queue() == [same_row(made).job_id]


@pytest.mark.usefixtures("_on_disk")
def test_what_is_on_the_queue_stays_as_it_is(piece):
    made = queued(piece)
    jobs.enqueue(made)
    assert reconcile.reconcile() == 0
    assert same_row(made).attempt == 1


@pytest.mark.usefixtures("_on_disk")
def test_a_young_row_may_still_be_on_its_way(piece):
    piece()
    assert reconcile.reconcile() == 0
    assert on_queue() == []


@pytest.mark.usefixtures("_on_disk")
def test_what_a_worker_has_just_taken_is_left_to_it(piece, monkeypatch):
    """Popped before the first look, claimed before the second."""
    made = queued(piece)
    monkeypatch.setattr(reconcile.time, "sleep", lambda seconds: same_row(made).claim(1))
    assert reconcile.reconcile() == 0
    assert same_row(made).status == Status.COMPOSING


@pytest.mark.usefixtures("_on_disk")
def test_a_job_that_died_between_pop_and_start_is_renewed(piece):
    """Its id would still answer "duplicate", hence the new number."""
    made = queued(piece)
    jobs.enqueue(made)
    queue = queueing.queue()
    queue.connection.lpop(queue.key)
    assert reconcile.reconcile() == 1
    assert on_queue() == [f"composition-{made.pk}-2"]


@pytest.mark.usefixtures("_on_disk")
def test_without_redis_it_waits_for_redis(piece, redis_server):
    redis_server.kill()
    redis_server.wait()
    waiting, dead = queued(piece), silent(piece)
    assert reconcile.reconcile() == 1
    assert same_row(waiting).attempt == 1
    assert same_row(dead).status == Status.QUEUED


@pytest.mark.usefixtures("_on_disk")
def test_two_reconcilers_do_not_disturb_each_other(piece):
    made = queued(piece)
    threads = [threading.Thread(target=reconcile.reconcile) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    row = same_row(made)
    assert row.job_id in on_queue()


def test_the_loop_survives_a_busy_database(monkeypatch):
    looks, stop = [], threading.Event()

    def look():
        looks.append(True)
        if len(looks) == 3:
            stop.set()
        raise OperationalError("database is locked")

    monkeypatch.setattr(reconcile, "reconcile", look)
    monkeypatch.setattr(reconcile, "close_old_connections", lambda: None)
    monkeypatch.setattr(reconcile, "LOOK_EVERY", 0.01)
    reconcile.run(stop)
    assert len(looks) == 3


# The disk.


def grow_old(path):
    long_ago = time.time() - 3600
    os.utime(path, (long_ago, long_ago))


@pytest.fixture
def stray(settings):
    """Write a file an hour ago: stray("compositions/…/x.mp3")."""

    def write(name):
        path = Path(settings.MEDIA_ROOT) / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x")
        grow_old(path)
        grow_old(path.parent)
        return path

    return write


@pytest.mark.usefixtures("fake_renditions")
def test_the_files_of_renditions_stay(wanted):
    made = wanted()
    renditions.make(made.pk, 1)
    made.refresh_from_db()
    for file in made.composition.files():
        grow_old(file.path)
    assert len(made.composition.files()) == 5
    assert reconcile.sweep() == 0
    assert Path(made.file.path).exists()
    assert Path(made.picture.path).exists()


def test_what_a_dead_attempt_at_a_rendition_left_goes(wanted, stray):
    made = wanted(started_at=timezone.now())
    half = stray(f"{made.composition.folder}/{uuid.uuid4()}.musicxml")
    scratch = stray(f"scratch/{made.job_id}-abc/request.json").parent
    assert reconcile.sweep() == 2
    assert not half.exists()
    assert not scratch.exists()
    assert Path(made.composition.mp3.path).exists()


def test_many_pieces_are_swept_with_few_queries(wanted, stray, django_assert_num_queries):
    for _ in range(5):
        made = wanted(Kind.WAV)
        for file in made.composition.files():
            grow_old(file.path)
        stray(f"{made.composition.folder}/{uuid.uuid4()}.mp3")
    with django_assert_num_queries(2):  # pieces, renditions
        assert reconcile.sweep_media() == 5


def test_more_folders_than_are_read_at_once(ready_piece, stray, monkeypatch):
    monkeypatch.setattr(reconcile, "FOLDERS_AT_ONCE", 2)
    for _ in range(5):
        stray(f"compositions/{ready_piece().pk}/{uuid.uuid4()}.mp3")
    assert reconcile.sweep_media() == 5


def test_the_files_of_a_ready_piece_stay(ready_piece):
    made = ready_piece()
    for file in made.files():
        grow_old(file.path)
    assert reconcile.sweep() == 0
    assert all(Path(file.path).exists() for file in made.files())


def test_files_that_no_row_names_go(ready_piece, stray):
    made = ready_piece()
    old = stray(f"compositions/{made.pk}/{uuid.uuid4()}.mp3")
    assert reconcile.sweep() == 1
    assert not old.exists()
    assert Path(made.mp3.path).exists()


@pytest.mark.django_db
def test_the_folder_of_a_deleted_piece_goes(stray):
    old = stray(f"compositions/{uuid.uuid4()}/{uuid.uuid4()}.mp3")
    assert reconcile.sweep() == 1
    grow_old(old.parent)
    reconcile.sweep()
    assert not old.parent.exists()


def test_what_is_about_to_be_published_stays(piece, stray):
    made = silent(piece, status=Status.RENDERING, heartbeat_at=timezone.now())
    file = stray(f"compositions/{made.pk}/{made.token}.mp3")
    scratch = stray(f"scratch/{made.token}-abc/score.mid").parent
    assert reconcile.sweep() == 0
    assert file.exists()
    assert scratch.exists()


@pytest.mark.django_db
def test_scratch_of_a_dead_attempt_goes(stray):
    scratch = stray(f"scratch/{uuid.uuid4()}-abc/score.mid").parent
    assert reconcile.sweep() == 1
    assert not scratch.exists()


@pytest.mark.django_db
def test_young_files_stay(stray, settings):
    young = stray(f"compositions/{uuid.uuid4()}/{uuid.uuid4()}.mp3")
    os.utime(young)
    assert reconcile.sweep() == 0
    assert young.exists()


@pytest.mark.django_db
def test_what_is_not_ours_stays(stray):
    other = stray("compositions/readme/readme.txt")
    assert reconcile.sweep() == 0
    assert other.exists()


@pytest.mark.django_db
def test_there_may_be_no_media_yet():
    assert reconcile.sweep() == 0
