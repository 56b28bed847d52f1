import multiprocessing
import os
import signal
import subprocess
import sys
from contextlib import contextmanager
from functools import partial

import numpy as np
import pytest

from ml.encoding import KEY, KEYS
from tests.ml.pieces import small_corpus
from tests.ml.tiny import random_weights, tiny_architecture

CHOPIN = (("chopin", "Frédéric Chopin"),)
LANES = 5
KILLED = """
import os, signal
from tests.ml.test_replicas import replicas_of, trainer_of
from ml.replicas import gather
numbers = gather(trainer_of(1).trainable_variables)
with replicas_of(numbers, 2) as replicas:
    replicas.step(numbers)
    for end in replicas.ends:
        end.send(None)
    os.kill(os.getpid(), signal.SIGKILL)
"""


def settings(**options):
    from ml.training import Settings

    plain = {"minutes": 5, "most_steps": 60, "lanes": LANES, "window": 6, "peak_rate": 1e-2}
    return Settings(**plain | options)


def windows_of(rank, replicas):
    from ml.training import Variety, windows_of_share

    corpus = small_corpus()
    return windows_of_share(corpus, [0] * len(corpus), settings(), Variety(), 7, rank, replicas)


def trainer_of(lanes):
    from ml.trainer import assign, trainer

    architecture = tiny_architecture(CHOPIN)
    made = trainer(architecture, lanes)
    assign(made.network, random_weights(architecture))
    return made


@pytest.fixture(scope="module")
def weights():
    from ml.replicas import gather

    return gather(trainer_of(1).trainable_variables)


@contextmanager
def replicas_of(weights, count):
    from ml.replicas import Replicas

    replicas = Replicas(trainer_of, windows_of, count, len(weights))
    try:
        yield replicas
    finally:
        replicas.close()


def gradient(trainer, windows, weights):
    """What a replica should find, in this process: gradient, nats of each field, rows, notes."""
    import tensorflow as tf

    from ml.replicas import gather, parted

    variables = trainer.trainable_variables
    for variable, part in zip(variables, parted(variables, weights), strict=True):
        variable.assign(part)
    inputs, rows, sample_weight = next(windows)
    with tf.GradientTape() as tape:
        loss = trainer.compute_loss(inputs, rows, trainer(inputs), sample_weight)
    found = gather([tf.convert_to_tensor(one) for one in tape.gradient(loss, variables)])
    nats = [float(mean.result()) for mean in trainer.field_means]
    trainer.reset_metrics()
    return found, np.array(nats), sample_weight.sum()


def test_the_gradient_of_all_is_the_mean_over_all_their_rows(weights):
    alone = [(trainer_of(lanes), windows_of(rank, 2)) for rank, lanes in ((0, 3), (1, 2))]
    with replicas_of(weights, 2) as replicas:
        for step in range(3):
            now = weights * (1 - 0.1 * step)
            mean, nats, rows = replicas.step(now)
            found = [gradient(trainer, windows, now) for trainer, windows in alone]
            shares = np.array([count for *_, count in found])
            assert rows == shares.sum()
            shares /= shares.sum()
            expected = sum(share * one for share, (one, *_) in zip(shares, found, strict=True))
            assert np.abs(mean).max() > 0.01
            np.testing.assert_allclose(mean, expected, rtol=1e-3, atol=1e-6)
            assert nats == pytest.approx(shares @ np.array([one for _, one, _ in found]), rel=1e-4)


def test_ctrl_c_is_for_the_one_that_asks_and_an_end_from_outside_is_a_value_error(weights):
    with replicas_of(weights, 1) as replicas:
        replicas.step(weights)
        (process,) = replicas.processes
        os.kill(process.pid, signal.SIGINT)
        assert replicas.step(weights)[2] > 0
        os.kill(process.pid, signal.SIGKILL)
        process.join()
        with pytest.raises(ValueError, match="ended from outside"):
            replicas.step(weights)


def test_they_share_the_lanes_and_the_pieces_among_them():
    corpus = small_corpus()
    shares = [windows_of(rank, 3) for rank in range(3)]
    assert [share.lanes for share in shares] == [2, 2, 1]
    pieces = [set(share.pieces.tolist()) for share in shares]
    assert set.union(*pieces) == set(corpus.of_split("train").tolist())
    assert sum(map(len, pieces)) == 8
    first, second = (next(share)[1] for share in shares[:2])
    assert not np.array_equal(first, second)
    assert (first[:, :, KEY] < KEYS).any()


def test_of_fewer_pieces_than_processes_each_hears_all():
    from ml.training import Variety, windows_of_share

    corpus = small_corpus(train=2)
    share = windows_of_share(corpus, [0] * 4, settings(), Variety(), 7, 3, 4)
    assert share.pieces.tolist() == [0, 1]


def test_a_row_of_numbers_is_parted_as_it_was_gathered():
    from ml.replicas import gather, parted

    arrays = [np.arange(6.0).reshape(2, 3), np.array([7.0]), np.array(8.0), np.ones((1, 2, 2))]
    row = gather(arrays)
    assert row.tolist() == [0, 1, 2, 3, 4, 5, 7, 8, 1, 1, 1, 1]
    for before, after in zip(arrays, parted(arrays, row), strict=True):
        assert np.array_equal(before, after)


# A whole training


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """A training in two processes, stopped and taken up again."""
    from ml.training import Run

    folder = tmp_path_factory.mktemp("run")
    made = partial(Run, small_corpus(), folder, tiny_architecture(CHOPIN), settings(replicas=2))
    first = made()

    def stop(progress):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        first.train(stop)
    first.put_down(lambda progress: None)
    second = made()
    second.train(lambda progress: None)
    assert not multiprocessing.active_children()
    return first, second


def test_a_training_in_two_processes_learns(runs):
    first, second = runs
    assert second.best < 12  # of a network that knows nothing: above 20
    assert second.best < first.best or first.steps > 40


def test_a_training_in_two_processes_is_taken_up_again(runs):
    first, second = runs
    assert 0 < first.steps <= second.steps == 60
    assert int(second.optimizer.iterations) == 60
    assert second.rows > first.rows


def test_a_training_in_two_processes_keeps_its_settings(runs):
    text = (runs[1].folder / "settings.json").read_text()
    assert '"replicas": 2' in text
    assert '"stretch": 0.0' in text


def test_replicas_end_in_silence_when_the_one_that_asks_is_killed():
    ended = subprocess.run([sys.executable, "-c", KILLED], stderr=subprocess.PIPE, timeout=120)
    assert ended.returncode == -signal.SIGKILL
    assert b"Traceback" not in ended.stderr  # which is whole when the replicas have closed it, too
