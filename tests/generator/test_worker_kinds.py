"""Which jobs each of the three workers runs, and whose process it is."""

import pytest
from redis import Redis

from generator import datasets, evaluations, jobs, queueing, renditions, training
from generator.management.commands import composer_worker, studio_worker, training_worker
from generator.worker import JOBS, OF_QUEUE, ForbiddenJobError, OurJob

RUN_BY = {
    "compositions": {jobs.compose, renditions.make},
    "training": {training.train},
    "studio": {datasets.check, evaluations.evaluate},
}


def job(function, queue, **more):
    """A job as it comes from a queue. Nothing is asked of a Redis here."""
    return OurJob.create(function, connection=Redis(), origin=queue, **more)


@pytest.mark.parametrize("queue", RUN_BY)
def test_a_worker_runs_what_belongs_on_its_queue_and_nothing_else(queue):
    for name, function in JOBS.items():
        if function in RUN_BY[queue]:
            assert job(name, queue).func is function
        else:
            with pytest.raises(ForbiddenJobError, match=name):
                job(name, queue).func  # noqa: B018  it raises


@pytest.mark.parametrize("queue", [*RUN_BY, "default", ""])
@pytest.mark.parametrize("name", ["os.system", "generator.tasks.perform", "training.train"])
def test_no_worker_runs_anything_else(queue, name):
    with pytest.raises(ForbiddenJobError):
        job(name, queue).func  # noqa: B018  it raises


def test_every_kind_of_job_has_one_queue():
    placed = [name for names in OF_QUEUE.values() for name in names]
    assert sorted(placed) == sorted(JOBS)
    assert set(OF_QUEUE) == set(queueing.QUEUES) == set(RUN_BY)


def test_each_command_takes_from_its_own_queue():
    commands = (composer_worker, training_worker, studio_worker)
    assert [module.Command.queue for module in commands] == list(RUN_BY)
