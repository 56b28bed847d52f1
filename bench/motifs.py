"""What motifs tell a network that has never heard them, before it learns.

    .venv/bin/python bench/motifs.py CORPUS.npz MODEL.keras [--trust 0 .5 .8 1.1] [--pieces 40]

CORPUS.npz is what `python -m ml prepare` wrote; the first 1,500 rows of so many of its validation
pieces. The model is grown, and its logits of keys that go down are raised by the same multiple, the
trust, of all that motifs foretell, whatever the moment. That is the least that learning will find.
"""

import argparse
import sys
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from ml import likelihood, weights  # noqa: E402
from ml.corpus import VALIDATION, Corpus  # noqa: E402
from ml.forward import Forward  # noqa: E402

ROWS = 1500


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("corpus", type=Path)
    parser.add_argument("model", type=Path)
    parser.add_argument("--trust", type=float, nargs="*", default=[0, 0.5, 0.8, 1.1])
    parser.add_argument("--pieces", type=int, default=40)
    options = parser.parse_args()
    corpus = Corpus.load(options.corpus)
    order = np.random.default_rng(0).permutation(corpus.of_split(VALIDATION))
    pieces = [corpus.piece(i) for i in order[: options.pieces].tolist()]
    architecture, learnt = weights.grown(*weights.read(options.model))
    print("| trust | nats per note | key |\n|---|---|---|", flush=True)
    for trust in options.trust:
        learnt["key_motifs/vars/1"][:] = trust
        found = likelihood.measure(Forward(architecture, learnt), pieces, most_rows=ROWS)
        print(
            f"| {trust:g} | {found.nats_per_note:.3f} | {found.by_field['key']:.3f} |", flush=True
        )


if __name__ == "__main__":
    main()
