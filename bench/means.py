"""What the mean of two trainings of one network foretells, against each alone.

    .venv/bin/python bench/means.py CORPUS.npz A.keras B.keras [--shares .5 .7] [--pieces 40]

CORPUS.npz is what `python -m ml prepare` wrote. The first 1,500 rows of so many of its validation
pieces. "Weights" is one network whose weights are a mean, B's with the share told (Izmailov et al.
2018); "logits" are both networks side by side, which takes twice the time.
"""

import argparse
import sys
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from ml import likelihood, weights  # noqa: E402
from ml.corpus import VALIDATION, Corpus  # noqa: E402
from ml.forward import Forward, State  # noqa: E402

ROWS = 1500
STATE = ("low_h", "low_c", "high_h", "high_c")


class Both:
    """Two networks of one architecture, each with its state; their log-probabilities' mean."""

    def __init__(self, *forwards):
        self.forwards = forwards

    def start(self, *shape):
        return _joined([forward.start(*shape) for forward in self.forwards])

    def wish(self, wish):
        return np.concatenate([forward.wish(wish) for forward in self.forwards], axis=-1)

    def hear(self, before, wish, ending, told, state):
        states = [
            State(*parts)
            for parts in zip(*(_halves(getattr(state, n)) for n in STATE), strict=True)
        ]
        heard = [
            forward.hear(before, own_wish, ending, told, own)
            for forward, own_wish, own in zip(self.forwards, _halves(wish), states, strict=True)
        ]
        vars(state).update(vars(_joined(states)))
        return np.concatenate(heard, axis=-1)

    def shift_logits(self, heard, told):
        return _mean(
            f.shift_logits(own, told) for f, own in zip(self.forwards, _halves(heard), strict=True)
        )

    def key_logits(self, heard, told, before, shift):
        found = [
            forward.key_logits(own, told, before, shift)
            for forward, own in zip(self.forwards, _halves(heard), strict=True)
        ]
        return _mean(key for key, _ in found), np.concatenate([at for _, at in found], axis=-1)

    def velocity_logits(self, heard, told, around, shift, key):
        return _mean(
            forward.velocity_logits(own, told, at, shift, key)
            for forward, own, at in zip(self.forwards, _halves(heard), _halves(around), strict=True)
        )


def _joined(states):
    return State(*(np.concatenate([getattr(s, name) for s in states], axis=-1) for name in STATE))


def _halves(values):
    return np.split(values, 2, axis=-1)


def _mean(logits):
    """Of log-probabilities; what is impossible stays so."""
    lowered = [one - one.max(axis=-1, keepdims=True) for one in logits]
    sums = [np.log(np.exp(one).sum(axis=-1, keepdims=True)) for one in lowered]
    return np.mean([one - all_ for one, all_ in zip(lowered, sums, strict=True)], axis=0)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("corpus", type=Path)
    parser.add_argument("models", nargs=2, type=Path)
    parser.add_argument("--shares", type=float, nargs="*", default=[0.5])
    parser.add_argument("--pieces", type=int, default=40)
    options = parser.parse_args()
    corpus = Corpus.load(options.corpus)
    order = np.random.default_rng(0).permutation(corpus.of_split(VALIDATION))
    pieces = [corpus.piece(i) for i in order[: options.pieces].tolist()]
    (architecture, first), (_, second) = (weights.read(path) for path in options.models)

    def tell(name, forward):
        found = likelihood.measure(forward, pieces, most_rows=ROWS)
        cells = (f"{nats:.2f}" for nats in found.by_field.values())
        print(f"| {name} | {found.nats_per_note:.3f} | {' | '.join(cells)} |", flush=True)

    print("| network | nats per note | shift | key | velocity |\n|---|---|---|---|---|", flush=True)
    alone = [Forward(architecture, learnt) for learnt in (first, second)]
    for path, forward in zip(options.models, alone, strict=True):
        tell(path, forward)
    for share in options.shares:
        mixed = {name: (1 - share) * first[name] + share * second[name] for name in first}
        tell(f"weights, {share:g} of the second", Forward(architecture, mixed))
    tell("logits, half of each", Both(*alone))


if __name__ == "__main__":
    main()
