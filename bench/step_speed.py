"""Seconds of a training step, with the LSTM layer of `ml/lstm.py` and with Keras' own.

.venv/bin/python bench/step_speed.py CORPUS.npz

CORPUS.npz is what `python -m ml prepare` wrote. Both train the same network on one batch, over and
over, each in a process of its own.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

STEPS = 8


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("corpus", type=Path)
    parser.add_argument("--layer", choices=["ours", "keras"], help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.layer:
        print(f"{options.layer}: {measure(options.corpus, options.layer):.2f} s a step", flush=True)
        return
    for layer in ("ours", "keras"):
        command = [sys.executable, __file__, options.corpus, "--layer", layer]
        subprocess.run(command, check=True, env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"})


def measure(corpus_file, layer):
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
    import keras

    from ml import lstm, network, training
    from ml.architecture import Architecture
    from ml.corpus import Corpus

    class OfKeras(lstm.LSTM):
        """The same weights, in Keras' own loop."""

        def call(self, inputs, state, given=None):
            if given is not None:
                inputs = keras.ops.concatenate([inputs, given], axis=-1)
            cell = keras.layers.LSTMCell(self.units)
            cell.built = True
            cell.kernel, cell.recurrent_kernel, cell.bias = self.kernel, self.recurrent, self.bias
            outer = keras.layers.RNN(cell, return_sequences=True, return_state=True)
            return outer(inputs, initial_state=state)

    if layer == "keras":
        network.LSTM = OfKeras
    corpus = Corpus.load(corpus_file)
    settings = training.Settings(lanes=48, window=80)
    architecture = Architecture(units=384, styles=corpus.styles())
    with tempfile.TemporaryDirectory() as folder:
        run = training.Run(corpus, Path(folder), architecture, settings)
        run.resume()
        batch = next(run.windows_from(1))
        for _ in range(2):  # compiles
            run.trainer.train_on_batch(*batch)
        began = time.perf_counter()
        for _ in range(STEPS):
            run.trainer.train_on_batch(*batch)
        return (time.perf_counter() - began) / STEPS


if __name__ == "__main__":
    main()
