"""One attempt at a training, its child replaced by one that leaves what a training leaves."""

import hashlib
import json
from pathlib import Path

import pytest

from generator import labour, shipped, training
from generator.models import DataSet, Evaluation, TaskStatus, TrainedModel, TrainingRun
from generator.queueing import StoppedError
from generator.tasks import StopAskedError, TaskError
from ml.__main__ import main
from tests.ml.pieces import small_corpus
from tests.ml.tiny import write_tiny_model

FIELDS = ("shift", "key", "velocity")
SUMMARY = {
    "pieces": {"train": 8, "validation": 2},
    "notes": {"train": 480, "validation": 120},
    "split_by": "work: a tenth of the works",
}


class Child:
    """In the place of labour.run: `python -m ml card` is the real one, a training is made up."""

    def __init__(self):
        self.commands, self.limits, self.nats, self.seed = [], set(), [9.0, 8.0], 0
        self.ending = None  # raised at the end, when all is put down

    def __call__(self, arguments, folder, watch, *, cores, memory):
        self.commands.append(arguments)
        self.limits.add((cores, memory))
        watch({})
        if arguments[0] == "card":
            assert main(arguments) == 0
            return ""
        for step, nats in enumerate(self.nats, 1):
            leave_validation(folder, step, nats)
            watch({"what": "Training", "share": step / 10, "step": step})
        if self.nats:
            write_tiny_model(folder / "best.keras", seed=self.seed)
        if self.ending:
            raise self.ending
        return ""

    def told(self, name):
        """What the last training was told by --name; None: nothing."""
        words = next(words for words in reversed(self.commands) if words[0] == "train")
        return words[words.index(f"--{name}") + 1] if f"--{name}" in words else None


def leave_validation(folder, step, nats):
    fields = dict.fromkeys(FIELDS, nats / 3)
    line = {"step": step, "notes": 100 * step, "seconds": 30 * step, "passes": step / 5}
    line |= {"train": fields, "train_nats": nats, "validation": fields, "validation_nats": nats}
    with (folder / "history.jsonl").open("a") as lines:
        lines.write(json.dumps(line) + "\n")
    made_with = {"command": "python -m ml train corpus.npz", "revision": "abc"}
    settings = {"settings": {"minutes": 60}, "architecture": {}, "made_with": made_with}
    (folder / "settings.json").write_text(json.dumps(settings))


@pytest.fixture
def child(monkeypatch):
    child = Child()
    monkeypatch.setattr(labour, "run", child)
    return child


@pytest.fixture
def music(db):
    made = DataSet.objects.create(
        name="Walks", source="walks.zip", licence="CC0 1.0", attribution="Ann Author, 2026.",
        url="https://example.org/walks", status=TaskStatus.DONE, summary=SUMMARY,
    )  # fmt: skip
    made.folder.mkdir(parents=True)
    small_corpus().save(made.corpus)
    return made


@pytest.fixture
def run(music, dora):
    """A queued training of dora's."""
    return TrainingRun.objects.create(name="Evening walks", data_set=music, created_by=dora)


def attempt(run):
    training.train(run.pk, run.attempt)
    run.refresh_from_db()


# To the end


def test_a_training_becomes_a_draft_with_its_card(child, run, settings):
    attempt(run)
    assert (run.status, run.error) == (TaskStatus.DONE, "")
    model = run.models.get()
    assert (model.name, model.is_draft, model.is_shipped) == ("Evening walks", True, False)
    path = Path(settings.MODELS_ROOT) / model.file.name
    assert model.file.name == f"evening-walks-{model.sha256[:8]}.keras"
    assert model.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    assert model.size == path.stat().st_size
    assert [slug for slug, name in model.styles] == ["chopin", "bach"]
    assert model.figures == {"nats_per_note": 8.0, "by_field": dict.fromkeys(FIELDS, 8 / 3)}
    assert [point["step"] for point in model.card["history"]] == [1, 2]
    assert model.card["name"] == "Evening walks"
    assert model.card["trained"]["command"] == "python -m ml train corpus.npz"
    assert model.card["tables"][0][1][:2] == ["Evening walks", "8.00"]
    assert not list(path.parent.glob("*.part"))


def test_its_licence_and_credit_are_those_of_the_music(child, run):
    attempt(run)
    model = run.models.get()
    assert model.licence == "CC0 1.0"
    assert model.credit == "Trained on Walks (CC0 1.0): Ann Author, 2026."
    assert model.training_data == "Walks, training split: 8 pieces of 2 works, 0.00 M notes"
    assert model.card["data_url"] == "https://example.org/walks"
    assert model.card["split"]["by"] == "work: a tenth of the works"


def test_it_is_to_be_measured_on_the_same_music(child, run, dora):
    attempt(run)
    measuring = Evaluation.objects.get()
    assert (measuring.model, measuring.data_set) == (run.models.get(), run.data_set)
    assert (measuring.status, measuring.created_by) == (TaskStatus.QUEUED, dora)


def test_the_row_tells_progress_and_curve(child, run):
    attempt(run)
    assert run.progress["step"] == 2
    assert [point["validation_nats"] for point in run.history] == [9.0, 8.0]
    assert run.history[1]["passes"] == 0.4


def test_the_child_is_told_what_was_asked_for(child, run, settings):
    settings.TRAINING_CORES, settings.TRAINING_MEMORY = 3, 700
    TrainingRun.objects.update(units=96, minutes=30, epochs=5, seed=11)
    attempt(run)
    wanted = {"units": "96", "minutes": "30", "epochs": "5", "seed": "11", "from": None}
    assert {name: child.told(name) for name in wanted} == wanted
    assert child.told("checkpoint-minutes") == "1"
    assert child.commands[0][1] == str(run.folder / "corpus.npz")
    assert child.limits == {(3, 700 * 2**20)}


def test_a_training_of_days_is_not_measured_all_the_time(child, run):
    TrainingRun.objects.update(minutes=30 * 24 * 60, epochs=None)
    attempt(run)
    assert child.told("validate-minutes") == "216.0"
    assert child.told("epochs") is None


def test_a_name_that_is_taken_gets_a_number(child, run, trained_model):
    TrainingRun.objects.update(name="Concert")
    attempt(run)
    assert run.models.get().name == "Concert 2"


def test_a_name_of_signs_alone_still_gives_a_file(child, run):
    TrainingRun.objects.update(name="?" * 80)
    attempt(run)
    assert run.models.get().file.name.startswith("model-")
    assert len(run.models.get().name) <= 80


def test_the_same_weights_are_one_model(child, run):
    attempt(run)
    TrainingRun.objects.update(status=TaskStatus.QUEUED)  # the worker died before it could say so
    attempt(run)
    assert run.is_done
    assert (TrainedModel.objects.count(), Evaluation.objects.count()) == (1, 1)


# Fine-tuning


@pytest.fixture
def base(weights):
    """The default model with a real file, as another data set's licence has it."""
    TrainedModel.objects.update(credit="Trained on MAESTRO.")
    weights.refresh_from_db()
    return weights


def test_a_fine_tuning_goes_on_from_the_file_and_credits_both(child, run, base):
    child.seed = 5
    TrainingRun.objects.update(base=base)
    attempt(run)
    assert child.told("from") == base.file.path
    assert child.told("units") is None
    assert float(child.told("rate")) < 1e-3
    model = run.models.get()
    assert model.licence == "CC0 1.0 and CC BY-NC-SA 4.0"
    assert model.credit.splitlines() == [
        "Trained on Walks (CC0 1.0): Ann Author, 2026.",
        "Fine-tuned from Concert (CC BY-NC-SA 4.0): Trained on MAESTRO.",
    ]
    assert model.training_data.endswith("notes, after Concert")
    assert model.card["base"]["sha256"] == base.sha256


@pytest.mark.parametrize(
    ("licence", "both"),
    [
        ("CC0 1.0", "CC0 1.0"),
        ("CC BY", "CC0 1.0 and CC BY"),
        ("long " * 24, "Several licences: see the credit"),
    ],
    ids=["the same", "another", "too long"],
)
def test_licences_of_two_kinds_of_music_are_both_named(licence, both):
    assert training.both("CC0 1.0", licence) == both


def test_a_file_that_is_another_is_not_gone_on_from(child, run, base):
    Path(base.file.path).write_bytes(b"other")
    TrainingRun.objects.update(base=base)
    attempt(run)
    assert run.is_failed
    assert "is not the one that was registered" in run.error
    assert child.commands == []


# Ended before its time


def test_a_stop_keeps_the_best_so_far(child, run):
    child.ending = StopAskedError()
    attempt(run)
    assert (run.status, run.error) == (TaskStatus.STOPPED, "")
    assert run.models.get().is_draft
    assert len(run.history) == 2


def test_a_stop_that_is_asked_for_reaches_the_child(child, run):
    def ask(arguments, folder, watch, **limits):
        TrainingRun.objects.update(stop_asked=True)
        with pytest.raises(StopAskedError):
            watch({"share": 0.1})
        raise StopAskedError

    labour.run = ask
    attempt(run)
    assert run.is_stopped
    assert run.error == "It ended before it had learnt anything."
    assert not TrainedModel.objects.exists()


def test_resumed_it_makes_another_draft_of_what_is_better(child, run):
    child.ending = StopAskedError()
    attempt(run)
    assert run.restart()
    child.ending, child.nats, child.seed = None, [7.0], 1
    attempt(run)
    assert run.is_done
    assert [model.name for model in run.models.order_by("pk")] == [
        "Evening walks",
        "Evening walks 2",
    ]
    assert child.commands[0] == child.commands[-2]  # the folder tells where to go on


def test_a_failure_is_told_in_its_own_words_and_keeps_the_best(child, run):
    child.ending = TaskError("The losses are no numbers any more.")
    attempt(run)
    assert (run.status, run.error) == (TaskStatus.FAILED, "The losses are no numbers any more.")
    assert run.models.get().is_draft


def test_too_little_music_is_told(child, run):
    child.nats, child.ending = [], TaskError("This is too little music.")
    attempt(run)
    assert run.error == "This is too little music."
    assert not TrainedModel.objects.exists()


def test_a_full_disk_is_told(child, run, monkeypatch):
    def full(source, target):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(training.shutil, "copyfile", full)
    attempt(run)
    assert run.error == "The disk of the server is full."
    assert not TrainedModel.objects.exists()


def test_weights_that_change_on_the_way_are_no_model(child, run, monkeypatch, settings):
    monkeypatch.setattr(
        training.shutil, "copyfile", lambda source, target: target.write_bytes(b"half")
    )
    attempt(run)
    assert "changed while they were copied" in run.error
    assert not TrainedModel.objects.exists()
    assert list(Path(settings.MODELS_ROOT).iterdir()) == []


def test_music_that_is_gone_is_told(child, run):
    run.data_set.corpus.unlink()
    attempt(run)
    assert "music of this data set is gone" in run.error


def test_music_that_is_checked_anew_is_not_mixed_with_the_old(child, run):
    attempt(run)
    old = run.data_set.corpus.read_bytes()
    fresh = run.data_set.folder / "fresh.npz"
    fresh.write_bytes(b"other music")
    fresh.replace(run.data_set.corpus)
    assert training.music_of(run).read_bytes() == old


def test_a_worker_that_stops_hands_it_back(child, run):
    child.ending = StoppedError()
    attempt(run)
    assert (run.status, run.attempt) == (TaskStatus.QUEUED, 2)
    assert not TrainedModel.objects.exists()


def test_an_attempt_that_is_somebody_elses_ends_without_a_word(child, run):
    def lose(arguments, folder, watch, **limits):
        TrainingRun.objects.update(token=None)
        watch({"share": 0.1})

    labour.run = lose
    attempt(run)
    assert run.is_running
    assert run.history == []


def test_shipped_models_stay_apart(child, run, trained_model):
    """A training of the same name is no successor of what came with the program."""
    TrainingRun.objects.update(name="Concert")
    attempt(run)
    assert shipped.in_use("concert", "1" * 64) is None
