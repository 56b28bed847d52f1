"""A worker that hands its work back when it must stop, and the two kinds of job that it runs."""

import signal

from rq import Worker
from rq.job import Job

from generator import jobs, renditions
from generator.queueing import StoppedError

JOBS = {jobs.COMPOSE: jobs.compose, renditions.MAKE: renditions.make}
WORKER_TTL = 420  # seconds without sign of life after which RQ forgets a worker


class ForbiddenJobError(Exception):
    """A job on the queue names something else than our functions."""


class ComposeJob(Job):
    """Whatever a job on the queue names, only ours in `JOBS` run, and no callback does."""

    @property
    def func(self):
        if self.func_name not in JOBS or self.instance:
            raise ForbiddenJobError(f"This queue does not run {self.func_name}.")
        return JOBS[self.func_name]

    @property
    def success_callback(self):
        return None

    @property
    def failure_callback(self):
        return None

    @property
    def stopped_callback(self):
        return None


class ComposeWorker(Worker):
    """Told to stop, it does not wait minutes for the piece at hand, nor lets it die."""

    def request_stop(self, signum, frame):
        if self.horse_pid:
            self.kill_horse(signal.SIGTERM)
        super().request_stop(signum, frame)

    def setup_work_horse_signals(self):
        super().setup_work_horse_signals()
        signal.signal(signal.SIGTERM, hand_back)


def hand_back(signum, frame):
    """In the job's process: leave whatever it is doing, see jobs.compose and renditions.make."""
    raise StoppedError
