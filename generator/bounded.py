"""The child process of long work: `python -m generator.bounded CORES -- train CORPUS …`.

Runs `python -m ml` with the arguments after `--`, on so many processors, behind whoever else wants
them, and dies with the process that started it. Started by labour.py, which bounds its memory; if
the machine itself runs short, it is the first to go. Imports neither Django nor settings.
"""

import os
import runpy
import signal
import sys
from pathlib import Path

from generator.children import die_with_parent

NICENESS = 10  # a tenth of the weight of who is not: it yields, but does not starve
FIRST_TO_GO = 1000  # of what Linux calls badness


def main(arguments: list[str]) -> None:
    cores, rest = int(arguments[0]), arguments[2:]
    die_with_parent()
    signal.signal(signal.SIGINT, signal.default_int_handler)  # RQ's jobs ignore it, and so did we
    os.nice(NICENESS)
    # Linux weighs sessions before it weighs what is in them, and this one is ours alone.
    _write("/proc/self/autogroup", NICENESS)
    _write("/proc/self/oom_score_adj", FIRST_TO_GO)
    if hasattr(os, "sched_setaffinity"):  # Linux; elsewhere the numbers in the environment bind
        mine = sorted(os.sched_getaffinity(0))
        os.sched_setaffinity(0, mine[-cores:])
    sys.argv = ["ml", *rest]
    sys.orig_argv = [sys.executable, "-m", *sys.argv]  # what a card tells of
    runpy.run_module("ml", run_name="__main__", alter_sys=True)


def _write(path, number):
    try:
        Path(path).write_text(str(number))
    except OSError:
        pass  # no Linux, or one that is built otherwise


if __name__ == "__main__":
    main(sys.argv[1:])
