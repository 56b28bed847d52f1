"""Reads many files on all cores, so that none of them can end the reading of the others.

Each file has its bounds of time and memory, and where one takes its process along, the rest are
read by another.
"""

import multiprocessing
import os
import resource
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from functools import partial

import numpy as np

from ml.folders import Source

Read = Callable[[Source], np.ndarray | str]  # rows of a file, or why there are none

FEW = 12  # files that are read sooner than a process starts to read them
CHUNK = 4  # files that a process takes at a time
MOST_SECONDS = 60  # of processor time for a file: forty times what the longest of MAESTRO takes
MOST_MEMORY = 2 * 2**30  # bytes of address space of a process that reads
MOST_DEATHS = 5  # of processes; then it is the machine that is short of something

TOO_LONG = f"It takes longer than {MOST_SECONDS} s to read."
TOO_LARGE = "It takes more memory to read than a piece of music should."
DEADLY = "It ended the process that read it."
# What may be wrong in a reader for which a file is too strange. The other files are none the worse.
SURPRISES = (ArithmeticError, AttributeError, LookupError, RuntimeError, TypeError, ValueError)


class _TooLongError(Exception):
    """Neither a ValueError nor an OSError, which readers catch."""


def read(sources: Sequence[Source], read_one: Read) -> Iterator[np.ndarray | str]:
    """What `read_one` says of each source, in order. It must be known to another process by name.

    Raises ValueError if process after process is ended from outside.
    """
    guarded = partial(_guarded, read_one)
    if len(sources) <= FEW:
        yield from map(guarded, sources)
        return
    done = deaths = 0
    while done < len(sources):
        try:
            with _pool(_cores()) as pool:
                for result in pool.map(guarded, sources[done:], chunksize=CHUNK):
                    yield result
                    done += 1
        except BrokenProcessPool:
            for source in sources[
                done : done + CHUNK * _cores()
            ]:  # it was one of these, most likely
                result = _read_alone(source, guarded)
                deaths += result is DEADLY
                if deaths > MOST_DEATHS:
                    raise ValueError(
                        "Processes that read files were ended from outside; there may be too "
                        "little memory."
                    ) from None
                yield result
                done += 1


def _read_alone(source, guarded):
    try:
        with _pool(1) as pool:
            return pool.submit(guarded, source).result()
    except BrokenProcessPool:
        return DEADLY


def _pool(processes):
    # Not forked: the process may hold the threads of TensorFlow or BLAS, and their locks.
    context = multiprocessing.get_context("spawn")
    return ProcessPoolExecutor(processes, mp_context=context, initializer=_limit_memory)


def _cores():
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _limit_memory():
    if sys.platform == "linux":  # macOS refuses this limit
        most = resource.getrlimit(resource.RLIMIT_AS)[1]
        most = MOST_MEMORY if most == resource.RLIM_INFINITY else min(most, MOST_MEMORY)
        resource.setrlimit(resource.RLIMIT_AS, (most, most))


def _guarded(read_one, source):
    try:
        with _time_limit(MOST_SECONDS):
            return read_one(source)
    except _TooLongError:
        return TOO_LONG
    except MemoryError:
        return TOO_LARGE
    except SURPRISES as error:
        return f"It cannot be read: {type(error).__name__}, {error}"


@contextmanager
def _time_limit(seconds):
    """Raise _TooLongError after so many seconds of processor time."""
    if threading.current_thread() is not threading.main_thread():  # signals go to that one only
        yield
        return

    def give_up(signum, frame):
        raise _TooLongError

    before = signal.signal(signal.SIGPROF, give_up)
    signal.setitimer(signal.ITIMER_PROF, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)
