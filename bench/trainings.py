"""What a training costs, for each size that the admin offers: processor time, memory, and how fast
the network composes. Processor time, since a machine may have other things to do.

.venv/bin/python -m ml prepare FOLDER --output corpus.npz
.venv/bin/python bench/trainings.py corpus.npz
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

UNITS = (96, 192, 384)
LANES, WINDOW = 48, 80  # as `python -m ml train` has them
COMPILING, STEPS = 2, 8
SECONDS = 60  # of the piece that is composed


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("corpus", type=Path)
    parser.add_argument("--units", type=int, help=argparse.SUPPRESS)  # in a process of its own
    options = parser.parse_args()
    if options.units:
        print(json.dumps(measure(options.corpus, options.units)))
        return
    print("| units | weights | processor s per M notes | an epoch, min | memory, MB | notes/s |")
    print("| --- | --- | --- | --- | --- | --- |")
    for units in UNITS:
        command = [sys.executable, __file__, str(options.corpus), "--units", str(units)]
        told = json.loads(subprocess.run(command, capture_output=True, check=True).stdout)
        print("| {units} | {weights:,} | {cost:.0f} | {epoch:.0f} | {memory:.0f} | {speed:.0f} |"
              .format(**told))  # fmt: skip


def measure(corpus: Path, units: int) -> dict:
    from ml.architecture import Architecture
    from ml.composer import Composer, Request
    from ml.corpus import Corpus
    from ml.trainer import arrays, save
    from ml.training import Run, Settings

    music = Corpus.load(corpus)
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(lanes=LANES, window=WINDOW)
        run = Run(music, Path(folder), Architecture(units=units, styles=music.styles()), settings)
        run.resume()
        windows = run.windows_from(1)
        rows = 0
        for step in range(COMPILING + STEPS):
            if step == COMPILING:
                began = time.process_time()
            inputs, targets, weights = next(windows)
            run.trainer.train_on_batch(inputs, targets, weights, return_dict=True)
            rows += int(weights.sum()) if step >= COMPILING else 0
        seconds = time.process_time() - began
        file = Path(folder) / "made.keras"
        save(run.network, file)
        composer = Composer.open(file)
        began = time.process_time()
        piece = composer.compose(Request(seconds=SECONDS, seed=1))
        speed = len(piece.notes) / (time.process_time() - began)
        cost = seconds / (rows / 2e6)  # two rows a note
        return {
            "units": units,
            "weights": sum(array.size for array in arrays(run.network).values()),
            "cost": cost,
            "epoch": cost * run.epoch_rows / 2e6 / 60,
            "memory": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000,
            "speed": speed,
        }


if __name__ == "__main__":
    main()
