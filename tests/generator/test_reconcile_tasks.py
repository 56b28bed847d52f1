"""Long work that was lost between database, queue and disk. The queue is real."""

import os
import time
from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone

from generator import labour, queueing, reconcile, tasks
from generator.models import DataSet, TaskStatus, TrainingRun


@pytest.fixture(autouse=True)
def _impatient(monkeypatch):
    monkeypatch.setattr(reconcile, "SECOND_LOOK", 0.01)


@pytest.fixture
def _on_disk(disk_database, redis_server):
    pass


def minutes_ago(minutes):
    return timezone.now() - timedelta(minutes=minutes)


@pytest.fixture
def training(db):
    """A maker of trainings, queued five minutes ago unless said otherwise."""

    def make(**fields):
        data_set, _ = DataSet.objects.get_or_create(name="Walks", status=TaskStatus.DONE)
        wish = {"name": "tiny", "data_set": data_set, "queued_at": minutes_ago(5)}
        return TrainingRun.objects.create(**wish | fields)

    return make


def silent(training, **fields):
    """A training whose worker died."""
    made = training(**fields)
    assert made.claim(1)
    TrainingRun.objects.filter(pk=made.pk).update(heartbeat_at=minutes_ago(2))
    return made


def on_queue(name="training"):
    return queueing.queue(name).get_job_ids()


@pytest.mark.usefixtures("_on_disk")
def test_dead_work_is_queued_again_before_what_came_later(training):
    later = training(queued_at=minutes_ago(1))
    tasks.enqueue(later)
    made = silent(training)
    assert reconcile.reconcile() == 1
    made.refresh_from_db()
    assert (made.status, made.attempt, made.deaths) == (TaskStatus.QUEUED, 2, 1)
    assert on_queue() == [f"trainingrun-{made.pk}-2", f"trainingrun-{later.pk}-1"]
    assert on_queue("compositions") == on_queue("studio") == []


@pytest.mark.usefixtures("_on_disk")
def test_a_flushed_redis_is_filled_again_in_the_old_order(training):
    made = [training(queued_at=minutes_ago(30 - number)) for number in range(3)]
    for task in made:
        tasks.enqueue(task)
    data_set = DataSet.objects.create(name="Waltzes", queued_at=minutes_ago(5))
    queueing.queue().connection.flushall()
    assert reconcile.reconcile() == 4
    assert on_queue() == [f"trainingrun-{task.pk}-2" for task in made]
    assert on_queue("studio") == [f"dataset-{data_set.pk}-2"]


@pytest.mark.usefixtures("_on_disk")
def test_what_is_on_its_queue_stays_as_it_is(training):
    made = training()
    tasks.enqueue(made)
    assert reconcile.reconcile() == 0
    assert on_queue() == [f"trainingrun-{made.pk}-1"]


@pytest.mark.usefixtures("_on_disk")
def test_without_redis_it_waits_for_redis(training, redis_server):
    redis_server.kill()
    redis_server.wait()
    waiting, dead = training(), silent(training)
    assert reconcile.reconcile() == 1
    waiting.refresh_from_db()
    dead.refresh_from_db()
    assert (waiting.attempt, dead.status) == (1, TaskStatus.QUEUED)


# The disk


@pytest.fixture
def stray(settings):
    """Write a file some hours ago below STUDIO_ROOT: stray("runs/7/log")."""

    def write(name, hours=2):
        path = Path(settings.STUDIO_ROOT) / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x")
        long_ago = time.time() - hours * 3600
        for old in (path, path.parent):
            os.utime(old, (long_ago, long_ago))
        return path

    return write


def test_folders_of_rows_that_are_gone_go(training, stray):
    made = training()
    kept = stray(f"runs/{made.pk}/checkpoint.npz")
    gone = [stray(f"{kind}/999/file") for kind in ("runs", "data-sets", "evaluations")]
    assert reconcile.sweep() == 3
    assert kept.exists()
    assert not any(path.parent.exists() for path in gone)


def test_young_folders_and_others_stay(db, stray):
    young, other = stray("runs/999/log", hours=0), stray("runs/readme/readme.txt")
    assert reconcile.sweep() == 0
    assert young.exists()
    assert other.exists()


@pytest.mark.parametrize("goes_on", [True, False])
def test_a_dead_attempts_scratch_goes_once_the_work_has_ended(training, stray, goes_on):
    made = training(status=TaskStatus.RUNNING if goes_on else TaskStatus.FAILED)
    scratch = stray(f"runs/{made.pk}/{labour.SCRATCH}/rubbish").parent
    log = stray(f"runs/{made.pk}/log")
    assert reconcile.sweep() == (0 if goes_on else 1)
    assert scratch.exists() == goes_on
    assert log.exists()


def test_forgotten_uploads_go(db, stray):
    old, folder = stray("scratch/upload-1"), stray("scratch/look-2/model.keras").parent
    young = stray("scratch/upload-3", hours=0.5)
    assert reconcile.sweep() == 2
    assert not old.exists()
    assert not folder.exists()
    assert young.exists()
