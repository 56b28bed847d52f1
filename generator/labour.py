"""Runs `python -m ml …` for hours, in a child process that cannot take the site down.

It has processors and memory within bounds and a clean environment; it tells its progress in a
file, leaves its words in a log, can be asked to stop and put down what it has, and is gone when we
are.
"""

import json
import logging
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from django.db import OperationalError, close_old_connections

from generator.children import ROOT
from generator.tasks import LostError, StopAskedError, TaskError

LOOK_EVERY = 0.5  # seconds
PATIENCE = 60  # seconds that it may take to put down what it has, once asked to stop
HURRY = 3  # the same, when the whole site stops: 5 s later everything is killed
SCRATCH = "tmp"  # in a task's folder: what the child writes for itself alone
LONGEST_LOG = 1_000_000  # bytes, of which the last half is kept

Watch = Callable[[dict], None]

logger = logging.getLogger(__name__)


def run(arguments: list[str], folder: Path, watch: Watch, *, cores: int, memory: int) -> str:
    """Run one command of `ml` to its end, and return what it printed.

    `watch` is called twice a second with the latest progress ({} before there is any); what it
    raises comes out of here, once the child has had the time to put down what it has. LostError
    ends it at once: its successor may be at work in the same folder. `memory` is in bytes. Raises
    TaskError with the child's own sentence, or with one about its memory.
    """
    watch({})  # who has asked to stop before it began need not wait for a child
    folder.mkdir(parents=True, exist_ok=True)
    progress, printed, log = folder / "progress.json", folder / "printed", folder / "log"
    progress.unlink(missing_ok=True)
    _empty(folder / SCRATCH)
    _shorten(log)
    command = [sys.executable, "-m", "generator.bounded", str(cores), "--", *arguments]
    command += ["--progress", str(progress)]
    with printed.open("wb") as out, log.open("ab") as words:
        words.write(f"$ python -m ml {' '.join(arguments)}\n".encode())
        words.flush()
        begun = words.tell()
        child = subprocess.Popen(
            command,
            cwd=ROOT,
            env=_environment(folder / SCRATCH, cores),
            stdin=subprocess.PIPE,  # a lifeline: the child kills its group at end of file
            stdout=out,
            stderr=words,
            start_new_session=True,  # so that it can be put behind all others, see bounded.py
        )
        try:
            while child.poll() is None:
                _tell(watch, progress)
                if _resident(child.pid) > memory:
                    raise TaskError(
                        f"This needed more memory than the {memory // 2**20} MB that are allowed "
                        "here (TRAINING_MEMORY)."
                    )
                _wait(child, LOOK_EVERY)
            _tell(watch, progress)
        except LostError:
            raise
        except StopAskedError:
            _ask_to_stop(child, PATIENCE)
            raise
        except BaseException:
            _ask_to_stop(child, HURRY)
            raise
        finally:
            _kill_group(child.pid)
            child.wait()
            child.stdin.close()
            shutil.rmtree(folder / SCRATCH, ignore_errors=True)
    if child.returncode != 0:
        raise TaskError(_last_words(log, begun, child.returncode))
    return printed.read_text()


def _environment(scratch, cores):
    return {
        "PATH": os.environ.get("PATH", os.defpath),
        "HOME": str(scratch),
        "TMPDIR": str(scratch),
        "LANG": "C.UTF-8",
        "PYTHONUNBUFFERED": "1",
        "TF_CPP_MIN_LOG_LEVEL": "3",
        "OMP_NUM_THREADS": str(cores),
        "OPENBLAS_NUM_THREADS": str(cores),
    }


def _tell(watch, progress):
    """A database that is busy for a moment shall not end the work of hours."""
    try:
        watch(_read(progress))
    except OperationalError as problem:
        logger.warning("Progress was not told: %s", problem)
        close_old_connections()


def _read(progress):
    """NaN, which is no JSON but is what a network that fails gives, becomes None."""
    try:
        return json.loads(progress.read_text(), parse_constant=lambda name: None)
    except (FileNotFoundError, ValueError):
        return {}


def _resident(group):
    """Bytes of memory that the processes of a group hold. 0 where there is no /proc."""
    total = 0
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            facts = stat.read_text().rpartition(")")[2].split()
            if int(facts[2]) == group:
                total += int(facts[21]) * os.sysconf("SC_PAGE_SIZE")
        except (OSError, ValueError, IndexError):
            continue  # it ended meanwhile
    return total


def _wait(child, seconds):
    try:
        child.wait(seconds)
    except subprocess.TimeoutExpired:
        pass


def _ask_to_stop(child, patience):
    """Let it put down what it has, as after Ctrl-C."""
    if child.poll() is not None:
        return
    child.send_signal(signal.SIGINT)
    deadline = time.monotonic() + patience
    while child.poll() is None and time.monotonic() < deadline:
        _wait(child, LOOK_EVERY)


def _kill_group(leader):
    try:
        os.killpg(leader, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        pass


def _empty(folder):
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()


def _shorten(log):
    if log.exists() and log.stat().st_size > LONGEST_LOG:
        log.write_bytes(log.read_bytes()[-LONGEST_LOG // 2 :])


def _last_words(log, begun, status):
    """The sentence with which `python -m ml` gave up, or what is known if it had none."""
    with log.open("rb") as file:
        file.seek(begun)
        lines = file.read().decode(errors="replace").splitlines()
    said = [line for line in lines if line.startswith("ml: ")]
    if said:
        return said[-1].removeprefix("ml: ")
    if status == -signal.SIGKILL:
        return "The system ended it, most likely because the server ran out of memory."
    return f"It ended by itself (status {status}); its log tells more."
