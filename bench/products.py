"""Speed of the product at the heart of an LSTM step in TensorFlow, for several numbers of units.

.venv/bin/python bench/products.py
"""

import time

import tensorflow as tf

LANES = 64
UNITS = (384, 448, 512, 640)
PRODUCTS = 10  # in one graph
ROUNDS = 20


def main():
    for units in UNITS:
        hidden = tf.random.normal((LANES, units))
        kernel = tf.random.normal((units, 4 * units))
        run = tf.function(products)
        run(hidden, kernel)
        began = time.perf_counter()
        for _ in range(ROUNDS):
            run(hidden, kernel).numpy()
        seconds = (time.perf_counter() - began) / ROUNDS / PRODUCTS
        operations = 2 * LANES * units * 4 * units
        print(f"{units} units: {seconds * 1e3:.2f} ms, {operations / seconds / 1e9:.0f} GFLOP/s")


def products(hidden, kernel):
    total = 0.0
    for step in range(PRODUCTS):
        total += tf.matmul(hidden + float(step), kernel)[0, 0]
    return total


if __name__ == "__main__":
    main()
