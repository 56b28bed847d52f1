"""Child processes for what may hang, grow or crash: sound (render.py) and scores (engrave.py).

A child reads FOLDER/request.json and leaves FOLDER/answer.json, with what it found or the sentence
that says why there is nothing. It has a process group, a deadline, a scratch folder and limits of
its own, and dies with its parent. Neither side knows Django.
"""

import json
import logging
import os
import resource
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from time import monotonic

LOOK_EVERY = 0.2  # seconds between looks at deadline and cancellation
LONGEST_LOG = 2000  # characters of a failed child's output that go to our log
ROOT = Path(__file__).resolve().parent.parent  # where `-m generator.render` is found

MOST_MEMORY = 1024 * 2**20  # bytes of address space of each process
MOST_FILE = 200 * 2**20  # bytes; 15 minutes of WAV; below 64 MiB FluidSynth does not even start

logger = logging.getLogger(__name__)


class CancelledError(Exception):
    """The caller no longer wants the result."""


@dataclass(frozen=True, slots=True)
class Child:
    """A module with a `main(folder)`, and what is raised and said when it gives no result."""

    module: str
    error: type[Exception]
    too_long: str
    no_result: str

    def run(
        self,
        folder: Path,
        request: dict,
        deadline: float,
        cancelled: Callable[[], bool] | None = None,
    ) -> dict:
        """Run it in `folder`, and return its answer.

        `deadline` is a time of `time.monotonic()`; `cancelled` is asked several times a second.
        Raises CancelledError, or `error` with a sentence.
        """
        (folder / "request.json").write_text(json.dumps(request))
        with (folder / "log").open("wb") as log, self._start(folder, log) as process:
            try:
                while process.poll() is None:
                    if monotonic() > deadline:
                        raise self.error(self.too_long)
                    if cancelled is not None and cancelled():
                        raise CancelledError
                    _wait(process)
            finally:
                _kill_group(process.pid)
        return self._read_answer(folder)

    def _start(self, folder, log):
        environment = {  # clean: POSIXLY_CORRECT or a ~/.fluidsynth would change what programs do
            "PATH": os.environ.get("PATH", os.defpath),
            "HOME": str(folder),
            "TMPDIR": str(folder),
            "LANG": "C.UTF-8",
        }
        return subprocess.Popen(
            [sys.executable, "-m", self.module, str(folder)],
            cwd=ROOT,
            env=environment,
            stdin=subprocess.PIPE,  # a lifeline: the child kills its group at end of file
            stdout=log,
            stderr=subprocess.STDOUT,
            process_group=0,
        )

    def _read_answer(self, folder):
        try:
            answer = json.loads((folder / "answer.json").read_text())
        except (FileNotFoundError, ValueError):
            self._log_output(folder)
            raise self.error(self.no_result) from None
        if "error" in answer:
            self._log_output(folder)
            raise self.error(answer["error"])
        return answer

    def _log_output(self, folder):
        output = (folder / "log").read_text(errors="replace").strip()
        logger.warning("%s said: %s", self.module, output[-LONGEST_LOG:] or "nothing")


def _wait(process):
    try:
        process.wait(LOOK_EVERY)
    except subprocess.TimeoutExpired:
        pass


def _kill_group(leader):
    try:
        os.killpg(leader, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):  # macOS says the latter of a group of zombies
        pass


# What the child itself does first.


def die_with_parent() -> None:
    """Kill our process group as soon as the other end of standard input closes."""
    lifeline = os.dup(0)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)  # FluidSynth and FFmpeg shall not read the lifeline

    def wait():
        os.read(lifeline, 1)
        os.killpg(os.getpgrp(), signal.SIGKILL)

    threading.Thread(target=wait, daemon=True).start()


def limit_resources(cpu_seconds: int, memory: int = MOST_MEMORY) -> None:
    """Bound processor time, memory and file size of this process and each that it starts."""
    wanted = {
        resource.RLIMIT_CPU: cpu_seconds,
        resource.RLIMIT_FSIZE: MOST_FILE,
        resource.RLIMIT_CORE: 0,
    }
    if sys.platform != "darwin":  # macOS refuses this limit
        wanted[resource.RLIMIT_AS] = memory
    for kind, most in wanted.items():
        allowed = resource.getrlimit(kind)[1]
        most = most if allowed == resource.RLIM_INFINITY else min(most, allowed)
        resource.setrlimit(kind, (most, most))


def answer(folder: Path, found: dict) -> None:
    (folder / "answer.json").write_text(json.dumps(found))
