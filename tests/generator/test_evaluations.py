"""Measuring a model, once in earnest; in the other tests what would measure is told."""

import json

import pytest

from generator import evaluations, labour
from generator.models import DataSet, Evaluation, TaskStatus, TrainedModel, TrainingRun
from ml.composer import Composer
from ml.evaluation import Folder, foretell
from tests.ml.pieces import small_corpus

FIGURES = {
    "nats_per_note": 9.1234,
    "by_field": {"shift": 3.0, "key": 4.0, "velocity": 2.1},
    "corrections": {"shift": 0.0234},
    "notes": 120,
    "files": 2,
    "notes_per_second": 1500,
}


@pytest.fixture
def data_set(db):
    made = DataSet.objects.create(name="Walks", status=TaskStatus.DONE)
    made.folder.mkdir(parents=True)
    small_corpus(train=3, validation=2, notes=200).save(made.corpus)
    return made


@pytest.fixture
def evaluation(weights, data_set):
    TrainedModel.objects.update(is_shipped=False, card={"name": "tiny", "figures": {}})
    return Evaluation.objects.create(model=weights, data_set=data_set)


@pytest.fixture
def asked(monkeypatch):
    """In the place of labour.run: what it is asked for, and what it then prints."""
    found = {"report": None}

    def run(arguments, folder, watch, **bounds):
        found.update(arguments=arguments, folder=folder, bounds=bounds)
        folder.mkdir(parents=True)
        (folder / "printed").write_text("all of it")
        return json.dumps(found["report"])

    monkeypatch.setattr(labour, "run", run)
    return found


def learnt_from(evaluation, data_set):
    """Let the model be one that was trained here."""
    run = TrainingRun.objects.create(name="tiny", data_set=data_set, status=TaskStatus.DONE)
    TrainedModel.objects.filter(pk=evaluation.model_id).update(run=run)


def evaluate(evaluation):
    evaluations.evaluate(evaluation.pk, 1)
    return Evaluation.objects.get(pk=evaluation.pk)


def model_of(evaluation):
    return TrainedModel.objects.get(pk=evaluation.model_id)


def test_a_model_is_measured_by_the_programs_own_code(evaluation, data_set, weights, settings):
    settings.EVALUATION_PIECES = 2
    learnt_from(evaluation, data_set)
    row = evaluate(evaluation)
    assert (row.status, row.error) == (TaskStatus.DONE, "")
    by_hand = foretell(Composer.open(weights.file.path), Folder.read(data_set.corpus))
    assert row.report["nats_per_note"] == by_hand["nats_per_note"]
    assert row.report["composed"]["pieces"] == 2
    assert row.report["baselines"].keys() == {"unigram", "markov_2"}
    assert row.report["copying"].keys() >= {"exact_16", "flagged"}
    assert "samples" not in row.report
    heads = [table[0][0] for table in row.tables]
    assert heads[0] == "model"
    assert "of 2 composed pieces" in heads
    assert row.progress["what"] == "Comparing with people"
    assert model_of(row).figures["nats_per_note"] == by_hand["nats_per_note"]
    assert sorted(path.name for path in row.folder.iterdir()) == ["log", "progress.json"]


# What is asked for


def test_it_is_bounded_and_asked_for_all_figures(evaluation, asked, settings):
    settings.EVALUATION_PIECES, settings.TRAINING_CORES, settings.TRAINING_MEMORY = 20, 3, 700
    asked["report"] = FIGURES | {"sha256": evaluation.model.sha256, "model": "tiny-12345678.keras"}
    assert evaluate(evaluation).is_done
    assert asked["arguments"] == [
        "evaluate",
        str(evaluation.data_set.corpus),
        "--model",
        evaluation.model.file.path,
        "--samples",
        "20",
        "--baselines",
        "--json",
    ]
    assert asked["bounds"] == {"cores": 3, "memory": 700 * 2**20}
    assert asked["folder"] == evaluation.folder


def test_its_tables_and_remarks_are_in_words(evaluation, asked):
    asked["report"] = FIGURES | {"sha256": evaluation.model.sha256, "model": "tiny-12345678.keras"}
    row = evaluate(evaluation)
    assert row.tables[0][1][:2] == ["Concert", "9.12"]
    assert "120 notes of 2 performances" in row.report["remarks"][0]


# Whose figures they are


@pytest.mark.parametrize("whose", ["own", "other", "nobody's"])
def test_only_figures_of_its_own_data_become_the_models(evaluation, data_set, asked, whose):
    asked["report"] = FIGURES | {"sha256": evaluation.model.sha256, "model": "tiny.keras"}
    if whose != "nobody's":
        other = DataSet.objects.create(name="Other", status=TaskStatus.DONE)
        learnt_from(evaluation, data_set if whose == "own" else other)
    row = evaluate(evaluation)
    model = model_of(row)
    assert row.report["nats_per_note"] == 9.1234
    assert row.is_of_own_data == (whose == "own")
    if whose == "own":
        assert (model.figures["nats_per_note"], model.figures["notes_per_second"]) == (9.1234, 1500)
        assert model.card["figures"]["by_field"]["key"] == 4
        assert model.card["name"] == "tiny"
        assert "remarks" not in model.card["figures"]
    else:
        assert (model.figures, model.card["figures"]) == ({}, {})


# What goes wrong


def test_a_file_that_is_not_the_registered_one_is_not_measured(evaluation, asked):
    TrainedModel.objects.update(sha256="f" * 64)
    row = evaluate(evaluation)
    assert row.is_failed
    assert "is not the one that was registered" in row.error
    assert "arguments" not in asked


def test_a_file_that_changes_meanwhile_is_noticed(evaluation, asked):
    asked["report"] = FIGURES | {"sha256": "f" * 64, "model": "tiny.keras"}
    row = evaluate(evaluation)
    assert row.error == "The file of the model was changed while it was measured."


def test_music_that_is_gone_is_told(evaluation, asked):
    evaluation.data_set.corpus.unlink()
    assert evaluate(evaluation).error == "The music of the data set “Walks” is missing."
    assert "arguments" not in asked


# While it goes on


def test_progress_is_of_the_whole():
    told = [
        evaluations.of_the_whole({"what": what, "share": share})["share"]
        for what in evaluations.STAGES
        for share in (0, 0.5, 1)
    ]
    assert told == sorted(told)
    assert (told[0], told[-1]) == (0, 1)
    assert evaluations.of_the_whole({}) == {}
    assert evaluations.of_the_whole({"what": "Reading files", "share": 1})["share"] == 0


def test_a_person_may_stop_it(evaluation, asked, monkeypatch):
    def run(arguments, folder, watch, **bounds):
        watch({"what": "Measuring", "share": 0.5})
        Evaluation.objects.get(pk=evaluation.pk).stop()
        watch({"what": "Measuring", "share": 0.6})

    monkeypatch.setattr(labour, "run", run)
    row = evaluate(evaluation)
    assert (row.status, row.report, row.tables) == (TaskStatus.STOPPED, {}, [])


def test_deleted_meanwhile_it_is_nobodys(evaluation, monkeypatch):
    def run(arguments, folder, watch, **bounds):
        Evaluation.objects.all().delete()
        watch({"what": "Measuring", "share": 0.5})

    monkeypatch.setattr(labour, "run", run)
    evaluations.evaluate(evaluation.pk, 1)
    assert not Evaluation.objects.exists()
