"""Real worker processes, a real Redis, a database on disk; the composer alone is a fake."""

import os
import signal
from pathlib import Path

import pytest
from rq.job import Callback, JobStatus

from generator import jobs, queueing, reconcile, renditions
from generator.models import SILENT_AFTER, Composition, Kind, RenditionStatus, Status
from generator.worker import OurJob
from tests.generator import fakes

pytestmark = pytest.mark.usefixtures("disk_database", "redis_server")


@pytest.fixture(autouse=True)
def _impatient(monkeypatch):
    monkeypatch.setattr(reconcile, "SECOND_LOOK", 0.1)


@pytest.fixture
def short(piece):
    """A maker of pieces of 10 s, on the queue: 20 notes."""

    def make(**fields):
        made = piece(**{"requested_duration": 10} | fields)
        jobs.enqueue(made)
        return made

    return make


def row_of(piece):
    return Composition.objects.get(pk=piece.pk)


def wait_for(piece, *statuses, seconds=60):
    fakes.wait_until(lambda: row_of(piece).status in statuses, seconds)
    return row_of(piece)


def wait_until_composing(piece):
    fakes.wait_until(lambda: row_of(piece).progress > 0)


def child_of(process):
    """Number of the process that does the job."""
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
    assert len(children) == 1
    return int(children[0])


def let_time_pass(piece):
    """What the reconciler sees a minute later."""
    row = row_of(piece)
    Composition.objects.filter(pk=piece.pk).update(
        heartbeat_at=row.heartbeat_at - SILENT_AFTER, queued_at=row.queued_at - SILENT_AFTER
    )


def media_files(settings):
    return sorted(p.name for p in Path(settings.MEDIA_ROOT).rglob("*") if p.is_file())


def assert_ready_once(piece, settings):
    row = row_of(piece)
    assert (row.status, row.error) == (Status.READY, "")
    names = sorted(Path(file.name).name for file in row.files())
    assert [name for name in media_files(settings) if name in names] == names
    return row


def test_a_worker_makes_a_piece(short, start_worker, settings):
    made = short()
    assert start_worker("--burst").wait(60) == 0
    row = assert_ready_once(made, settings)
    assert len(media_files(settings)) == 3
    assert 10 <= row.duration <= 16


def test_after_the_piece_comes_its_score(short, start_worker, settings):
    made = short()
    assert start_worker("--burst").wait(60) == 0
    assert_ready_once(made, settings)
    score = made.renditions.get()
    assert (score.kind, score.status) == (Kind.SCORE, RenditionStatus.TOO_FREE)
    assert score.error == "Nobody writes down a scale."


def test_a_worker_makes_a_wav(ready_piece, start_worker, alice):
    piece = ready_piece()
    wav = renditions.ask(piece, Kind.WAV, alice)
    assert start_worker("--burst").wait(60) == 0
    wav.refresh_from_db()
    assert (wav.status, wav.error) == (RenditionStatus.READY, "")
    assert wav.file.read()[:4] == b"RIFF"


def test_a_worker_that_must_stop_hands_a_rendition_back(
    ready_piece, start_worker, alice, shims, tmp_path, settings
):
    pids = tmp_path / "pids"
    shims("fluidsynth", f'echo $$ > "{pids}"\nsleep 300')
    wav = renditions.ask(ready_piece(), Kind.WAV, alice)
    worker = start_worker()
    fakes.wait_until(lambda: pids.exists() and pids.read_text())
    worker.terminate()
    worker.wait(10)
    wav.refresh_from_db()
    assert (wav.status, wav.attempt, wav.started_at) == (RenditionStatus.QUEUED, 2, None)
    assert not fakes.is_alive(int(pids.read_text()))
    assert queueing.queue().get_job_ids() == [wav.job_id]
    assert not any((Path(settings.MEDIA_ROOT) / "scratch").iterdir())


def test_a_killed_worker_loses_nothing(short, start_worker, settings):
    made = short()
    worker = start_worker(SECONDS_A_NOTE="1")
    wait_until_composing(made)
    job = child_of(worker)
    os.killpg(worker.pid, signal.SIGKILL)
    worker.wait()
    os.kill(job, signal.SIGKILL)
    let_time_pass(made)
    assert reconcile.reconcile() == 1
    row = row_of(made)
    assert (row.status, row.attempt, row.deaths) == (Status.QUEUED, 2, 1)
    assert start_worker("--burst").wait(60) == 0
    assert_ready_once(made, settings)


def test_a_killed_job_loses_nothing(short, start_worker, settings):
    """As when memory runs out: the worker lives on, and takes the new attempt itself."""
    made = short()
    worker = start_worker(SECONDS_A_NOTE="0.3")
    wait_until_composing(made)
    os.kill(child_of(worker), signal.SIGKILL)
    let_time_pass(made)
    assert reconcile.reconcile() == 1
    wait_for(made, Status.READY)
    assert_ready_once(made, settings)
    assert worker.poll() is None


def test_a_worker_that_must_stop_hands_its_piece_back(short, start_worker, settings):
    made = short()
    worker = start_worker(SECONDS_A_NOTE="1")
    wait_until_composing(made)
    job = child_of(worker)
    worker.terminate()
    worker.wait(10)
    row = row_of(made)
    assert (row.status, row.attempt, row.deaths, row.queued_at) == (
        Status.QUEUED,
        2,
        0,
        made.queued_at,
    )
    assert not fakes.is_alive(job)
    assert start_worker("--burst").wait(60) == 0
    assert_ready_once(made, settings)


def test_an_orphaned_job_cannot_publish(short, start_worker, settings):
    """Only the worker is killed: its job lives on beside the new attempt."""
    made = short()
    worker = start_worker(SECONDS_A_NOTE="0.3")
    wait_until_composing(made)
    orphan = child_of(worker)
    worker.kill()
    worker.wait()
    let_time_pass(made)
    assert reconcile.put_back_silent() == 1
    assert start_worker("--burst").wait(60) == 0
    row = assert_ready_once(made, settings)
    fakes.wait_until(lambda: not fakes.is_alive(orphan))
    assert row_of(made).mp3.name == row.mp3.name
    assert len(media_files(settings)) == 3  # the orphan removed its own


def test_a_flushed_redis_loses_nothing(short, start_worker, settings):
    pieces = [short(), short()]
    queueing.queue().connection.flushall()
    for made in pieces:
        Composition.objects.filter(pk=made.pk).update(queued_at=made.queued_at - SILENT_AFTER)
    assert reconcile.reconcile() == 2
    assert start_worker("--burst").wait(60) == 0
    for made in pieces:
        assert_ready_once(made, settings)


def test_cancelling_while_composing_frees_the_worker(short, start_worker, settings):
    made = short()
    worker = start_worker(SECONDS_A_NOTE="0.2")
    wait_until_composing(made)
    job = child_of(worker)
    assert made.cancel()
    fakes.wait_until(lambda: not fakes.is_alive(job), seconds=3)
    assert row_of(made).status == Status.CANCELLED
    assert media_files(settings) == []


def test_cancelling_while_rendering_ends_the_programs(
    short, start_worker, settings, shims, tmp_path
):
    pids = tmp_path / "pids"
    shims("fluidsynth", f'echo $$ > "{pids}"\nsleep 300')
    made = short()
    worker = start_worker()
    fakes.wait_until(lambda: pids.exists() and pids.read_text())
    job = child_of(worker)
    assert made.cancel()
    fakes.wait_until(lambda: not fakes.is_alive(job), seconds=3)
    assert not fakes.is_alive(int(pids.read_text()))
    assert row_of(made).status == Status.CANCELLED
    assert media_files(settings) == []


def test_a_hanging_program_fails_the_piece_in_time(short, start_worker, settings, shims):
    shims("fluidsynth", "sleep 300")
    made = short()
    assert start_worker("--burst", SHORT_TIMEOUT="4").wait(60) == 0
    row = row_of(made)
    assert (row.status, row.error) == (Status.FAILED, "Making the sound took longer than allowed.")
    assert media_files(settings) == []


def test_a_retry_after_a_failure_succeeds(short, start_worker, settings, tmp_path):
    made = short()
    assert start_worker("--burst", SOUNDFONT=str(tmp_path / "none.sf2")).wait(60) == 0
    row = row_of(made)
    assert (row.status, row.error) == (Status.FAILED, "The soundfont none.sf2 is missing.")
    assert row.retry()
    jobs.enqueue(row)
    assert start_worker("--burst").wait(60) == 0
    assert_ready_once(made, settings)


def test_no_job_runs_but_ours(start_worker, tmp_path, piece):
    target = tmp_path / "written"
    queue = queueing.queue()
    foreign = queue.enqueue_call("os.mkdir", args=(str(target),), job_id="foreign")
    called_back = queue.enqueue_call(
        jobs.COMPOSE,
        args=(str(piece().pk), 99),
        on_success=Callback("os.getcwd"),
        job_id="called-back",
    )
    assert start_worker("--burst").wait(60) == 0
    assert not target.exists()
    assert foreign.get_status() == JobStatus.FAILED
    assert "does not run os.mkdir" in foreign.latest_result().exc_string
    assert called_back.get_status() == JobStatus.FINISHED


def test_a_job_of_ours_names_our_function(piece):
    made = piece()
    jobs.enqueue(made)
    queue = queueing.queue()
    job = OurJob.fetch(made.job_id, connection=queue.connection, serializer=queue.serializer)
    assert job.func is jobs.compose
    assert job.success_callback is job.failure_callback is job.stopped_callback is None
