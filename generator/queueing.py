"""The queues, one a worker: ids travel on them as JSON, at most once each."""

import functools
import logging

import django_rq
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry
from rq.exceptions import DuplicateJobError
from rq.queue import Queue

QUEUE = "compositions"
TRAINING = "training"
STUDIO = "studio"  # the rest of what staff ask for: data sets, evaluations
QUEUES = (QUEUE, TRAINING, STUDIO)
NO_LIMIT = -1  # RQ's word for a job that may take as long as it likes
ALARM_AFTER = 5  # seconds from a job's own deadline to RQ's alarm, and from that to its kill
KEEP_FAILED_JOBS = 24 * 3600  # seconds on the dashboard

logger = logging.getLogger(__name__)


class StoppedError(BaseException):
    """The worker was told to stop. No Exception: nothing on the way may swallow it."""


@functools.cache  # one connection a process: RQ keeps every one that it has ever seen
def queue(name: str = QUEUE) -> Queue:
    """The queue, over a connection on which nobody waits long for a hung Redis."""
    queue = django_rq.get_queue(name, commit_mode="auto")
    queue.connection.set_retry(Retry(NoBackoff(), 1))
    return queue


def push(
    function: str,
    arguments: tuple,
    *,
    job_id: str,
    seconds: int | None,
    at_front: bool = False,
    name: str = QUEUE,
) -> None:
    """Put a job on a queue that may take so many seconds; nothing if its id is known there.

    A Redis that cannot be reached is logged, not raised: the row tells what is to be done.
    """
    try:
        queue(name).enqueue_call(
            function,
            args=arguments,
            job_id=job_id,
            unique=True,
            at_front=at_front,
            timeout=NO_LIMIT if seconds is None else seconds + ALARM_AFTER,
            failure_ttl=KEEP_FAILED_JOBS,
        )
    except DuplicateJobError:
        logger.info("%s is on the queue already.", job_id)
    except RedisError as problem:
        logger.warning("%s is not on the queue yet: %s", job_id, problem)


def remove(job_ids: list[str]) -> None:
    """Take jobs that still wait off the queue. A Redis that cannot be reached is logged."""
    try:
        waiting = queue()
        for job_id in job_ids:
            if waiting.remove(job_id):  # else a worker has it
                waiting.connection.delete(waiting.job_class.key_for(job_id))
    except RedisError as problem:
        logger.warning("%d jobs stay on the queue: %s", len(job_ids), problem)
