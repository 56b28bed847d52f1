"""Upload of models: the child process is real where the name of a test says so."""

import hashlib
import json
import shutil
from pathlib import Path

import pytest
from django.contrib.admin.models import LogEntry
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError

from generator import inspecting, inspection, uploads
from generator.inspecting import InspectionError
from generator.models import ModelStatus, TrainedModel
from ml import weights
from ml.composer import Composer
from tests.ml import hostile
from tests.ml.tiny import STYLES, write_tiny_model

ADD = "/admin/generator/trainedmodel/add/"
TYPED = {
    "name": "Salon",
    "licence": "CC BY 4.0",
    "training_data": "Forty waltzes",
    "credit": "By their composers.",
}
EMPTY = dict.fromkeys(TYPED, "")
FIGURES = {"nats_per_note": 7.5, "by_field": {"shift": 3.0, "key": 3.0, "velocity": 1.5}}


@pytest.fixture(scope="module")
def model_bytes(tmp_path_factory):
    path = tmp_path_factory.mktemp("upload") / "tiny.keras"
    write_tiny_model(path)
    return path.read_bytes()


@pytest.fixture
def quick(monkeypatch):
    """No child process: the same function here. It bounds nothing, so good files only."""

    def run(child, folder, request, deadline):
        found = {"styles": [list(style) for style in weights.check(request["file"]).styles]}
        if request["card"]:
            found |= inspection.look_at_card(Path(request["card"]), request["sha256"])
        return found

    monkeypatch.setattr(inspecting.Child, "run", run)


@pytest.fixture
def send(as_dora):
    """Send a file's bytes, a card as dict or bytes, and what was typed."""

    def send(data, card=None, **typed):
        fields = TYPED | typed | {"file": SimpleUploadedFile("tiny.keras", data)}
        if card is not None:
            card = card if isinstance(card, bytes) else json.dumps(card).encode()
            fields["card"] = SimpleUploadedFile("tiny.json", card)
        return as_dora.post(ADD, fields)

    return send


def card_of(data, **more):
    told = {
        "name": "From the card",
        "sha256": hashlib.sha256(data).hexdigest(),
        "licence": "CC0",
        "training_data": "A card's data",
        "credit": "Thanks.",
        "figures": FIGURES,
    }
    return told | more


def errors_of(answer):
    """The sentences at each field; the form keeps all else that was typed."""
    assert answer.status_code == 200
    form = answer.context["adminform"].form
    for name, field in form.fields.items():
        if name not in ("file", "card"):
            assert str(form[name].value() or "") in answer.text, field
    return {name: [str(word) for word in words] for name, words in form.errors.items()}


def nothing_is_left(settings):
    found = list(Path(settings.STUDIO_ROOT, "scratch").rglob("*"))
    return not found and not list(Path(settings.MODELS_ROOT).glob("*"))


# Good files


def test_the_page_asks_for_a_file(as_dora):
    text = as_dora.get(ADD).text
    assert 'enctype="multipart/form-data"' in text
    assert "of at most 400 MB" in text
    assert "Add model" not in text


def test_a_good_file_becomes_a_draft_through_the_real_child(send, model_bytes, settings):
    answer = send(model_bytes)
    model = TrainedModel.objects.get()
    assert answer.url == f"/admin/generator/trainedmodel/{model.pk}/change/"
    sha256 = hashlib.sha256(model_bytes).hexdigest()
    assert model.file.name == f"salon-{sha256[:8]}.keras"
    assert (model.status, model.is_default) == (ModelStatus.DRAFT, False)
    assert (model.sha256, model.size) == (sha256, len(model_bytes))
    assert model.styles == [list(style) for style in STYLES]
    assert {name: getattr(model, name) for name in TYPED} == TYPED
    assert (model.card, model.figures, model.is_shipped) == ({}, {}, False)
    assert Composer.open(model.file.path, model.sha256).styles == STYLES
    assert not list(Path(settings.STUDIO_ROOT, "scratch").iterdir())


def test_it_is_logged_and_said(send, as_dora, dora, model_bytes, quick):
    answer = send(model_bytes)
    entry = LogEntry.objects.get()
    assert (entry.user, entry.object_repr) == (dora, "Salon")
    assert entry.is_addition()
    assert entry.change_message == "Uploaded tiny.keras."
    assert "Salon is here, as a draft" in as_dora.get(answer.url).text


def test_a_card_tells_what_was_left_empty_through_the_real_child(send, model_bytes):
    send(model_bytes, card_of(model_bytes, extra="?", data_url="https://example.org/"), **EMPTY)
    model = TrainedModel.objects.get()
    assert model.name == "From the card"
    assert (model.licence, model.training_data, model.credit) == (
        "CC0",
        "A card's data",
        "Thanks.",
    )
    assert model.figures == FIGURES
    assert model.card["data_url"] == "https://example.org/"
    assert "extra" not in model.card
    assert "tables" in model.card


def test_what_is_typed_wins_over_the_card(send, model_bytes, quick):
    send(model_bytes, card_of(model_bytes), licence="")
    model = TrainedModel.objects.get()
    assert (model.name, model.licence) == ("Salon", "CC0")


def test_a_shipped_model_can_be_brought_to_another_site(send, quick):
    shipped = Path(weights.__file__).parent / "weights" / "open.keras"
    send(shipped.read_bytes(), shipped.with_suffix(".json").read_bytes(), **EMPTY)
    model = TrainedModel.objects.get()
    assert model.name == "open"
    assert model.card["history"]
    assert model.card["tables"]


def test_a_file_name_that_is_taken_is_not_overwritten(send, model_bytes, quick, trained_model):
    sha256 = hashlib.sha256(model_bytes).hexdigest()
    TrainedModel.objects.update(file=f"salon-{sha256[:8]}.keras")
    send(model_bytes)
    assert TrainedModel.objects.get(name="Salon").file.name == f"salon-{sha256}.keras"


@pytest.mark.parametrize("name", ["../../etc/passwd", "夜想曲", "-" * 80])
def test_no_name_leads_out_of_the_folder(send, model_bytes, quick, settings, name):
    send(model_bytes, name=name)
    assert TrainedModel.objects.get().name == name
    (file,) = Path(settings.MODELS_ROOT).iterdir()
    assert file.suffix == ".keras"


# Refused files


@pytest.mark.parametrize(
    "kind",
    [kind for kind in hostile.KINDS if kind.name in ("pickle", "ZIP bomb", "external link")],
    ids=lambda kind: kind.name,
)
def test_a_bad_file_is_refused_through_the_real_child(send, model_bytes, settings, tmp_path, kind):
    good = tmp_path / "good.keras"
    good.write_bytes(model_bytes)
    errors = errors_of(send(kind.make(hostile.members_of(good)), name="A name I thought of"))
    assert list(errors) == ["file"]
    assert kind.sentence in errors["file"][0]
    assert nothing_is_left(settings)
    assert not TrainedModel.objects.exists()
    assert not LogEntry.objects.exists()


def test_a_child_that_dies_is_a_refusal_too(send, model_bytes, settings, monkeypatch):
    monkeypatch.setattr(inspecting, "CHILD", inspecting.Child(
        "no_such_module", error=InspectionError, too_long="-", no_result="It was ended."
    ))  # fmt: skip
    assert errors_of(send(model_bytes)) == {"file": ["It was ended."]}
    assert nothing_is_left(settings)


def test_the_same_file_again_is_refused_with_the_name_of_the_model(send, model_bytes, quick):
    send(model_bytes)
    errors = errors_of(send(model_bytes, name="Once more"))
    assert errors == {"file": ["This file is here already: it is the model “Salon”."]}


def test_a_file_that_is_too_large_is_refused(send, model_bytes, settings, monkeypatch):
    monkeypatch.setattr(uploads, "MOST_MODEL_BYTES", 2_000_000)
    errors = errors_of(send(model_bytes + bytes(2_000_000)))
    assert errors == {"file": ["This file has more than 2 MB."]}
    assert nothing_is_left(settings)


@pytest.mark.parametrize(
    ("card", "sentence"),
    [
        pytest.param(b"", "This file is empty.", id="empty"),
        pytest.param(b"Dear Sir", "card.json is no card of a model", id="text"),
        pytest.param(b"[1]", "card.json is no card of a model", id="list"),
        pytest.param(b"\xff", "card.json is no card of a model", id="bytes"),
        pytest.param(b"[" * 100_000, "recursion", id="brackets"),
        pytest.param(b'{"name": "A"}', "does not tell the model's", id="lacking"),
        pytest.param({"sha256": "0" * 64}, "This card is of another file", id="another file"),
        pytest.param({"name": ["A"]}, "as name is of another kind", id="list for a name"),
        pytest.param({"figures": 7}, "as figures is of another kind", id="number for figures"),
        pytest.param({"history": [7]}, "as history is of another kind", id="odd history"),
        pytest.param({"limits": [{}]}, "as limits is of another kind", id="odd limits"),
        pytest.param({"figures": {"a": float("nan")}}, "not a finite number", id="NaN"),
        pytest.param({"parameters": 10**300}, "too large a number", id="huge number"),
        pytest.param({"credit": "a\0b"}, "no plain text", id="zero byte"),
        pytest.param({"settings": {"\ud800": 1}}, "no plain text", id="beyond Unicode"),
        pytest.param({"licence_url": "javascript:alert(1)"}, "no address of a page", id="script"),
    ],
)
def test_a_bad_card_is_refused(send, model_bytes, quick, settings, card, sentence):
    told = card if isinstance(card, bytes) else card_of(model_bytes, **card)
    errors = errors_of(send(model_bytes, told))
    assert list(errors) == ["card"]
    assert sentence in errors["card"][0]
    assert nothing_is_left(settings)


@pytest.mark.parametrize(
    ("card", "sentence"),
    [(b" " * 1_000_001, "A card has at most 1 MB."), (b"{}", "does not tell the model's")],
    ids=["large", "lacking"],
)
def test_of_a_bad_card_nothing_else_is_said(send, model_bytes, quick, card, sentence):
    """Not that words are needed, which a better card would tell."""
    errors = errors_of(send(model_bytes, card, **EMPTY))
    assert list(errors) == ["card"]
    assert sentence in errors["card"][0]


def test_without_a_card_the_words_are_needed(send, model_bytes, quick, settings):
    errors = errors_of(send(model_bytes, **EMPTY))
    assert set(errors) == {"name", "licence", "training_data"}
    assert errors["name"] == ["Give the model a name, or a card that tells it."]
    assert nothing_is_left(settings)


def test_names_are_taken_once(send, model_bytes, quick, trained_model):
    errors = errors_of(send(model_bytes, name="Concert"))
    assert errors == {"name": ["Another model has this name."]}
    errors = errors_of(send(model_bytes, card_of(model_bytes, name="Concert"), name=""))
    assert errors == {"name": ["Another model has this name."]}


def test_a_card_may_be_too_long_for_the_table(send, model_bytes, quick):
    errors = errors_of(send(model_bytes, card_of(model_bytes, licence="L" * 121), licence=""))
    assert list(errors) == ["licence"]


def test_of_two_in_the_same_moment_one_wins(send, model_bytes, quick, settings, monkeypatch):
    def save(*arguments, **options):
        raise IntegrityError

    monkeypatch.setattr(TrainedModel, "save", save)
    errors = errors_of(send(model_bytes))
    assert "Somebody else has just brought this model" in errors["file"][0]
    assert nothing_is_left(settings)
    assert not LogEntry.objects.exists()


def test_a_folder_that_cannot_be_written_leaves_no_row(send, model_bytes, quick, settings):
    Path(settings.MODELS_ROOT).mkdir(parents=True)
    shutil.rmtree(settings.MODELS_ROOT)
    Path(settings.MODELS_ROOT).write_text("a file where the folder should be")
    errors = errors_of(send(model_bytes))
    assert "could not read or write a file" in errors["file"][0]
    assert not TrainedModel.objects.exists()


def test_many_at_once_are_asked_to_wait(send, model_bytes, monkeypatch):
    monkeypatch.setattr(inspecting, "LONGEST_QUEUE", 0.01)
    with inspecting._place:
        errors = errors_of(send(model_bytes))
    assert "Another model is being checked" in errors["file"][0]


# Bad requests, and who may


@pytest.mark.parametrize("fields", [{}, {"file": "text"}, {"name": "x" * 5000, "card": "y"}])
def test_a_form_without_a_file_is_said_so(as_dora, fields):
    assert errors_of(as_dora.post(ADD, fields))["file"] == ["Choose a file."]


def test_only_who_may_change_models_may_bring_them(as_alice, as_dora, dora):
    assert as_alice.get(ADD).status_code == 302
    dora.user_permissions.remove(dora.user_permissions.get(codename="change_trainedmodel"))
    assert as_dora.get(ADD).status_code == 403
    assert as_dora.post(ADD, TYPED).status_code == 403
