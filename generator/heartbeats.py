"""Signs of life from a worker, while it is busy with something that gives none."""

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import DatabaseError, connection

HEARTBEAT_EVERY = 10  # seconds

logger = logging.getLogger(__name__)


@contextmanager
def heartbeat(row) -> Iterator[None]:
    """Keep the row's heartbeat fresh from a thread: a piece's, or a task's."""
    ended = threading.Event()

    def beat():
        while not ended.wait(HEARTBEAT_EVERY):
            try:
                row.beat()
            except DatabaseError as problem:
                logger.warning("A heartbeat of %s was missed: %s", row.job_id, problem)
            finally:
                connection.close()  # this thread's own

    thread = threading.Thread(target=beat, name="heartbeat", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()
