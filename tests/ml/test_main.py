import errno
import json
from dataclasses import replace

import numpy as np
import pytest

from ml import weights
from ml.__main__ import main
from ml.architecture import REPRESENTATION, WITHOUT_MOTIFS
from ml.corpus import Corpus
from tests.ml.pieces import small_corpus, write_csv, write_folder, write_maestro
from tests.ml.tiny import random_weights, tiny_architecture, write_model, write_tiny_model

FIELDS = {"shift", "key", "velocity"}


@pytest.fixture(scope="module")
def maestro(tmp_path_factory):
    """A folder like MAESTRO's."""
    folder = tmp_path_factory.mktemp("maestro")
    write_maestro(folder, ["train"] * 8 + ["validation"] * 2)
    return folder


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    path = tmp_path_factory.mktemp("model") / "tiny.keras"
    write_tiny_model(path)
    return path


@pytest.fixture
def say(capsys):
    """Run a command; what it printed, as JSON."""

    def say(*arguments):
        assert main([str(argument) for argument in arguments]) == 0
        return json.loads(capsys.readouterr().out)

    return say


@pytest.fixture
def fail(capsys):
    """Run a command that fails; the sentence with which it does."""

    def fail(*arguments):
        assert main([str(argument) for argument in arguments]) == 1
        printed = capsys.readouterr()
        assert printed.out == ""
        assert "Traceback" not in printed.err
        return printed.err.splitlines()[-1]

    return fail


# prepare


def test_prepare_makes_a_corpus_of_a_folder_with_a_csv(say, maestro, tmp_path):
    told = say("prepare", maestro, "--output", tmp_path / "corpus.npz")
    assert told == {
        "pieces": {"train": 8, "validation": 2},
        "rows": 10 * 120,
        "styles": ["chopin"],
        "file": str(tmp_path / "corpus.npz"),
    }
    assert len(Corpus.load(tmp_path / "corpus.npz")) == 10


def test_prepare_makes_a_corpus_of_a_folder_without_csv(say, tmp_path):
    write_folder(tmp_path / "midi", 20)
    told = say("prepare", tmp_path / "midi", "--output", tmp_path / "corpus.npz")
    assert sum(told["pieces"].values()) == 20
    assert told["pieces"].keys() == {"train", "validation"}
    assert told["styles"] == []


def test_prepare_tells_which_files_it_left_out(maestro, tmp_path, capsys):
    write_maestro(tmp_path, ["train", "train", "validation"])
    (tmp_path / "2004" / "walk-0.mid").write_text("no music")
    assert main(["prepare", str(tmp_path), "--output", str(tmp_path / "corpus.npz")]) == 0
    printed = capsys.readouterr()
    assert "Left out" in printed.err
    assert "walk-0.mid" in printed.err
    assert json.loads(printed.out)["pieces"] == {"train": 1, "validation": 1}


def test_prepare_reports_what_it_found(say, tmp_path):
    write_maestro(tmp_path, ["train", "train", "train", "validation", "test"])
    files = tmp_path / "2004"
    (files / "walk-1.mid").write_text("no music")
    (files / "walk-2.mid").write_bytes((files / "walk-0.mid").read_bytes())
    report = tmp_path / "report.json"
    say("prepare", tmp_path, "--output", tmp_path / "corpus.npz", "--report", report)
    assert json.loads(report.read_text()) == {
        "files": 5,
        "missing": 0,
        "bad": [["2004/walk-1.mid", "This is not a MIDI file."]],
        "duplicates": [["2004/walk-2.mid", "2004/walk-0.mid"]],
        "pieces": {"train": 1, "validation": 1, "test": 1},
        "notes": {"train": 60, "validation": 60, "test": 60},
        "hours": 0.01,  # three times 12 s
        "works": 3,
        "composers": [["Frédéric Chopin", 3]],
        "split_by": "by its csv",
        "on_both_sides": 0,
    }


def test_prepare_reports_bad_files_though_nothing_can_be_learnt(fail, tmp_path):
    (tmp_path / "a.mid").write_text("no music")
    report = tmp_path / "report.json"
    fail("prepare", tmp_path, "--output", tmp_path / "corpus.npz", "--report", report)
    told = json.loads(report.read_text())
    assert told["bad"] == [["a.mid", "This is not a MIDI file."]]
    assert (told["files"], told["pieces"]) == (1, {})


# train, evaluate, card


def test_from_a_folder_to_a_card(say, maestro, tmp_path):
    run, figures = tmp_path / "run", tmp_path / "figures.json"
    small = ["--units", 8, "--lanes", 2, "--window", 4]
    trained = say("train", maestro, "--output", run, "--steps", 3, *small)
    assert trained["weights"] == str(run / "best.keras")
    assert weights.read_config(run / "best.keras").units == 8
    assert trained["validation_nats_per_note"] > 0

    measured = say("evaluate", maestro, "--model", run / "best.keras", "--json")
    assert measured["nats_per_note"] == pytest.approx(trained["validation_nats_per_note"], abs=1e-3)
    figures.write_text(json.dumps(measured))

    arguments = ["--run-folder", run, "--figures", figures, "--data", "maestro"]
    output = tmp_path / "concert.json"
    assert (
        main(["card", str(run / "best.keras"), *map(str, arguments), "--output", str(output)]) == 0
    )
    card = json.loads(output.read_text())
    assert card["name"] == "concert"
    assert card["licence"] == "CC BY-NC-SA 4.0"
    assert card["split"]["train"] == {"pieces": 8, "notes": 480}
    assert card["trained"]["command"]
    assert card["figures"]["nats_per_note"] == measured["nats_per_note"]
    assert card["trained"]["steps"] == 3


@pytest.mark.parametrize("spoken", [REPRESENTATION, WITHOUT_MOTIFS])
def test_a_training_goes_on_from_a_model(say, maestro, tmp_path, spoken):
    small = ["--lanes", 2, "--window", 4]
    model = tmp_path / "one.keras"
    one = replace(tiny_architecture(), representation=spoken)
    write_model(model, one, random_weights(one))
    # No more than its first validation differs: a step at the coolest rate.
    rate = ["--rate", 1e-12]
    say(
        "train", maestro, "--output", tmp_path / "two", "--steps", 1, "--from", model, *small, *rate
    )
    architecture, learnt = weights.read(tmp_path / "two" / "best.keras")
    assert architecture == tiny_architecture()
    for name, array in weights.grown(*weights.read(model))[1].items():
        np.testing.assert_allclose(learnt[name], array, atol=1e-6)


def test_a_training_stopped_by_ctrl_c_is_kept(maestro, tmp_path, monkeypatch, capsys):
    from ml.training import Run

    def stopped(self, on_progress):
        self.resume()
        self.steps, self.smooth = 7, np.zeros(3)
        raise KeyboardInterrupt

    monkeypatch.setattr(Run, "train", stopped)
    arguments = ["train", maestro, "--output", tmp_path, "--units", 8, "--lanes", 2]
    assert main([str(argument) for argument in arguments]) == 130
    assert "goes on from step 7" in capsys.readouterr().err
    assert (tmp_path / "checkpoint.npz").exists()
    assert (tmp_path / "best.keras").exists()


def test_epochs_end_a_training_of_other_music_that_gets_its_card(say, tmp_path):
    small_corpus().save(tmp_path / "corpus.npz")
    small = ["--units", 8, "--lanes", 8, "--window", 60]
    often = ["--validations", 20, "--checkpoint-minutes", 1, "--validate-minutes", 9]
    where = ["--output", tmp_path, "--progress", tmp_path / "progress.json"]
    trained = say("train", tmp_path / "corpus.npz", *where, "--epochs", 1, *small, *often)
    told = json.loads((tmp_path / "progress.json").read_text())
    assert (told["epoch"], told["epochs"], told["share"]) == (1, 1, 1)
    assert told["batch"] == told["batches"]
    assert 2 <= told["step"] <= 8

    facts = {"called": "Walks", "licence": "CC0", "credit": "Trained on Walks."}
    (tmp_path / "facts.json").write_text(json.dumps(facts))
    figures = {"sha256": weights.digest(trained["weights"]), "nats_per_note": 9}
    (tmp_path / "figures.json").write_text(json.dumps(figures))
    files = {"--facts": "facts.json", "--figures": "figures.json", "--output": "walks.json"}
    words = [word for name, file in files.items() for word in (name, str(tmp_path / file))]
    assert main(["card", trained["weights"], "--run-folder", str(tmp_path), *words]) == 0
    card = json.loads((tmp_path / "walks.json").read_text())
    assert (card["name"], card["licence"]) == ("walks", "CC0")


# evaluate


def test_evaluate_measures_what_was_not_learnt_from(say, maestro, model):
    told = say("evaluate", maestro, "--model", model, "--json")
    assert told["files"] == 2
    assert told["notes"] == 120
    assert told["by_field"].keys() == FIELDS
    assert told["nats_per_note"] == pytest.approx(
        sum(told["by_field"].values()) + sum(told["corrections"].values()), abs=1e-3
    )
    assert told["resolution"] == {"onset_ms": 10, "end_ms": 10, "velocities": 32}
    assert told["notes_per_second"] > 0
    assert told["sha256"] == weights.digest(model)
    assert "baselines" not in told
    assert "samples" not in told


def test_evaluate_measures_all_files_of_a_folder_without_csv(say, model, tmp_path):
    write_folder(tmp_path, 3)
    assert say("evaluate", tmp_path, "--model", model, "--json")["files"] == 3


def test_evaluate_reads_piano_midi_des_csv(say, model, tmp_path):
    write_folder(tmp_path / "midis", 2)
    lines = [
        {"composer": "Bach", "title": f"Walk {i}", "year": 1720, "midi": f"midis/WALK-{i}.mid"}
        for i in range(2)
    ]
    write_csv(tmp_path / "metadata.csv", lines)
    assert say("evaluate", tmp_path, "--model", model, "--json")["files"] == 2


def test_evaluate_gives_the_same_figure_again(say, maestro, model):
    one = say("evaluate", maestro, "--model", model, "--json")
    two = say("evaluate", maestro, "--model", model, "--json")
    assert one["nats_per_note"] == two["nats_per_note"]


def test_evaluate_adds_baselines(say, maestro, model):
    told = say("evaluate", maestro, "--model", model, "--json", "--baselines")
    assert 0 < told["baselines"]["markov_2"] < told["baselines"]["unigram"]


def test_baselines_of_a_folder_without_csv_are_those_of_its_halves(say, model, tmp_path):
    write_folder(tmp_path, 4)
    told = say("evaluate", tmp_path, "--model", model, "--json", "--baselines")
    assert told["baselines"].keys() == {"unigram", "markov_2"}


def test_evaluate_measures_samples(say, maestro, model):
    told = say("evaluate", maestro, "--model", model, "--json", "--samples", 2)
    assert len(told["samples"]) == 2
    for sample in told["samples"]:
        assert 58 <= sample["seconds"] <= 60
        assert sample["pattern_repeats"] <= 6
        assert sample["longest_silence"] <= 4


def test_evaluate_holds_samples_against_people(say, model, tmp_path):
    """Performances of 80 s, as arrays: the same options for a corpus as for a folder."""
    small_corpus(train=3, validation=8, notes=400).save(tmp_path / "corpus.npz")
    told = say("evaluate", tmp_path / "corpus.npz", "--model", model, "--json", "--samples", 3)
    assert told["files"] == 8
    assert told["composed"]["clips"] == 6
    assert told["people"]["clips"] == 16
    for kind in ("mgeval", "direct"):
        assert 0 <= told["overlap"][kind]["composed"]["mean"] <= 1
        assert 0 <= told["overlap"][kind]["people"]["mean"] <= 1
    assert told["copying"]["exact_16"].keys() == {"composed", "most", "people", "people_95th"}
    assert [sample["seed"] for sample in told["samples"]] == [1, 2, 3]
    assert told["samples"][0]["copying"].keys() == told["copying"].keys() - {"flagged"}


def test_people_too_few_to_compare_with_are_told_as_none(say, maestro, model):
    told = say("evaluate", maestro, "--model", model, "--json", "--samples", 1)
    assert told["overlap"] is None
    assert told["people"]["clips"] == 0


def test_evaluate_can_set_works_aside_as_prepare_does(say, model, tmp_path):
    write_folder(tmp_path, 10)
    told = say("evaluate", tmp_path, "--model", model, "--json", "--split")
    assert told["files"] == 1


def test_evaluate_without_json_is_for_reading(maestro, model, capsys):
    assert main(["evaluate", str(maestro), "--model", str(model), "--baselines"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == f"tiny.keras, SHA-256 {weights.digest(model)}"
    assert "120 notes of 2 performances" in lines[1]
    assert [line.split()[0] for line in lines[3:]] == ["model", "unigram", "markov_2", "tiny"]


def test_progress_goes_to_the_other_stream(maestro, model, capsys):
    main(["evaluate", str(maestro), "--model", str(model), "--json"])
    printed = capsys.readouterr()
    assert "Reading files: 2 of 2" in printed.err
    assert "Measuring: 100%" in printed.err
    assert len(printed.out.splitlines()) == 1


# What cannot be done


def test_an_empty_folder_is_told(fail, model, tmp_path):
    assert (
        fail("evaluate", tmp_path, "--model", model)
        == f"ml: There are no MIDI files in {tmp_path}."
    )
    assert "no MIDI files" in fail("prepare", tmp_path, "--output", tmp_path / "corpus.npz")
    assert "no MIDI files" in fail("train", tmp_path, "--output", tmp_path / "run")


def test_a_text_file_as_model_is_told(fail, maestro, tmp_path):
    (tmp_path / "model.keras").write_text("no weights")
    said = fail("evaluate", maestro, "--model", tmp_path / "model.keras")
    assert said.startswith("ml: model.keras is not a .keras file")


def test_a_model_that_is_gone_is_told(fail, maestro, tmp_path):
    said = fail("evaluate", maestro, "--model", tmp_path / "gone.keras")
    assert said.startswith("ml: There is no file")


def test_nothing_but_spoilt_files_is_told(fail, model, tmp_path):
    (tmp_path / "a.mid").write_text("no music")
    assert fail("evaluate", tmp_path, "--model", model) == "ml: None of the files could be read."


def test_of_one_piece_there_are_no_baselines(say, model, tmp_path):
    write_folder(tmp_path, 1)
    told = say("evaluate", tmp_path, "--model", model, "--json", "--baselines")
    assert told["files"] == 1
    assert "baselines" not in told


def test_a_place_that_cannot_be_written_is_told(fail, maestro, tmp_path):
    assert "No such file" in fail("prepare", maestro, "--output", tmp_path / "gone" / "corpus.npz")


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (OSError(errno.ENOSPC, "No space left on device", "best.keras"), "The disk is full."),
        (OSError("Can't write data (error message = 'No space left on device')"), "disk is full."),
        (MemoryError(), "too little memory"),
    ],
    ids=["plain", "HDF5", "memory"],
)
def test_a_machine_that_is_full_is_told(fail, tmp_path, monkeypatch, error, words):
    def full(self, path):
        raise error

    write_folder(tmp_path / "midi", 10)
    monkeypatch.setattr(Corpus, "save", full)
    assert words in fail("prepare", tmp_path / "midi", "--output", tmp_path / "corpus.npz")


@pytest.mark.parametrize("name", ["corpus.npz", "corpus"])
def test_another_file_as_corpus_is_told(fail, tmp_path, name):
    (tmp_path / name).write_text("no arrays")
    said = fail("train", tmp_path / name, "--output", tmp_path / "run")
    assert "no corpus made by `prepare`" in said


def test_no_time_to_train_is_told(fail, maestro, tmp_path):
    assert "above 0" in fail("train", maestro, "--output", tmp_path, "--minutes", 0)


def test_more_units_than_a_network_may_have_are_told(fail, maestro, tmp_path):
    assert "units lies in 1 to 2048" in fail(
        "train", maestro, "--output", tmp_path, "--units", 9999
    )


def test_figures_of_another_model_are_told(fail, model, tmp_path):
    (tmp_path / "figures.json").write_text('{"sha256": ""}')
    small_corpus().save(tmp_path / "corpus.npz")
    arguments = ["--run-folder", tmp_path, "--data", "maestro", "--output", tmp_path / "card.json"]
    said = fail("card", model, "--figures", tmp_path / "figures.json", *arguments)
    assert "not those of tiny.keras" in said
    assert "No such file" in fail("card", model, "--figures", tmp_path / "gone.json", *arguments)
    assert not (tmp_path / "card.json").exists()


@pytest.mark.parametrize("arguments", [[], ["sing"], ["prepare", "folder"], ["evaluate"]])
def test_wrong_words_show_the_usage(arguments, capsys):
    with pytest.raises(SystemExit) as stopped:
        main(arguments)
    assert stopped.value.code == 2
    assert "usage: python -m ml" in capsys.readouterr().err
