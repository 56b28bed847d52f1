import json
import shutil

import numpy as np
import pytest

from ml import likelihood, weights
from ml.composer import Composer, Request
from ml.encoding import FIELDS
from ml.forward import Forward
from tests.ml.feeding import inputs_of, part
from tests.ml.pieces import small_corpus, walks
from tests.ml.tiny import tiny_architecture

STEPS = 120
CHOPIN = (("chopin", "Frédéric Chopin"),)


def settings(**options):
    from ml.training import Settings

    plain = {"minutes": 5, "most_steps": STEPS, "lanes": 10, "window": 6, "peak_rate": 1e-2}
    return Settings(**plain | options)


def run_in(folder, **options):
    from ml.training import Run

    return Run(small_corpus(), folder, tiny_architecture(CHOPIN), settings(**options))


def stop(progress):
    raise KeyboardInterrupt


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A training that was stopped, taken up again and finished: the folder and what was told."""
    folder = tmp_path_factory.mktemp("run")
    first = run_in(folder)
    with pytest.raises(KeyboardInterrupt):
        first.train(stop)
    at_stop = []
    first.put_down(at_stop.append)
    between = run_in(folder)
    between.resume()
    second = run_in(folder)
    news = []
    best = second.train(news.append)
    runs = {"first": first, "between": between, "second": second, "at_stop": at_stop}
    return runs | {"folder": folder, "news": news, "best": best}


def test_it_learns(trained):
    from ml.network import Network
    from ml.trainer import arrays

    untrained = Network(tiny_architecture(CHOPIN))
    untrained.build()
    corpus = small_corpus()
    asked = [corpus.piece(i) for i in corpus.of_split("validation")]
    at_first = likelihood.measure(Forward(untrained.architecture, arrays(untrained)), asked)
    learnt = likelihood.measure(Forward(*weights.read(trained["best"])), asked)
    assert at_first.nats_per_note > 20
    assert learnt.nats_per_note < at_first.nats_per_note - 8
    assert learnt.nats_per_note == pytest.approx(trained["second"].best)


def test_its_best_weights_compose(trained):
    composer = Composer.open(trained["best"])
    assert trained["best"] == trained["folder"] / "best.keras"
    assert composer.styles == CHOPIN
    assert composer.compose(Request(seconds=10, seed=1, style="chopin")).seconds > 8


def test_a_checkpoint_is_taken_up_whole(trained):
    first, between = trained["first"], trained["between"]
    assert between.steps == first.steps
    assert between.elapsed == first.elapsed
    assert between.smooth.tolist() == first.smooth.tolist()
    kept = [*first.trainer.weights, *first.optimizer.variables]
    found = [*between.trainer.weights, *between.optimizer.variables]
    assert len(kept) > 60
    for a, b in zip(kept, found, strict=True):
        assert np.array_equal(a, b), a.path


def test_it_goes_on_at_the_step_where_it_stopped(trained):
    assert 0 < trained["first"].steps < STEPS
    assert trained["second"].steps == STEPS
    assert int(trained["second"].optimizer.iterations) == STEPS
    assert trained["second"].rows > trained["first"].rows


def test_it_does_no_step_more_when_it_is_done(trained):
    again = run_in(trained["folder"])
    told = []
    assert again.train(told.append) == trained["best"]
    assert again.steps == STEPS
    assert [news["share"] for news in told] == [1.0]
    assert (trained["folder"] / "history.jsonl").read_text().count('"share": 1.0') == 1
    for a, b in zip(again.trainer.weights, trained["second"].trainer.weights, strict=True):
        assert np.array_equal(a, b)


def test_history_tells_every_validation(trained):
    lines = (trained["folder"] / "history.jsonl").read_text().splitlines()
    last = json.loads(lines[-1])
    assert last["step"] == STEPS
    assert last["share"] == 1
    assert last["validation"].keys() == last["train"].keys() == set(FIELDS)
    assert last["validation_nats"] == pytest.approx(trained["second"].best, abs=1e-3)
    assert last["notes"] == pytest.approx(STEPS * 10 * 6 / 2, rel=0.2)


def test_settings_and_architecture_are_kept(trained):
    kept = json.loads((trained["folder"] / "settings.json").read_text())
    assert kept["settings"]["peak_rate"] == 1e-2
    assert kept["architecture"]["units"] == 16
    assert kept["architecture"]["styles"] == [["chopin", "Frédéric Chopin"]]


def test_nothing_half_written_is_left(trained):
    assert {path.name for path in trained["folder"].iterdir()} == {
        "best.keras",
        "checkpoint.npz",
        "history.jsonl",
        "settings.json",
    }


def test_progress_tells_share_and_time_left(trained):
    shares = [news["share"] for news in trained["news"]]
    assert shares == sorted(shares)
    assert shares[-1] == 1
    assert trained["news"][-1]["seconds_left"] == 0


def test_a_checkpoint_of_another_size_is_a_value_error(trained):
    from ml.architecture import Architecture
    from ml.training import Run

    other = Run(small_corpus(), trained["folder"], Architecture(units=8), settings())
    with pytest.raises(ValueError, match="network of another size"):
        other.resume()


def test_it_begins_with_weights_that_were_learnt_before(trained, tmp_path):
    from ml.trainer import arrays
    from ml.training import Run

    architecture, learnt = weights.read(trained["best"])
    run = Run(small_corpus(), tmp_path, architecture, settings(), learnt)
    run.resume()
    assert run.steps == 0
    for name, array in arrays(run.network).items():
        assert np.array_equal(array, learnt[name]), name


def test_a_checkpoint_goes_before_weights_to_begin_with(trained):
    from ml.trainer import arrays
    from ml.training import Run

    architecture, learnt = weights.read(trained["best"])
    other = {name: array + 1 for name, array in learnt.items()}
    run = Run(small_corpus(), trained["folder"], architecture, settings(), other)
    run.resume()
    assert run.steps == STEPS
    assert not np.array_equal(arrays(run.network)["lower/vars/0"], other["lower/vars/0"])


def test_a_stop_before_the_first_step_leaves_nothing(tmp_path):
    run_in(tmp_path).checkpoint()
    run = run_in(tmp_path)
    run.resume()
    run.put_down(print)
    assert list(tmp_path.iterdir()) == []


def test_what_is_stopped_before_its_first_validation_is_measured(trained):
    assert [news["step"] for news in trained["at_stop"]] == [trained["first"].steps]
    assert trained["at_stop"][0]["validation_nats"] == pytest.approx(
        trained["first"].best, abs=1e-3
    )


def test_epochs_are_passes_through_the_training_rows(tmp_path):
    run = run_in(tmp_path, most_steps=0, most_epochs=2)
    assert run.epoch_rows == 8 * 120
    run.rows, run.steps, run.smooth = 1440, 30, np.ones(3)
    assert run.share() == 0.75
    told = run._progress()
    assert (told["epoch"], told["epochs"], told["passes"]) == (2, 2, 1.5)
    assert (told["batch"], told["batches"]) == (10, 20)
    run.rows, run.steps = 1920, 40
    told = run._progress()
    assert (told["share"], told["epoch"], told["batch"]) == (1, 2, 20)


def test_validations_come_with_the_share_but_take_no_more_than_a_third(monkeypatch):
    from ml import training

    now = [0.0]
    monkeypatch.setattr(training.time, "monotonic", lambda: now[0])
    looks = training.Looks(settings(validations=20, validate_minutes=1), 0.0)
    assert not looks.is_due(0.04)
    assert looks.is_due(0.05)
    now[0] = 5
    looks.looked(0.05)
    now[0] = 14
    assert not looks.is_due(0.2)
    now[0] = 15
    assert looks.is_due(0.2)
    looks.looked(0.2)
    now[0] = 76
    assert looks.is_due(0.2)


def nans(run):
    """Spoil the network, as a step too far would."""
    from ml.trainer import arrays, assign

    assign(run.network, {name: array * np.nan for name, array in arrays(run.network).items()})


def test_losses_that_are_no_numbers_end_it_and_keep_the_best(trained, tmp_path):
    folder = shutil.copytree(trained["folder"], tmp_path / "run")
    kept = {path: path.read_bytes() for path in folder.iterdir()}
    run = run_in(folder)
    run.resume()
    nans(run)
    for spoilt in (run.checkpoint, run._validate):
        with pytest.raises(ValueError, match="best weights until then are kept"):
            spoilt()
    with pytest.raises(ValueError, match="no numbers any more"):
        run._count(np.full(3, np.nan), 60, 0.1)
    assert kept == {path: path.read_bytes() for path in folder.iterdir()}


def test_a_validation_younger_than_the_checkpoint_is_still_the_best(trained, tmp_path):
    """The worker was killed between the two, and in the midst of a line."""
    entry = {"step": 500, "validation_nats": 0.5}
    (tmp_path / "history.jsonl").write_text(json.dumps(entry) + '\n{"step": 5')
    run = run_in(tmp_path)
    run.resume()
    assert run.best == 0.5
    assert (tmp_path / "history.jsonl").read_text() == json.dumps(entry) + "\n"


def test_a_corpus_without_validation_is_a_value_error(tmp_path):
    from ml.training import Run

    corpus = small_corpus(train=4, validation=0)
    with pytest.raises(ValueError, match="others to validate by"):
        Run(corpus, tmp_path, tiny_architecture(CHOPIN), settings())


@pytest.mark.parametrize(
    "wrong",
    [{"minutes": 0}, {"minutes": -5}, {"lanes": 0}, {"window": 0}, {"peak_rate": -1}],
    ids=["no time", "time run back", "no lanes", "no rows", "unlearning"],
)
def test_settings_out_of_bounds_are_a_value_error(wrong):
    with pytest.raises(ValueError, match="above 0"):
        settings(**wrong)


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"stretch": 1}, "share between 0 and 1"),
        ({"stretch": -0.1}, "share between 0 and 1"),
        ({"decay": -0.1}, "not below 0"),
        ({"decay": float("nan")}, "not below 0"),
        ({"replicas": 0}, "a lane for each"),
        ({"replicas": 11}, "a lane for each"),
    ],
    ids=[
        "no end", "time shrunk", "weights that grow", "no number", "nobody learns",
        "more processes than lanes",
    ],
)  # fmt: skip
def test_variety_decay_and_processes_out_of_bounds_are_a_value_error(wrong, words):
    with pytest.raises(ValueError, match=words):
        settings(**wrong)


def test_weights_decay_but_biases_and_tables_do_not():
    import keras

    from ml.trainer import arrays, trainer
    from ml.training import optimizer

    learner = trainer(tiny_architecture(CHOPIN), lanes=1)
    for variable in learner.trainable_variables:
        variable.assign(keras.ops.ones(variable.shape))
    before = arrays(learner.network)
    unmoved = [keras.ops.zeros(variable.shape) for variable in learner.trainable_variables]
    optimizer(settings(decay=0.5)).apply(unmoved, learner.trainable_variables)
    kept = {name: after.mean() for name, after in arrays(learner.network).items()}
    decayed = {name for name, mean in kept.items() if mean < 1}
    assert decayed == {
        name for name, values in before.items() if values.ndim > 1 and "table" not in name
    }
    assert all(kept[name] == pytest.approx(1 - 1e-2 * 0.5) for name in decayed)


@pytest.mark.parametrize(
    ("steps", "rate"),
    [
        pytest.param(0, 0.02, id="the first step"),
        pytest.param(1, 0.5, id="warming up"),
        pytest.param(2, 1, id="warm"),
        pytest.param(51, 0.5, id="half the way down"),
        pytest.param(100, 0.02, id="the end"),
    ],
)
def test_the_rate_warms_up_and_cools_down(tmp_path, steps, rate):
    run = run_in(tmp_path, most_steps=100, peak_rate=1.0)
    run.steps = steps
    assert run.rate() == pytest.approx(rate, abs=1e-6)


def test_time_or_steps_whichever_is_used_up_first_end_it(tmp_path):
    run = run_in(tmp_path, minutes=1, most_steps=100)
    run.elapsed, run.steps = 30, 10
    assert run.share() == 0.5
    run.steps = 70
    assert run.share() == 0.7
    run.elapsed = 90
    assert run.share() == 1


# The trainer


@pytest.fixture
def trainer(network):
    from ml.trainer import Trainer

    return Trainer(network, lanes=2)


def test_the_state_is_carried_from_window_to_window_and_dropped_where_another_begins(
    trainer, network
):
    rows = np.stack([piece[:40] for piece in walks([1, 2])])
    inputs = inputs_of(rows)
    first, second = part(inputs, slice(20)), part(inputs, slice(20, 40))
    trainer(first | {"keep": np.zeros((2, 1), np.float32)})
    logits = trainer(second | {"keep": np.array([[1], [0]], np.float32)})

    silence = [np.zeros((2, 16), np.float32) for _ in range(4)]
    whole, _ = network(inputs, silence)
    afresh, _ = network(second, silence)
    for got, carried, dropped in zip(logits, whole, afresh, strict=True):
        np.testing.assert_allclose(got[0], carried[0, 20:], atol=1e-4, rtol=1e-5)
        np.testing.assert_allclose(got[1], dropped[1], atol=1e-4, rtol=1e-5)


def test_the_loss_of_a_network_that_knows_nothing_is_the_logarithm_of_the_values(trainer):
    rows = np.stack([piece[:40] for piece in walks([1, 2])]).astype(np.int32)
    logits = [np.zeros((2, 40, size), np.float32) for size in (125, 176, 32)]
    weights = np.ones((2, 40), np.float32)
    weights[1, 10:] = 0
    loss = float(trainer.compute_loss(None, rows, logits, weights))
    notes = np.count_nonzero((rows[:, :, 1] < 88) & (weights == 1))
    assert loss == pytest.approx(np.log(125 * 176) + notes / 50 * np.log(32), rel=1e-5)
    told = [float(mean.result()) for mean in trainer.metrics]
    assert told == pytest.approx(
        [50 / notes * np.log(125), 50 / notes * np.log(176), np.log(32)], rel=1e-5
    )


def test_a_batch_without_any_onset_has_a_loss(trainer):
    rows = np.full((2, 5, 3), [3, 100, 0], np.int32)
    logits = [np.zeros((2, 5, size), np.float32) for size in (125, 176, 32)]
    loss = float(trainer.compute_loss(None, rows, logits, np.zeros((2, 5), np.float32)))
    assert loss == 0
