"""Variants of the network and of its training, each for the same number of notes, as a table.

    .venv/bin/python bench/variants.py CORPUS.npz [--steps 150] [VARIANT …]

CORPUS.npz is what `python -m ml prepare` wrote. Every variant starts from the same seed, in its own
process. Validation: the first 640 rows of every validation piece, told nothing.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROWS = 640
SILENT_KEYS = {"struck": slice(3, 9), "memory": slice(9, 12)}
SILENT_CLOCK = {"clock": [*range(7), *range(13, 17)], "memory": [*range(7, 13)]}
SILENT_RHYTHM = {"rhythm": slice(0, 4), "memory": slice(4, 5), "motifs": slice(5, 7)}
SILENT_MOTIFS = {"motifs": slice(None)}

# What is silenced in the inputs, fields of Architecture, fields of Settings, the optimiser.
VARIANTS = {
    "sounding keys and their ages alone": (
        ("struck", "motifs", "memory", "clock", "rhythm"), {}, {}, "adam",
    ),
    "+ when any key was struck": (("motifs", "memory", "clock", "rhythm"), {}, {}, "adam"),
    "+ clock and rhythm": (("motifs", "memory"), {}, {}, "adam"),
    "+ memory": (("motifs",), {}, {}, "adam"),
    "+ motifs: all inputs": ((), {}, {}, "adam"),
    "Muon 0.003": ((), {}, {"peak_rate": 0.003}, "muon"),
    "Muon 0.006": ((), {}, {"peak_rate": 0.006}, "muon"),
    "Adam 0.004": ((), {}, {"peak_rate": 0.004}, "adam"),
    "256 units": ((), {"units": 256}, {}, "adam"),
    "32 shared units a key": ((), {"around_units": 32}, {}, "adam"),
    "96 lanes of 40 rows": ((), {}, {"lanes": 96, "window": 40}, "adam"),
}  # fmt: skip


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("corpus", type=Path)
    parser.add_argument("variants", nargs="*", default=list(VARIANTS), metavar="VARIANT")
    parser.add_argument("--steps", type=int, default=150)
    parser.add_argument("--alone", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.alone:
        train(options.corpus, options.variants[0], options.steps)
        return
    print("| variant | parameters | notes | minutes | shift | key | velocity | nats per note |")
    print("|---|---|---|---|---|---|---|---|", flush=True)
    for name in options.variants:
        subprocess.run(
            [
                sys.executable,
                __file__,
                options.corpus,
                name,
                "--alone",
                "--steps",
                str(options.steps),
            ],
            check=True,
            env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"},
        )


def train(corpus_file, name, steps):
    sys.path.insert(0, str(Path(__file__).parent.parent))
    import keras

    from ml import features, training
    from ml.architecture import Architecture
    from ml.corpus import Corpus

    silenced, sizes, changes, optimizer = VARIANTS[name]
    heard = features.inputs

    def inputs(moment):
        told = heard(moment)
        for what in silenced:
            told.keys[..., SILENT_KEYS.get(what, slice(0))] = 0
            told.clock[..., SILENT_CLOCK.get(what, [])] = 0
            told.rhythm[..., SILENT_RHYTHM.get(what, slice(0))] = 0
            told.motifs[..., SILENT_MOTIFS.get(what, slice(0))] = 0
        return told

    features.inputs = inputs
    if optimizer == "muon":
        training.optimizer = lambda settings: keras.optimizers.Muon(
            settings.peak_rate, exclude_layers=["_head"], adam_lr_ratio=0.002 / settings.peak_rate,
            weight_decay=0.0, adam_weight_decay=0.0, clipnorm=1.0,
        )  # fmt: skip
    corpus = Corpus.load(corpus_file)
    settings = training.Settings(
        **{"minutes": 600.0, "lanes": 48, "window": 80, "validate_rows": ROWS, **changes},
        most_steps=steps,
    )
    architecture = Architecture(styles=corpus.styles(), **{"units": 384, **sizes})
    with tempfile.TemporaryDirectory() as folder:
        run = training.Run(corpus, Path(folder), architecture, settings)
        found = []
        began = time.monotonic()
        run.train(found.append)
        minutes = (time.monotonic() - began) / 60
    last = found[-1]
    nats = " | ".join(f"{last['validation'][field]:.2f}" for field in last["validation"])
    print(
        f"| {name} | {run.network.count_params():,} | {last['notes']:,} "
        f"| {last['seconds'] / 60:.1f} | {nats} | {last['validation_nats']:.2f} |",
        flush=True,
    )
    print(f"{minutes:.1f} minutes with validation", file=sys.stderr)


if __name__ == "__main__":
    main()
