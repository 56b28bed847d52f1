"""From the row to the queue, with a real Redis."""

import signal
import time
import uuid

import pytest
from django.db import transaction

from generator import jobs, queueing
from generator.models import Composition

pytestmark = pytest.mark.usefixtures("disk_database", "redis_server")


def jobs_of(piece):
    return [job for job in queueing.queue().jobs if str(piece.pk) in job.id]


def test_only_the_id_and_the_attempt_travel(piece, settings):
    made = piece()
    jobs.enqueue(made)
    (job,) = jobs_of(made)
    assert job.id == f"composition-{made.pk}-1"
    assert job.func_name == "generator.jobs.compose"
    assert (list(job.args), job.kwargs) == ([str(made.pk), 1], {})
    assert job.data.startswith(b"[")  # JSON
    assert job.timeout == settings.COMPOSE_TIMEOUT + 5


def test_the_same_attempt_is_enqueued_once(piece):
    made = piece()
    jobs.enqueue(made)
    jobs.enqueue(made)
    assert len(jobs_of(made)) == 1


def test_a_new_attempt_is_another_job(piece):
    made = piece()
    jobs.enqueue(made)
    made.renew()
    jobs.enqueue(made)
    assert len(jobs_of(made)) == 2


def test_it_waits_for_the_commit(piece):
    made = piece()
    with transaction.atomic():
        jobs.enqueue(made)
        assert jobs_of(made) == []
    assert len(jobs_of(made)) == 1


def test_nothing_is_enqueued_when_the_row_is_rolled_back(piece):
    made = piece()
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        jobs.enqueue(made)
        1 / 0  # noqa: B018
    assert jobs_of(made) == []


def test_what_was_put_back_comes_first(piece):
    first, second = piece(), piece()
    jobs.enqueue(first)
    jobs.enqueue(second, at_front=True)
    assert queueing.queue().get_job_ids() == [second.job_id, first.job_id]


def test_a_request_is_accepted_while_redis_is_down(as_alice, trained_model, redis_server):
    redis_server.kill()
    redis_server.wait()
    answer = as_alice.post(
        "/compose/", {"duration": "20", "temperature": "1", "request_key": uuid.uuid4()}
    )
    assert answer.status_code == 302
    assert Composition.objects.get().status == "queued"


def test_a_request_does_not_wait_long_for_a_hung_redis(as_alice, trained_model, redis_server):
    queueing.queue().connection.ping()
    redis_server.send_signal(signal.SIGSTOP)
    started = time.monotonic()
    try:
        answer = as_alice.post("/compose/", {"duration": "20", "temperature": "1"})
    finally:
        waited = time.monotonic() - started
        redis_server.send_signal(signal.SIGCONT)
    assert answer.status_code == 302
    assert Composition.objects.count() == 1
    assert waited < 3
    time.sleep(0.5)  # Redis wakes and does what it was sent meanwhile
    assert len(jobs_of(Composition.objects.get())) <= 1
