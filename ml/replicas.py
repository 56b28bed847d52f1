"""Processes that learn side by side: each hears its share of the music, all have the same weights.

Data parallelism: every replica finds the gradient of its own windows on a single thread, and their
mean is that of all lanes together. On a few cores this is quicker than one process with as many
threads, which share each of many small sums and wait for each other after it.
"""

import multiprocessing
import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import NamedTuple

import keras
import numpy as np

from ml.windows import ahead

GONE = "One of the processes that learn was ended from outside; there may be too little memory."
ONLY_TENSORFLOW = "Several processes learn with Keras on TensorFlow only."
# One thread each, or they would wait for each other within every sum. Read when numpy is imported.
ONE_THREAD = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "TF_CPP_MIN_LOG_LEVEL": "3"}


class Share(NamedTuple):
    """What a replica is made of; it travels to another process."""

    make_trainer: Callable  # lanes -> trainer.Trainer
    make_windows: Callable  # rank, replicas -> windows.Windows
    rank: int
    replicas: int


class Replicas:
    """Processes that share the lanes among them, until `close`."""

    def __init__(self, make_trainer: Callable, make_windows: Callable, replicas: int, size: int):
        """`size`: how many numbers the trainable weights are. The two makers can be pickled."""
        if keras.backend.backend() != "tensorflow":
            raise ValueError(ONLY_TENSORFLOW)
        context = multiprocessing.get_context("spawn")  # TensorFlow does not survive a fork
        shared = context.RawArray("f", size * (replicas + 1))
        self.weights, *self.gradients = _vectors(shared, replicas)
        self.processes, self.ends = [], []
        with _environment(ONE_THREAD):
            for rank in range(replicas):
                end, other = context.Pipe()
                share = Share(make_trainer, make_windows, rank, replicas)
                process = context.Process(target=_learn, args=(share, shared, other), daemon=True)
                process.start()
                other.close()  # so that the end of the process is the end of the pipe
                self.processes.append(process)
                self.ends.append(end)

    def step(self, weights: np.ndarray) -> tuple[np.ndarray, np.ndarray, int]:
        """The next windows of all lanes, heard with `weights` (size,) float32.

        Returns their mean gradient (size,), nats per note by field (3,), and how many rows they
        were. Raises ValueError if a replica has been ended from outside.
        """
        self.weights[:] = weights
        try:
            for end in self.ends:
                end.send(None)
            found = [end.recv() for end in self.ends]
        except (EOFError, ConnectionError):
            raise ValueError(GONE) from None
        rows = np.array([rows for _, rows in found], np.float32)
        shares = rows / max(rows.sum(), 1)
        mean = sum(share * one for share, one in zip(shares, self.gradients, strict=True))
        return mean, shares @ np.array([nats for nats, _ in found]), int(rows.sum())

    def close(self) -> None:
        """End the processes."""
        for process in self.processes:
            process.terminate()
        for process in self.processes:
            process.join()


def _learn(share, shared, end):
    """What a replica does: gradients, whenever it is asked, until nobody asks any more."""
    import tensorflow as tf

    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the one that asks
    tf.config.threading.set_intra_op_parallelism_threads(1)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    weights, *gradients = _vectors(shared, share.replicas)
    windows = share.make_windows(share.rank, share.replicas)
    trainer = share.make_trainer(windows.lanes)
    variables = trainer.trainable_variables

    @tf.function
    def gradient(inputs, rows, sample_weight):
        with tf.GradientTape() as tape:
            loss = trainer.compute_loss(inputs, rows, trainer(inputs), sample_weight)
        return [tf.convert_to_tensor(found) for found in tape.gradient(loss, variables)]

    # The pipe breaks when the one that asks is ended from outside.
    with suppress(EOFError, ConnectionError):
        for inputs, rows, sample_weight in ahead(windows):
            end.recv()
            for variable, part in zip(variables, parted(variables, weights), strict=True):
                variable.assign(part)
            found = gradient(inputs, rows, sample_weight)
            np.concatenate([np.ravel(one) for one in found], out=gradients[share.rank])
            nats = [float(mean.result()) for mean in trainer.field_means]
            trainer.reset_metrics()
            end.send((nats, int(sample_weight.sum())))


def gather(variables) -> np.ndarray:
    """The numbers of all variables in one row, (size,) float32."""
    return np.concatenate([np.ravel(variable) for variable in variables])


def parted(variables, numbers: np.ndarray) -> Iterator[np.ndarray]:
    """The numbers of each variable, in its shape; the inverse of `gather`."""
    ends = np.cumsum([np.prod(variable.shape, dtype=int) for variable in variables])
    for variable, part in zip(variables, np.split(numbers, ends[:-1]), strict=True):
        yield part.reshape(variable.shape)


def _vectors(shared, replicas):
    """The weights, then the gradient of each replica; each (size,) float32."""
    return np.frombuffer(shared, np.float32).reshape(replicas + 1, -1)


@contextmanager
def _environment(added):
    before = os.environ.copy()
    os.environ.update(added)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)
