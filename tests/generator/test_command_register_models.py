import functools
import hashlib
import json
import tempfile
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from generator import shipped
from generator.models import Composition, Status, TrainedModel
from tests.ml.tiny import STYLES, write_tiny_model

pytestmark = pytest.mark.django_db


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """In the place of ml/weights."""
    path = tmp_path / "weights"
    path.mkdir()
    monkeypatch.setattr(shipped, "WEIGHTS", path)
    return path


@pytest.fixture
def ask(alice):
    """Ask a model for a piece."""

    def ask(model, **wish):
        return Composition.objects.create(
            owner=alice, model=model, title="Nocturne", seed=7, **wish
        )

    return ask


@functools.cache
def tiny_model(styles, seed):
    """The bytes of a model, the same ever again: a ZIP file knows when it was written."""
    with tempfile.NamedTemporaryFile(suffix=".keras") as file:
        write_tiny_model(file.name, styles, seed=seed)
        return Path(file.name).read_bytes()


def sha256_of(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


def ship(folder, slug="concert", seed=0, styles=STYLES, **changes):
    weights = folder / f"{slug}.keras"
    weights.write_bytes(tiny_model(styles, seed))
    card = {
        "name": slug.title(),
        "licence": "CC BY-NC-SA 4.0",
        "training_data": "MAESTRO v3, training split",
        "credit": "Hawthorne et al. 2019",
        "sha256": sha256_of(weights),
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


def test_figures_that_staff_could_not_read_stay_in_the_card(folder):
    plain = {"nats_per_note": 7.9, "by_field": {"shift": 2.5, "key": 3.1}}
    ship(folder, figures=plain | {"people": {"features": {"gap": {"mean": 1}}}, "flagged": [3]})
    call_command("register_models")
    assert TrainedModel.objects.get().figures == plain


def test_the_words_of_staff_stay_until_the_card_has_others(folder):
    ship(folder)
    call_command("register_models")
    TrainedModel.objects.update(credit="Anna", licence="CC BY-NC-SA 4.0 International")
    ship(folder, credit="Hawthorne and others, 2019")
    call_command("register_models")
    model = TrainedModel.objects.get()
    assert model.licence == "CC BY-NC-SA 4.0 International"
    assert model.credit == "Hawthorne and others, 2019"


def test_the_whole_card_is_kept_with_its_figures_in_tables(folder):
    figures = {"model": "concert.keras", "nats_per_note": 8.2, "baselines": {"unigram": 17.3}}
    weights = ship(folder, figures=figures, limits=["It writes no pedal."])
    call_command("register_models")
    model = TrainedModel.objects.get()
    [table] = model.card.pop("tables")
    assert model.card == json.loads(weights.with_suffix(".json").read_text())
    assert table[1:] == [["unigram", "17.30", ""], ["concert", "8.20", "2.025"]]
    assert (model.size, model.is_shipped) == (weights.stat().st_size, True)


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


def test_concert_is_the_default_whatever_else_is_shipped(folder, capsys):
    ship(folder, "brass", seed=1)
    ship(folder)
    call_command("register_models")
    assert TrainedModel.objects.default().name == "Concert"
    assert capsys.readouterr().out.splitlines() == [
        "Concert: registered, the default.",
        "Brass: registered, offered.",
    ]


def test_a_model_that_comes_later_is_offered_beside_the_default(folder):
    ship(folder, "open", seed=1)
    call_command("register_models")
    ship(folder)
    call_command("register_models")
    assert TrainedModel.objects.default().name == "Open"
    assert TrainedModel.objects.get(name="Concert").is_active


@pytest.mark.parametrize("again", [False, True], ids=["same-weights", "other-weights"])
def test_what_staff_switched_off_stays_off(folder, again):
    """A site for commerce must not offer a model again because it has become better."""
    ship(folder)
    ship(folder, "open", seed=1)
    call_command("register_models")
    TrainedModel.objects.get(name="Open").make_default()
    TrainedModel.objects.filter(name="Concert").update(status="retired")
    if again:
        ship(folder, seed=2)
    call_command("register_models")
    assert [model.name for model in TrainedModel.objects.active()] == ["Open"]
    assert TrainedModel.objects.default().name == "Open"


def test_what_staff_made_the_default_stays_it(folder):
    ship(folder)
    ship(folder, "open", seed=1)
    call_command("register_models")
    TrainedModel.objects.get(name="Open").make_default()
    ship(folder, seed=2)
    call_command("register_models")
    assert TrainedModel.objects.default().name == "Open"
    assert TrainedModel.objects.get(name="Concert").is_active


@pytest.mark.parametrize("again", [False, True], ids=["same-weights", "other-weights"])
def test_the_name_that_staff_gave_stays(folder, again):
    ship(folder)
    call_command("register_models")
    TrainedModel.objects.update(name="Grand")
    if again:
        ship(folder, seed=1)
    call_command("register_models")
    assert TrainedModel.objects.default().name == "Grand"
    assert TrainedModel.objects.count() == 1 + again


def test_a_name_that_staff_gave_away_is_not_taken_back(folder):
    ship(folder)
    call_command("register_models")
    TrainedModel.objects.update(name="Open")
    ship(folder, "open", seed=1)
    call_command("register_models")
    assert sorted(TrainedModel.objects.values_list("name", flat=True)) == ["Open", "Open 2"]


def test_weights_that_come_back_take_their_name_again(folder):
    """An update that was undone."""
    for seed in (0, 1, 0, 0):
        ship(folder, seed=seed)
        call_command("register_models")
    first, second = TrainedModel.objects.order_by("created_at")
    assert (first.name, first.is_default) == ("Concert", True)
    assert (second.name, second.is_active) == (f"Concert ({second.sha256[:8]})", False)


def test_of_three_generations_the_last_is_offered(folder):
    for seed in (0, 1, 2):
        ship(folder, seed=seed)
        call_command("register_models")
    assert [model.name for model in TrainedModel.objects.active()] == ["Concert"]
    assert TrainedModel.objects.default().sha256 == sha256_of(folder / "concert.keras")


def test_an_old_model_that_staff_offer_again_stays_offered(folder):
    ship(folder)
    call_command("register_models")
    ship(folder, seed=1)
    call_command("register_models")
    TrainedModel.objects.filter(is_default=False).update(status="active", name="Concert of May")
    for seed in (1, 2):
        ship(folder, seed=seed)
        call_command("register_models")
    assert TrainedModel.objects.get(name="Concert of May").is_active
    assert TrainedModel.objects.active().count() == 2


def test_a_long_name_is_cut_for_the_old_model(folder):
    ship(folder)
    call_command("register_models")
    TrainedModel.objects.update(name="x" * 80)
    ship(folder, seed=1)
    call_command("register_models")
    assert sorted(len(name) for name in TrainedModel.objects.values_list("name", flat=True)) == [
        80, 80,
    ]  # fmt: skip


def test_new_weights_make_what_is_not_made_yet(folder, ask):
    """The program may not even be able to play the old ones any more."""
    ship(folder)
    call_command("register_models")
    old = TrainedModel.objects.default()
    ship(folder, seed=1, styles=STYLES[:1])
    asked = {status: ask(old, status=status, style="chopin") for status in Status}
    unknown = ask(old, style="bach")
    call_command("register_models")
    new = TrainedModel.objects.get(name="Concert")
    assert new != old
    moved = {Status.QUEUED, Status.FAILED, Status.CANCELLED}
    for status, one in asked.items():
        one.refresh_from_db()
        assert one.model == (new if status in moved else old), status
    unknown.refresh_from_db()
    assert unknown.model == old


# OFFERED_MODELS


def test_a_new_site_can_offer_one_model_only(folder, settings):
    ship(folder)
    ship(folder, "open", seed=1)
    settings.OFFERED_MODELS = ["open"]
    call_command("register_models")
    assert [model.name for model in TrainedModel.objects.all()] == ["Open"]
    assert TrainedModel.objects.default().name == "Open"


def test_a_site_can_withdraw_a_model(folder, settings, ask):
    ship(folder)
    ship(folder, "open", seed=1)
    call_command("register_models")
    concert = TrainedModel.objects.default()
    asked, made = ask(concert), ask(concert, status=Status.READY)
    settings.OFFERED_MODELS = ["open"]
    for _ in range(2):
        call_command("register_models")
        assert [model.name for model in TrainedModel.objects.active()] == ["Open"]
        assert TrainedModel.objects.default().name == "Open"
    asked.refresh_from_db()
    made.refresh_from_db()
    assert (asked.model.name, made.model.name) == ("Open", "Concert")


def test_among_several_the_default_is_the_first_unless_staff_chose_another(folder, settings):
    ship(folder)
    ship(folder, "open", seed=1)
    settings.OFFERED_MODELS = ["open", "concert"]
    call_command("register_models")
    assert TrainedModel.objects.default().name == "Open"
    TrainedModel.objects.get(name="Concert").make_default()
    call_command("register_models")
    assert TrainedModel.objects.default().name == "Concert"


def test_a_model_withdrawn_by_the_setting_is_not_offered_again_without_it(folder, settings):
    ship(folder)
    ship(folder, "open", seed=1)
    call_command("register_models")
    settings.OFFERED_MODELS = ["open"]
    call_command("register_models")
    settings.OFFERED_MODELS = []
    call_command("register_models")
    assert [model.name for model in TrainedModel.objects.active()] == ["Open"]


def test_a_model_that_is_not_shipped_stops_the_start(folder, settings):
    ship(folder)
    settings.OFFERED_MODELS = ["oepn"]
    with pytest.raises(CommandError, match="OFFERED_MODELS names oepn, but ml/weights has concert"):
        call_command("register_models")
    assert not TrainedModel.objects.exists()


# What is wrong


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
