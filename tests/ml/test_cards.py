import json
import subprocess

import numpy as np
import pytest

from ml import cards, weights
from ml.corpus import Corpus
from tests.ml.pieces import small_corpus, walks
from tests.ml.tiny import write_tiny_model

FIGURES = {
    "nats_per_note": 8.1,
    "by_field": {"shift": 2.5},
    "samples": [{"seed": 1, "notes": 300}],
    "copying": {"exact_16": {"composed": 0.1}, "flagged": [3], "each": [{"seed": 1}]},
    "overlap": {"all": [0.8, 0.9]},
}
NAMES = ("step", "notes", "minutes", "train", "validation", "train_nats", "validation_nats")


def validation(step, notes, seconds, nats):
    """A line of a training's history."""
    fields = {"shift": nats / 2, "key": nats / 4, "velocity": nats / 4}
    line = {"step": step, "notes": notes, "seconds": seconds, "rate": 0.1, "share": 0.5}
    both = {"train": fields, "train_nats": nats, "validation": fields, "validation_nats": nats}
    return line | both


@pytest.fixture
def model(tmp_path):
    path = tmp_path / "best.keras"
    write_tiny_model(path)
    return path


@pytest.fixture
def run_folder(tmp_path):
    folder = tmp_path / "run"
    folder.mkdir()
    settings = {
        "settings": {"minutes": 60},
        "architecture": {"units": 384},
        "made_with": {
            "command": "python -m ml train",
            "machine": "a loom",
            "versions": {"keras": "1"},
            "revision": "abc",
        },
    }
    (folder / "settings.json").write_text(json.dumps(settings))
    lines = [validation(10, 500, 60, 12), validation(20, 900, 126, 9)]
    (folder / "history.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    return folder


@pytest.fixture
def make(model, run_folder):
    """Make a card of the tiny model, with one thing or another changed."""

    def make(data="maestro", corpus=None, **options):
        figures = options.pop("figures", FIGURES | {"sha256": weights.digest(model)})
        return cards.make(model, run_folder, figures, data, corpus or small_corpus(), **options)

    return make


def piano_midi_de():
    """A corpus with titles such as piano-midi.de's."""
    pieces = [
        ("Frédéric Chopin", "Preludes_Opus_28_1", "validation"),
        ("Frédéric Chopin", "Preludes_Opus_28_2", "validation"),
        ("Maurice Ravel", "Gaspard_de_la_Nuit_Ondine", "validation"),
        ("Maurice Ravel", "Gaspard_de_la_Nuit_Scarbo", "validation"),
        ("Frédéric Chopin", "Ballad_G_minor_Opus_23", "validation"),
        ("Isaac Albéniz", "Espana_Opus_165_Tango", "train"),
        ("Leopold Godowsky", "Transcription_Albeniz_Tango", "train"),
        ("Ludwig van Beethoven", "For_Elise", "train"),
    ]
    composers, titles, splits = map(np.array, zip(*pieces, strict=True))
    tables = walks(range(len(pieces)))
    starts = np.cumsum([0, *map(len, tables)])
    return Corpus(np.concatenate(tables), starts, composers, titles, splits)


def test_a_card_tells_how_the_model_was_made(make, model):
    card = make()
    assert card["name"] == "best"
    assert card["sha256"] == weights.digest(model)
    assert card["bytes"] == model.stat().st_size
    assert card["settings"] == {"minutes": 60}
    assert card["trained"] == {
        "command": "python -m ml train",
        "steps": 20,
        "notes": 900,
        "minutes": 2.1,
        "machine": "a loom",
        "versions": {"keras": "1"},
        "revision": "abc",  # of the training, not of this moment
    }


def test_a_card_has_the_size_of_the_file_that_it_is_of(make, model):
    card = make()
    architecture, arrays = weights.read(model)
    assert card["parameters"] == sum(array.size for array in arrays.values()) > 1000
    assert card["architecture"] == architecture.to_dict()


def test_a_card_can_be_named_after_the_file_that_is_shipped(make):
    assert make(name="concert")["name"] == "concert"


def test_a_card_has_the_curves_by_field(make):
    history = make()["history"]
    assert [point["minutes"] for point in history] == [1.0, 2.1]
    assert set(history[0]) == set(NAMES)
    assert history[0]["train"] == {"shift": 6, "key": 3, "velocity": 3}


def test_a_card_has_the_figures_but_not_those_of_every_piece(make):
    figures = make()["figures"]
    assert figures["nats_per_note"] == 8.1
    assert "samples" not in figures
    assert figures["copying"] == {"exact_16": {"composed": 0.1}, "flagged": [3]}
    assert figures["overlap"] == {"all": [0.8, 0.9]}


def test_a_card_tells_the_split_as_it_was(make):
    split = make()["split"]
    assert split["train"] == {"pieces": 8, "notes": 480}
    assert split["validation"] == {"pieces": 2, "notes": 120}


def test_a_card_lists_the_works_held_out_where_no_csv_does(make):
    card = make("piano-midi-de", piano_midi_de())
    assert card["split"]["train"] == {"pieces": 3, "notes": 180, "works": 2}
    assert card["split"]["validation"] == {
        "pieces": 5,
        "notes": 300,
        "works": 3,
        "list": [
            "Frédéric Chopin: Ballad G minor Opus 23",
            "Frédéric Chopin: Preludes Opus 28 (2 pieces)",
            "Maurice Ravel: Gaspard de la Nuit (2 pieces)",
        ],
    }
    assert card["training_data"] == (
        "piano-midi.de, training split: 3 pieces of 2 works, 0.00 M notes"
    )


def test_a_work_of_two_composers_names_both():
    pieces = [("B", "Etude"), ("A", "Etude on an etude"), ("", "Etude")]
    assert cards._title(pieces) == "A and B: Etude (3 pieces)"


def test_a_card_says_what_the_model_cannot_do(make):
    limits = make()["limits"]
    assert "It heard 0.0 M notes in training, 1.9 times its data." in limits
    assert all(sentence.endswith(".") for sentence in limits)


def test_the_figures_of_another_file_are_a_value_error(make):
    with pytest.raises(ValueError, match=r"not those of best\.keras"):
        make(figures=FIGURES | {"sha256": "0" * 64})


def test_the_corpus_of_other_data_is_a_value_error(make):
    """Its licence is another."""
    with pytest.raises(ValueError, match=r"piano-midi\.de has 337 pieces, this corpus 338"):
        make("piano-midi-de", small_corpus(330, 8))


OTHER_MUSIC = {"called": "Walks", "licence": "CC0", "credit": "Trained on Walks.", "url": "x:y"}


def test_other_music_has_facts_of_its_own(make):
    card = make(OTHER_MUSIC | {"base": {"name": "Concert"}})
    assert card["training_data"] == "Walks, training split: 8 pieces of 2 works, 0.00 M notes"
    assert (card["licence"], card["credit"]) == ("CC0", "Trained on Walks.")
    assert (card["data_url"], card["licence_url"]) == ("x:y", "")
    assert card["base"] == {"name": "Concert"}
    assert "It knows no other music than that of Walks." in card["limits"]


def test_a_training_that_went_on_from_another_counts_from_there(make, run_folder):
    first = make()
    card = make(before=[run_folder], command="go on")
    assert [point["step"] for point in card["history"]] == [10, 20, 30, 40]
    assert card["trained"]["notes"] == 2 * first["trained"]["notes"]
    assert card["trained"]["minutes"] == 2 * first["trained"]["minutes"]
    assert card["trained"]["command"] == "python -m ml train && go on"
    assert f"{card['trained']['notes'] / 1e6:.1f} M notes in training" in card["limits"][-1]


def test_a_card_stands_for_the_trainings_before_it(make, run_folder, tmp_path):
    earlier = make(before=[run_folder], command="go on")
    (tmp_path / "earlier.json").write_text(json.dumps(earlier))
    card = make(before=[tmp_path / "earlier.json"], command="and on")
    assert card["history"] == make(before=[run_folder] * 2)["history"]
    assert [point["step"] for point in card["history"]] == [10, 20, 30, 40, 50, 60]
    assert card["trained"]["command"] == "python -m ml train && go on && and on"


@pytest.mark.parametrize("facts", [{"called": "Walks", "licence": "", "credit": "A"}, [], None])
def test_facts_that_leave_out_what_a_card_needs_are_a_value_error(make, facts):
    with pytest.raises(ValueError, match=r"do not tell their .*licence"):
        make(facts)


def test_a_history_is_in_the_order_of_its_steps_and_leaves_out_half_a_line(run_folder):
    lines = [validation(step, 500, 60, 12) | {"passes": 0.5} for step in (20, 10)]
    text = "".join(json.dumps(line) + "\n" for line in lines)
    (run_folder / "history.jsonl").write_text(text + '{"step": 3')
    entries = cards.history(run_folder)
    assert [entry["step"] for entry in entries] == [10, 20]
    assert cards.point(entries[0])["passes"] == 0.5
    assert cards.history(run_folder / "nowhere") == []


def test_a_training_that_did_not_tell_its_command_has_to_be_told_of(make, run_folder):
    told = json.loads((run_folder / "settings.json").read_text())
    del told["made_with"]["command"]
    (run_folder / "settings.json").write_text(json.dumps(told))
    with pytest.raises(ValueError, match="run does not tell the command"):
        make()
    assert make(command="make it")["trained"]["command"] == "make it"


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("settings.json", "", "no folder of a training"),
        ("settings.json", "{}", "no folder of a training"),
        ("settings.json", "[]", "no folder of a training"),
        ("history.jsonl", '{"step": 1}\n', "no folder of a training"),
        ("history.jsonl", "{}\n", "no folder of a training"),
        ("history.jsonl", "no line\n", "no folder of a training"),
        ("history.jsonl", "", "not got to its first validation"),
    ],
)
def test_another_folder_is_a_value_error(make, run_folder, name, text, words):
    (run_folder / name).write_text(text)
    with pytest.raises(ValueError, match=words):
        make()


def test_a_training_knows_what_it_is_made_with(monkeypatch):
    words = ["/opt/bin/python", "-m", "ml", "train", "../data/x.npz", "--output", "runs/a b"]
    monkeypatch.setattr("sys.orig_argv", words)
    made = cards.made_with()
    assert made["command"] == "python -m ml train x.npz --output 'runs/a b'"
    assert made["versions"].keys() == set(cards.PACKAGES)
    assert "processors" in made["machine"]
    assert made["revision"]


@pytest.mark.parametrize(("changed", "revision"), [("", "abc"), (" M ml/midi.py", "abc, changed")])
def test_a_revision_says_whether_the_code_was_changed_since(monkeypatch, changed, revision):
    def git(command, **options):
        said = "abc\n" if "rev-parse" in command else changed
        return subprocess.CompletedProcess(command, 0, said)

    monkeypatch.setattr(subprocess, "run", git)
    assert cards.made_with()["revision"] == revision


def test_without_git_the_revision_is_unknown(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    assert cards.made_with()["revision"] == "unknown"


@pytest.mark.parametrize("data", sorted(cards.DATA))
def test_a_shipped_card_is_read(make, tmp_path, data):
    card = make(data)
    (tmp_path / "card.json").write_text(json.dumps(card))
    assert cards.read(tmp_path / "card.json") == json.loads(json.dumps(card))
    assert card["licence_url"].startswith("https://creativecommons.org/licenses/by")


def test_what_comes_of_maestro_is_for_no_commerce(make):
    assert "NC" in make("maestro")["licence"]
    assert "non-commercial" in make("maestro")["credit"]
    assert "NC" not in make("piano-midi-de")["licence"]


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b"no card", id="text"),
        pytest.param(b"\xff\xfe", id="no text at all"),
        pytest.param(b"[]", id="list"),
        pytest.param(
            b'["name", "sha256", "licence", "training_data", "credit", "figures"]', id="names alone"
        ),
    ],
)
def test_another_file_is_no_card(tmp_path, data):
    path = tmp_path / "card.json"
    path.write_bytes(data)
    with pytest.raises(ValueError, match=r"card\.json is no card"):
        cards.read(path)


def test_a_card_that_is_gone_is_a_value_error(tmp_path):
    with pytest.raises(ValueError, match=r"no card card\.json"):
        cards.read(tmp_path / "card.json")


def test_a_card_that_leaves_something_out_is_a_value_error(tmp_path):
    (tmp_path / "card.json").write_text('{"name": "concert", "sha256": "", "figures": {}}')
    with pytest.raises(
        ValueError, match="does not tell the model's credit, licence, training_data"
    ):
        cards.read(tmp_path / "card.json")
