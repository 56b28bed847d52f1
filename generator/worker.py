"""Workers that hand their work back when they must stop, and the kinds of job that each runs."""

import signal

from rq import Worker, worker_registration
from rq.job import Job

from generator import datasets, evaluations, jobs, queueing, renditions, training
from generator.queueing import StoppedError

JOBS = {
    jobs.COMPOSE: jobs.compose,
    renditions.MAKE: renditions.make,
    training.TRAIN: training.train,
    datasets.CHECK: datasets.check,
    evaluations.EVALUATE: evaluations.evaluate,
}
OF_QUEUE = {
    queueing.QUEUE: (jobs.COMPOSE, renditions.MAKE),
    queueing.TRAINING: (training.TRAIN,),
    queueing.STUDIO: (datasets.CHECK, evaluations.EVALUATE),
}
WORKER_TTL = 420  # seconds without sign of life after which RQ forgets a worker
BEAT_EVERY = 30  # seconds of waiting for work; at work RQ beats as often, see overview.ALIVE_FOR


class ForbiddenJobError(Exception):
    """A job on the queue names something else than our functions."""


class OurJob(Job):
    """Whatever a job on a queue names, only that queue's own in `JOBS` run, and no callback."""

    @property
    def func(self):
        if self.func_name not in OF_QUEUE.get(self.origin, ()) or self.instance:
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


class OurWorker(Worker):
    """Told to stop, it does not wait minutes for the work at hand, nor lets it die.

    Twice a minute it says that it is alive, and all about itself: a Redis that was emptied would
    never know of it again.
    """

    @property
    def dequeue_timeout(self):
        return BEAT_EVERY

    def heartbeat(self, timeout=None, pipeline=None):
        super().heartbeat(timeout, pipeline)
        (self.connection if pipeline is None else pipeline).hset(self.key, mapping=self.serialize())
        worker_registration.register(self, pipeline)

    def request_stop(self, signum, frame):
        if self.horse_pid:
            self.kill_horse(signal.SIGTERM)
        super().request_stop(signum, frame)

    def setup_work_horse_signals(self):
        super().setup_work_horse_signals()
        signal.signal(signal.SIGTERM, hand_back)


def hand_back(signum, frame):
    """In the job's process: leave whatever it is doing, see jobs.compose and tasks.perform."""
    raise StoppedError


def options() -> dict:
    """What `rqworker` is to be told, whatever the queue."""
    return {
        "worker_class": OurWorker,
        "job_class": OurJob,
        "queue_class": None,
        "serializer": "rq.serializers.JSONSerializer",
        "name": None,  # random: a fixed one would block a restart for minutes
        "pid": None,
        "worker_ttl": WORKER_TTL,
        "max_jobs": None,
        "max_idle_time": None,
    }
