"""How closely a model follows energy and loudness, by the scale of its guidance (ml/guidance.py):
notes a second and mean velocity of pieces of 30 s, as a table for docs/experiments.md.

.venv/bin/python bench/levels.py [--scales 1 2] [--model FILE] [--pieces 6]
"""

import argparse
import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from ml import guidance, metrics
from ml.composer import Composer, Request
from ml.features import LEVELS
from ml.reading import markdown

SHIPPED = Path(__file__).resolve().parent.parent / "ml" / "weights" / "concert.keras"
SECONDS = 30
MEASURED = {"energy": "notes_per_second", "loudness": "velocity_mean"}


def main():
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--scales", type=float, nargs="*", default=[1, guidance.SCALE])
    options.add_argument("--levels", type=int, nargs="*", default=range(1, LEVELS + 1))
    options.add_argument("--model", type=Path, default=SHIPPED)
    options.add_argument("--pieces", type=int, default=6)
    options = options.parse_args()
    forward = Composer.open(options.model).forward
    names = [f"{wish} {level}" for wish in MEASURED for level in options.levels]
    print(*markdown([["scale", *names, "scale consistency"]]), sep="\n", flush=True)
    for scale in options.scales:
        composer = Composer(forward, guidance_scale=scale)
        cells, kept = [f"{scale:g}"], []
        for wish, feature in MEASURED.items():
            for level in options.levels:
                asked = [Request(SECONDS, s + 1, **{wish: level}) for s in range(options.pieces)]
                figures = [metrics.describe(composer.compose(request)) for request in asked]
                found = sorted(figure[feature] for figure in figures)
                kept += [figure["scale_consistency"] for figure in figures]
                cells.append(f"{np.mean(found):.1f} ({found[0]:.1f} to {found[-1]:.1f})")
        print(f"| {' | '.join([*cells, f'{np.mean(kept):.3f}'])} |", flush=True)


if __name__ == "__main__":
    main()
