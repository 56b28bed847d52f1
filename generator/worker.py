"""The one kind of job that a worker of ours will run."""

from rq.job import Job

from generator import jobs

WORKER_TTL = 420  # seconds without sign of life after which RQ forgets a worker


class ForbiddenJobError(Exception):
    """A job on the queue names something else than our function."""


class ComposeJob(Job):
    """Whatever a job on the queue names, only `jobs.compose` runs, and no callback does."""

    @property
    def func(self):
        if self.func_name != jobs.COMPOSE or self.instance:
            raise ForbiddenJobError(f"This queue does not run {self.func_name}.")
        return jobs.compose

    @property
    def success_callback(self):
        return None

    @property
    def failure_callback(self):
        return None

    @property
    def stopped_callback(self):
        return None
