"""What is alike in all long work that staff ask for: queueing it, and one attempt at it.

A kind of work (a `Task`) adds a function that does it: it returns the fields that the row gets in
the end, or raises one of the errors here.
"""

import functools
import logging
from collections.abc import Callable

from django.db import InterfaceError, OperationalError, transaction
from rq.timeouts import JobTimeoutException

from generator import queueing, storage
from generator.heartbeats import heartbeat
from generator.models import DataSet, Evaluation, Task, TrainingRun
from generator.queueing import StoppedError

KINDS = (DataSet, TrainingRun, Evaluation)

logger = logging.getLogger(__name__)


class TaskError(Exception):
    """The work cannot be done; the message is a sentence for people."""


class LostError(Exception):
    """The attempt is somebody else's by now, or the row is gone."""


class StopAskedError(Exception):
    """A person asked to stop; `results` are the fields that the row gets all the same."""

    def __init__(self, **results):
        super().__init__("stopped")
        self.results = results


def enqueue(task: Task, at_front: bool = False) -> None:
    """Put the attempt that is due on its queue, once the transaction is committed.

    Should Redis not be there, the row is saved all the same: the reconciler finds rows without a
    job.
    """
    push = functools.partial(
        queueing.push,
        task.function,
        (task.pk, task.attempt),
        job_id=task.job_id,
        seconds=None,
        at_front=at_front,
        name=task.queue,
    )
    transaction.on_commit(push, robust=True)


def perform(kind: type[Task], pk: int, attempt: int, work: Callable[[Task], dict]) -> None:
    """Make one attempt at a task. Does nothing if the attempt is no longer due."""
    task = kind.objects.filter(pk=pk).first()
    if task is None or not task.claim(attempt):
        logger.info("Attempt %s of %s %s is no longer due.", attempt, kind.__name__, pk)
        return
    try:
        with heartbeat(task):
            results = work(task)
        task.finish(**results)
    except LostError:
        logger.info("%s is somebody else's, or gone.", task.job_id)
    except StopAskedError as stopped:
        task.end_stopped(**stopped.results)
    except StoppedError:
        logger.info("%s is handed back: the worker stops.", task.job_id)
        if task.hand_back():
            enqueue(task, at_front=True)
    except TaskError as problem:
        logger.warning("%s failed: %s", task.job_id, problem)
        task.fail(str(problem))
    except (OperationalError, InterfaceError):
        raise  # nothing can be recorded now: the reconciler gives it another attempt
    except OSError as problem:
        logger.exception("%s failed.", task.job_id)
        task.fail(storage.explain(problem))
    except JobTimeoutException:
        task.fail("This took longer than allowed.")
        raise
    except BaseException:
        task.fail("Something went wrong here. It has been logged.")
        raise


def put_back_silent() -> int:
    """Queue the work whose worker died, or fail what killed too many. Return how much."""
    moved = 0
    for task in (task for kind in KINDS for task in kind.objects.silent()):
        if task.put_back():
            moved += 1
            logger.warning("The worker of %s died.", task.job_id)
            if task.is_queued:
                enqueue(task, at_front=True)
    return moved
