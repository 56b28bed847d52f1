"""Seconds of the lower LSTM layer, forward and back, in a training step: ours and Keras' own.

.venv/bin/python bench/lstm_speed.py
"""

import os
import sys
import time
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import keras
import tensorflow as tf

from ml.lstm import LSTM

LANES, WINDOW, LEARNT, GIVEN, UNITS = 48, 80, 176, 373, 384
REPEATS = 8


def seconds(call, layer, inputs):
    """The least of some runs, after one that compiles."""

    @tf.function
    def step():
        with tf.GradientTape() as tape:
            tape.watch(inputs)
            loss = tf.reduce_sum(call()[0] ** 2)
        return tape.gradient(loss, [inputs, *(weight.value for weight in layer.weights)])

    found = []
    for _ in range(REPEATS + 1):
        began = time.perf_counter()
        step()
        found.append(time.perf_counter() - began)
    return min(found[1:])


def main():
    learnt = tf.random.normal((LANES, WINDOW, LEARNT), seed=1)
    given = tf.random.normal((LANES, WINDOW, GIVEN), seed=2)
    state = [tf.zeros((LANES, UNITS))] * 2
    theirs = keras.layers.LSTM(UNITS, return_sequences=True, return_state=True)
    theirs.build((None, WINDOW, LEARNT + GIVEN))
    ours = LSTM(UNITS, given=GIVEN)
    ours.build((None, WINDOW, LEARNT))

    def keras_layer():
        return theirs(tf.concat([learnt, given], -1), initial_state=state)

    print(f"keras.layers.LSTM: {seconds(keras_layer, theirs, learnt):.2f} s")
    print(f"ml.lstm.LSTM: {seconds(lambda: ours(learnt, state, given), ours, learnt):.2f} s")


if __name__ == "__main__":
    main()
