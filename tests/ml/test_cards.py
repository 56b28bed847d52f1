import json

import pytest

from ml import cards, weights

FIGURES = {"nats_per_note": 8.1, "by_field": {"shift": 2.5}, "samples": [{"notes": 300}]}


@pytest.fixture
def model(tmp_path):
    path = tmp_path / "concert.keras"
    path.write_bytes(b"weights")
    return path


@pytest.fixture
def run_folder(tmp_path):
    folder = tmp_path / "run"
    folder.mkdir()
    settings = {
        "settings": {"minutes": 60},
        "architecture": {"units": 384},
        "made_with": {"machine": "a loom", "versions": {"keras": "1"}, "revision": "abc"},
    }
    (folder / "settings.json").write_text(json.dumps(settings))
    lines = [
        {
            "step": 10,
            "notes": 500,
            "seconds": 60,
            "train_nats": 12,
            "validation_nats": 13,
            "rate": 1,
        },
        {
            "step": 20,
            "notes": 900,
            "seconds": 126,
            "train_nats": 9,
            "validation_nats": 10,
            "rate": 0,
        },
    ]
    (folder / "history.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    return folder


def figures_of(model):
    return FIGURES | {"sha256": weights.digest(model)}


def test_a_card_tells_how_the_model_was_made(model, run_folder):
    card = cards.make(model, run_folder, figures_of(model))
    assert card["name"] == "concert"
    assert card["sha256"] == weights.digest(model)
    assert card["settings"] == {"minutes": 60}
    assert card["architecture"] == {"units": 384}
    assert card["trained"]["steps"] == 20
    assert card["trained"]["notes"] == 900
    assert card["trained"]["minutes"] == 2.1
    assert card["trained"]["machine"] == "a loom"
    assert card["trained"]["versions"] == {"keras": "1"}
    assert card["trained"]["revision"] == "abc"  # of the training, not of this moment
    assert card["history"][0] == {
        "step": 10, "notes": 500, "train_nats": 12, "validation_nats": 13,
    }  # fmt: skip


def test_a_card_has_the_figures_but_not_every_sample(model, run_folder):
    card = cards.make(model, run_folder, figures_of(model))
    assert card["figures"]["nats_per_note"] == 8.1
    assert "samples" not in card["figures"]


def test_the_figures_of_another_file_are_a_value_error(model, run_folder):
    with pytest.raises(ValueError, match=r"not those of concert\.keras"):
        cards.make(model, run_folder, FIGURES | {"sha256": "0" * 64})


def test_a_training_knows_what_it_is_made_with():
    made = cards.made_with()
    assert made["versions"].keys() == set(cards.PACKAGES)
    assert made["machine"]
    assert made["revision"]


def test_without_git_the_revision_is_unknown(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    assert cards.made_with()["revision"] == "unknown"


@pytest.mark.parametrize("data", sorted(cards.LICENCES))
def test_a_shipped_card_is_read(model, run_folder, tmp_path, data):
    card = cards.make(model, run_folder, figures_of(model)) | cards.LICENCES[data]
    (tmp_path / "card.json").write_text(json.dumps(card))
    assert cards.read(tmp_path / "card.json") == card


def test_what_comes_of_maestro_is_for_no_commerce():
    assert "NC" in cards.LICENCES["maestro"]["licence"]
    assert "NC" not in cards.LICENCES["piano-midi-de"]["licence"]


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
