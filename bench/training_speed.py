"""Rows a second of training: our LSTM layer beside Keras' own, same network, same batches.

.venv/bin/python bench/training_speed.py [--units 384] [--lanes 48] [--window 80]
"""

import argparse
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from keras import layers

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from ml import network, training
from ml.architecture import Architecture
from ml.corpus import Corpus

STEPS = 8


def main():
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--units", type=int, default=384)
    options.add_argument("--lanes", type=int, default=48)
    options.add_argument("--window", type=int, default=80)
    options = options.parse_args()
    ours = network.LSTM

    def of_keras(units, name):
        return layers.LSTM(units, return_sequences=True, return_state=True, name=name)

    for name, layer in (("keras.layers.LSTM", of_keras), ("ml.lstm.LSTM", ours)):
        network.LSTM = layer
        print(f"{name}: {rows_a_second(options):.0f} rows/s, {options}")
    network.LSTM = ours


def rows_a_second(options) -> float:
    settings = training.Settings(lanes=options.lanes, window=options.window)
    with tempfile.TemporaryDirectory() as folder:
        run = training.Run(
            random_corpus(), Path(folder), Architecture(units=options.units), settings
        )
        run.resume()
        windows = run.windows_from(1)
        batches = [next(windows) for _ in range(STEPS)]
        run.trainer.train_on_batch(*batches[0])  # compiles
        began = time.perf_counter()
        for batch in batches:
            run.trainer.train_on_batch(*batch)
        seconds = time.perf_counter() - began
    return STEPS * options.lanes * options.window / seconds


def random_corpus() -> Corpus:
    """Pieces of random notes, each key going down and up in turn: speed does not hear them."""
    rng = np.random.default_rng(1)
    pieces = 60
    keys = rng.integers(0, 88, (pieces, 1000))
    rows = np.zeros((pieces, 2000, 3), np.uint8)
    rows[:, :, 0] = rng.integers(0, 20, (pieces, 2000))
    rows[:, ::2, 1], rows[:, 1::2, 1] = keys, keys + 88
    rows[:, ::2, 2] = rng.integers(8, 24, (pieces, 1000))
    splits = np.array(["train"] * (pieces - 2) + ["validation"] * 2)
    names = np.array([""] * pieces)
    return Corpus(rows.reshape(-1, 3), np.arange(pieces + 1) * 2000, names, names, splits)


if __name__ == "__main__":
    main()
