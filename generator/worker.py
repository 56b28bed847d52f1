"""A worker that hands its piece back when it must stop, and the one kind of job that it runs."""

import signal

from rq import Worker
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
    """In the job's process: leave whatever it is doing, see jobs.compose."""
    raise jobs.StoppedError
