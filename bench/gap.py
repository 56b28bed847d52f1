"""How much better a model foretells what it learnt from than what it has never heard.

    .venv/bin/python bench/gap.py CORPUS.npz [MODEL.keras …] [--pieces 100]

CORPUS.npz is what `python -m ml prepare` wrote. The first 1,500 rows of so many pieces of each side
of the split, the same for every model, told nothing. Music differs, too: the gap of a model that
has heard its data once is the one to hold another against.
"""

import argparse
import sys
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from ml import likelihood  # noqa: E402
from ml.composer import Composer  # noqa: E402
from ml.corpus import TRAIN, VALIDATION, Corpus  # noqa: E402

ROWS = 1500


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("corpus", type=Path)
    parser.add_argument("models", nargs="*", type=Path)
    parser.add_argument("--pieces", type=int, default=100)
    options = parser.parse_args()
    corpus = Corpus.load(options.corpus)
    order = np.random.default_rng(0)
    sides = {
        side: [
            corpus.piece(i)
            for i in order.permutation(corpus.of_split(side))[: options.pieces].tolist()
        ]
        for side in (TRAIN, VALIDATION)
    }
    print("| model | heard | unheard | gap | shift | key | velocity |")
    print("|---|---|---|---|---|---|---|", flush=True)
    for path in options.models or [ROOT / "ml" / "weights" / "concert.keras"]:
        heard, unheard = (measure(path, pieces) for pieces in sides.values())
        fields = [unheard.by_field[name] - heard.by_field[name] for name in heard.by_field]
        nats = heard.nats_per_note, unheard.nats_per_note
        cells = (f"{number:.2f}" for number in (*nats, nats[1] - nats[0], *fields))
        print(f"| {path.stem} | {' | '.join(cells)} |", flush=True)


def measure(path, pieces):
    return likelihood.measure(Composer.open(path).forward, pieces, most_rows=ROWS)


if __name__ == "__main__":
    main()
