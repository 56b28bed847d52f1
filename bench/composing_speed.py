"""Seconds to compose pieces of 60 s with the shipped model, one thread, and times real time.

.venv/bin/python bench/composing_speed.py [--pieces 10] [--model FILE]
"""

import argparse
import statistics
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from ml.composer import Composer, Request

SECONDS = 60
SHIPPED = Path(__file__).resolve().parent.parent / "ml" / "weights" / "concert.keras"


def main():
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--pieces", type=int, default=10)
    options.add_argument("--model", type=Path, default=SHIPPED)
    options = options.parse_args()

    began = time.perf_counter()
    composer = Composer.open(options.model)
    print(f"opening {options.model.name}: {time.perf_counter() - began:.3f} s")
    taken = []
    for seed in range(1, options.pieces + 1):
        began = time.perf_counter()
        piece = composer.compose(Request(SECONDS, seed))
        taken.append(time.perf_counter() - began)
        row = taken[-1] / (2 * len(piece))
        print(f"seed {seed}: {len(piece)} notes, {taken[-1]:.2f} s, {row * 1e3:.2f} ms a row")
    print(
        f"median {statistics.median(taken):.2f} s, slowest {max(taken):.2f} s, "
        f"{SECONDS / statistics.median(taken):.0f} times real time"
    )


if __name__ == "__main__":
    main()
