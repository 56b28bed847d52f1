import hashlib
import json
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from generator import shipped
from generator.models import TrainedModel
from tests.ml.tiny import write_tiny_model

pytestmark = pytest.mark.django_db


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """In the place of ml/weights."""
    path = tmp_path / "weights"
    path.mkdir()
    monkeypatch.setattr(shipped, "WEIGHTS", path)
    return path


def ship(folder, slug="concert", seed=0, **changes):
    weights = folder / f"{slug}.keras"
    write_tiny_model(weights, seed=seed)
    card = {
        "name": slug.title(),
        "licence": "CC BY-NC-SA 4.0",
        "training_data": "MAESTRO v3, training split",
        "credit": "Hawthorne et al. 2019",
        "sha256": hashlib.sha256(weights.read_bytes()).hexdigest(),
        "figures": {"nats_per_note": 8.2},
    } | changes
    card = {name: value for name, value in card.items() if value is not None}
    weights.with_suffix(".json").write_text(json.dumps(card))
    return weights


def test_it_registers_a_shipped_model_as_the_default(folder, settings):
    weights = ship(folder)
    call_command("register_models")
    model = TrainedModel.objects.get()
    assert (model.name, model.licence, model.is_default) == ("Concert", "CC BY-NC-SA 4.0", True)
    assert model.styles == [["chopin", "Frédéric Chopin"], ["bach", "Johann Sebastian Bach"]]
    assert model.figures == {"nats_per_note": 8.2}
    assert Path(model.file.path).parent == settings.MODELS_ROOT
    assert Path(model.file.path).read_bytes() == weights.read_bytes()


def test_a_second_run_changes_nothing(folder):
    ship(folder)
    call_command("register_models")
    before = TrainedModel.objects.values().get()
    call_command("register_models")
    assert TrainedModel.objects.values().get() == before


def test_a_changed_card_is_read_again(folder):
    ship(folder)
    call_command("register_models")
    ship(folder, figures={"nats_per_note": 7.9})
    call_command("register_models")
    assert TrainedModel.objects.get().figures == {"nats_per_note": 7.9}


def test_a_lost_file_is_copied_again(folder):
    ship(folder)
    call_command("register_models")
    path = Path(TrainedModel.objects.get().file.path)
    path.unlink()
    call_command("register_models")
    assert path.exists()


def test_new_weights_take_the_name_and_old_pieces_keep_theirs(folder):
    ship(folder)
    call_command("register_models")
    old = TrainedModel.objects.get()
    ship(folder, seed=1)
    call_command("register_models")
    new = TrainedModel.objects.get(name="Concert")
    old.refresh_from_db()
    assert new != old
    assert TrainedModel.objects.default() == new
    assert old.name == f"Concert ({old.sha256[:8]})"
    assert not old.is_active
    assert Path(old.file.path).exists()


def test_another_model_does_not_become_the_default(folder):
    ship(folder)
    call_command("register_models")
    ship(folder, "salon", seed=1)
    call_command("register_models")
    assert TrainedModel.objects.default().name == "Concert"
    assert TrainedModel.objects.get(name="Salon").is_active


def test_what_staff_switched_off_stays_off(folder):
    ship(folder)
    ship(folder, "salon", seed=1)
    call_command("register_models")
    TrainedModel.objects.filter(name="Salon").update(is_active=False)
    call_command("register_models")
    assert not TrainedModel.objects.get(name="Salon").is_active


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"sha256": "0" * 64}, "is not of this file"),
        ({"licence": None}, "does not tell the model's licence"),
    ],
    ids=["other-file", "no-licence"],
)
def test_a_wrong_card_is_explained(folder, changes, words):
    ship(folder, **changes)
    with pytest.raises(CommandError, match=words):
        call_command("register_models")
    assert not TrainedModel.objects.exists()


def test_a_missing_card_is_explained(folder):
    ship(folder).with_suffix(".json").unlink()
    with pytest.raises(CommandError, match=r"no card concert\.json"):
        call_command("register_models")


def test_a_file_that_is_no_model_is_explained(folder):
    weights = folder / "concert.keras"
    weights.write_bytes(b"no model")
    digest = hashlib.sha256(b"no model").hexdigest()
    card = {"name": "x", "licence": "", "training_data": "", "credit": "", "figures": {}}
    weights.with_suffix(".json").write_text(json.dumps(card | {"sha256": digest}))
    with pytest.raises(CommandError, match=r"is not a \.keras file"):
        call_command("register_models")


def test_an_empty_folder_is_no_error(folder, capsys):
    call_command("register_models")
    assert "There is no model" in capsys.readouterr().err
