"""Figures of composed pieces under several tastes of the heads, for docs/experiments.md.

.venv/bin/python bench/sampling.py [--pieces 6] [--model FILE]
"""

import argparse
import statistics
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from ml import metrics
from ml.composer import Composer, Request
from ml.sampler import Taste

SHIPPED = Path(__file__).resolve().parent.parent / "ml" / "weights" / "concert.keras"
SECONDS = 60
SETTINGS = [  # top_p of shift, of key and velocity; energy
    (0.98, 0.96, 0),
    (1.0, 0.96, 0),
    (1.0, 0.98, 0),
    (1.0, 0.96, 3),
]
SHOWN = (
    "notes_per_second",
    "polyphony",
    "pitch_class_entropy",
    "scale_consistency",
    "velocity_mean",
    "velocity_spread",
)


def main():
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--pieces", type=int, default=6)
    options.add_argument("--model", type=Path, default=SHIPPED)
    options = options.parse_args()
    forward = Composer.open(options.model).forward
    for shift, others, energy in SETTINGS:
        tastes = {"shift": Taste(top_p=shift)}
        tastes |= dict.fromkeys(("key", "velocity"), Taste(top_p=others))
        composer = Composer(forward, tastes)
        pieces = [
            metrics.describe(composer.compose(Request(SECONDS, seed, energy=energy)))
            for seed in range(1, options.pieces + 1)
        ]
        print(f"shift {shift}, key and velocity {others}, energy {energy or 'any'}:")
        for name in SHOWN:
            values = [piece[name] for piece in pieces]
            print(f"  {name} {statistics.mean(values):.2f} ± {statistics.pstdev(values):.2f}")


if __name__ == "__main__":
    main()
