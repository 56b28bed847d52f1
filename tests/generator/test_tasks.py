"""One attempt at long work, whatever it is; here it is an evaluation that measures nothing."""

import logging
from datetime import timedelta

import pytest
from django.db import IntegrityError, OperationalError
from django.utils import timezone
from rq.timeouts import JobTimeoutException

from generator import queueing, tasks
from generator.models import DataSet, Evaluation, TaskStatus
from generator.queueing import StoppedError
from generator.tasks import LostError, StopAskedError, TaskError


@pytest.fixture
def pushed(monkeypatch):
    """What was put on which queue: (function, arguments, options)."""
    found = []
    monkeypatch.setattr(queueing, "push", lambda *job, **options: found.append((*job, options)))
    return found


@pytest.fixture
def task(trained_model):
    data_set = DataSet.objects.create(name="Waltzes", status=TaskStatus.DONE)
    return Evaluation.objects.create(model=trained_model, data_set=data_set)


def row_of(task):
    return Evaluation.objects.get(pk=task.pk)


def perform(task, work, attempt=1):
    tasks.perform(Evaluation, task.pk, attempt, work)
    return row_of(task)


def raiser(problem):
    def work(task):
        raise problem

    return work


def running(task, **fields):
    """The row as its worker has it."""
    assert task.claim(task.attempt)
    Evaluation.objects.filter(pk=task.pk).update(**fields)
    return task


def silent(task, **fields):
    return running(task, heartbeat_at=timezone.now() - timedelta(minutes=2), **fields)


# How an attempt ends


def test_work_that_is_done_leaves_its_results(task):
    row = perform(task, lambda task: {"report": {"nats_per_note": 9.1}})
    assert (row.status, row.report, row.token) == (TaskStatus.DONE, {"nats_per_note": 9.1}, None)
    assert row.started_at <= row.finished_at


def test_an_attempt_that_is_not_due_is_left_alone(task):
    calls = []
    assert perform(task, calls.append, attempt=2).is_queued
    task.claim(1)
    assert perform(task, calls.append).is_running
    task.delete()
    tasks.perform(Evaluation, 1, 1, calls.append)
    assert calls == []


def test_what_cannot_be_done_says_why(task):
    row = perform(task, raiser(TaskError("There is no music in it.")))
    assert (row.status, row.error) == (TaskStatus.FAILED, "There is no music in it.")


def test_a_long_reason_is_shortened(task):
    assert len(perform(task, raiser(TaskError("long " * 100))).error) == 300


def test_a_full_disk_is_told_as_such(task):
    row = perform(task, raiser(OSError(28, "No space left on device")))
    assert (row.status, row.error) == (TaskStatus.FAILED, "The disk of the server is full.")


def test_a_surprise_is_told_without_details_and_raised(task):
    with pytest.raises(KeyError):
        perform(task, raiser(KeyError("secret")))
    row = row_of(task)
    assert (row.status, row.error) == (
        TaskStatus.FAILED,
        "Something went wrong here. It has been logged.",
    )


def test_time_that_is_up_is_told_and_raised(task):
    with pytest.raises(JobTimeoutException):
        perform(task, raiser(JobTimeoutException()))
    assert row_of(task).error == "This took longer than allowed."


def test_without_a_database_nothing_is_decided(task):
    with pytest.raises(OperationalError):
        perform(task, raiser(OperationalError("database is locked")))
    assert row_of(task).is_running


def test_what_the_database_refuses_is_not_tried_again(task):
    with pytest.raises(IntegrityError):
        perform(task, raiser(IntegrityError("CHECK constraint failed: JSON_VALID")))
    assert row_of(task).is_failed


def test_work_that_is_stopped_keeps_what_there_is(task):
    row = perform(task, raiser(StopAskedError(report={"files": 2})))
    assert (row.status, row.report, row.stop_asked) == (TaskStatus.STOPPED, {"files": 2}, False)


def test_who_lost_the_work_changes_nothing(task, caplog):
    def work(task):
        Evaluation.objects.filter(pk=task.pk).update(status=TaskStatus.QUEUED, token=None)
        raise LostError

    with caplog.at_level(logging.INFO, "generator.tasks"):
        assert perform(task, work).is_queued
    assert "somebody else's" in caplog.text


def test_late_results_are_not_published(task):
    def work(task):
        Evaluation.objects.filter(pk=task.pk).update(status=TaskStatus.QUEUED, token=None)
        return {"report": {"late": True}}

    row = perform(task, work)
    assert (row.status, row.report) == (TaskStatus.QUEUED, {})


def test_a_worker_that_must_stop_hands_back(task, pushed, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        row = perform(task, raiser(StoppedError()))
    assert (row.status, row.attempt, row.deaths, row.token) == (TaskStatus.QUEUED, 2, 0, None)
    assert row.queued_at == task.queued_at
    [(function, arguments, options)] = pushed
    assert (function, arguments) == ("generator.evaluations.evaluate", (task.pk, 2))
    assert options["job_id"] == f"evaluation-{task.pk}-2"
    assert (options["name"], options["at_front"], options["seconds"]) == ("studio", True, None)


def test_who_asked_to_stop_is_heard_after_a_restart_of_the_site(task, pushed):
    def work(task):
        assert row_of(task).stop()
        raise StoppedError

    row = perform(task, work)
    assert (row.status, row.stop_asked) == (TaskStatus.QUEUED, True)


# Progress


def test_progress_is_told_by_whoever_has_the_work(task):
    mine = running(task)
    assert mine.advance({"share": 0.5})
    assert row_of(task).percent == 50
    Evaluation.objects.filter(pk=task.pk).update(token=None)
    assert not mine.advance({"share": 0.6})
    assert not mine.advance({"share": 0.6})
    assert row_of(task).percent == 50


def test_nothing_new_is_not_written(task, django_assert_num_queries):
    mine = running(task)
    mine.advance({"share": 0.5})
    before = row_of(task).heartbeat_at
    with django_assert_num_queries(1) as asked:
        assert mine.advance({"share": 0.5})
    assert asked.captured_queries[0]["sql"].startswith("SELECT")
    assert row_of(task).heartbeat_at == before


@pytest.mark.parametrize(
    ("share", "percent"), [(None, 0), (0.301, 30), (1.7, 100), (-1, 0)], ids=str
)
def test_any_share_is_a_percentage(share, percent):
    assert Evaluation(progress={"share": share}).percent == percent


# Stopping and going on


def test_what_waits_stops_at_once(task):
    assert task.stop()
    assert (task.status, task.stop_asked) == (TaskStatus.STOPPED, False)
    assert not task.stop()


def test_what_runs_is_asked_to_stop(task):
    mine = running(task)
    assert not mine.is_to_stop()
    assert row_of(task).stop()
    assert mine.is_to_stop()
    assert row_of(task).is_running


def test_what_has_ended_can_be_queued_again(task):
    running(task, deaths=2, stop_asked=True)
    task.fail("It broke.")
    assert task.restart()
    row = row_of(task)
    assert (row.status, row.attempt, row.deaths) == (TaskStatus.QUEUED, 2, 0)
    assert (row.error, row.stop_asked) == ("", False)


@pytest.mark.parametrize("status", [TaskStatus.QUEUED, TaskStatus.RUNNING, TaskStatus.DONE])
def test_what_goes_on_or_is_done_cannot(task, status):
    Evaluation.objects.filter(pk=task.pk).update(status=status)
    assert not task.restart()
    assert row_of(task).attempt == 1


# Dead workers


def test_dead_work_is_put_back_at_its_old_place(task, pushed, django_capture_on_commit_callbacks):
    silent(task, stop_asked=True)
    with django_capture_on_commit_callbacks(execute=True):
        assert tasks.put_back_silent() == 1
    row = row_of(task)
    assert (row.status, row.attempt, row.deaths) == (TaskStatus.QUEUED, 2, 1)
    assert row.queued_at == task.queued_at
    assert row.stop_asked  # the next worker will hear of it
    assert [options["at_front"] for *_, options in pushed] == [True]


def test_after_three_deaths_it_is_poison(task, pushed, django_capture_on_commit_callbacks):
    silent(task, deaths=2)
    with django_capture_on_commit_callbacks(execute=True):
        assert tasks.put_back_silent() == 1
    row = row_of(task)
    assert (row.status, row.deaths) == (TaskStatus.FAILED, 3)
    assert row.error == "The worker stopped 3 times at this work."
    assert pushed == []


def test_living_work_is_left_alone(task):
    running(task, heartbeat_at=timezone.now() - timedelta(seconds=30))
    assert tasks.put_back_silent() == 0
    assert row_of(task).is_running


# Its files


def test_deleted_work_takes_its_files_along(task, django_capture_on_commit_callbacks):
    task.folder.mkdir(parents=True)
    (task.folder / "log").write_text("words")
    folder = task.folder
    with django_capture_on_commit_callbacks() as callbacks:
        task.delete()
    assert folder.exists()
    for callback in callbacks:
        callback()
    assert not folder.exists()
