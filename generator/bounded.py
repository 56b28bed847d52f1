"""The child process of long work: `python -m generator.bounded CORES -- train CORPUS …`.

Runs `python -m ml` with the arguments after `--`, on so many processors, behind whoever else wants
them, and dies with the process that started it. Started by labour.py, which bounds its memory.
Imports neither Django nor settings.
"""

import os
import runpy
import sys

from generator.children import die_with_parent

NICENESS = 15


def main(arguments: list[str]) -> None:
    cores, rest = int(arguments[0]), arguments[2:]
    die_with_parent()
    os.nice(NICENESS)
    if hasattr(os, "sched_setaffinity"):  # Linux; elsewhere the numbers in the environment bind
        mine = sorted(os.sched_getaffinity(0))
        os.sched_setaffinity(0, mine[-cores:])
    sys.argv = ["ml", *rest]
    runpy.run_module("ml", run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main(sys.argv[1:])
