"""Notes that a training hears in a second, in one process and in several side by side.

    .venv/bin/python bench/training_speed.py CORPUS.npz [--processes 1 2] [--steps 20]

The network and the windows of `concert`. The first steps, which build and begin, do not count.
"""

import argparse
import os
import sys
import tempfile
import time
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

WARM_UP = 5  # steps


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("corpus", type=Path)
    parser.add_argument("--processes", type=int, nargs="*", default=[1, 2])
    parser.add_argument("--steps", type=int, default=20)
    options = parser.parse_args()
    from ml.corpus import Corpus

    corpus = Corpus.load(options.corpus)
    print("| processes | seconds a step | notes a second |")
    print("|---|---|---|", flush=True)
    for processes in options.processes:
        seconds, notes = measure(corpus, processes, options.steps)
        print(f"| {processes} | {seconds:.2f} | {notes:.0f} |", flush=True)


def measure(corpus, processes, steps):
    """Seconds a step, and notes a second."""
    from ml.architecture import Architecture
    from ml.training import Run, Settings

    settings = Settings(
        lanes=96, window=40, transpose=5, stretch=0.05, replicas=processes,
        most_steps=WARM_UP + steps,
    )  # fmt: skip
    with tempfile.TemporaryDirectory() as folder:
        architecture = Architecture(units=384, styles=corpus.styles())
        run = Run(corpus, Path(folder), architecture, settings)
        run.resume()
        taken = run.steps_taken()
        for _ in range(WARM_UP):
            next(taken)
        began = time.perf_counter()
        rows = sum(next(taken)[1] for _ in range(steps))
        seconds = time.perf_counter() - began
        taken.close()
    return seconds / steps, rows / 2 / seconds


if __name__ == "__main__":
    main()
