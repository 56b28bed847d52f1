import json
from pathlib import Path

import pytest
from django.contrib.admin.models import DELETION, LogEntry

from generator.models import (
    Audition,
    Composition,
    DataSet,
    Evaluation,
    ModelStatus,
    TaskStatus,
    TrainedModel,
    TrainingRun,
)

MODELS = "/admin/generator/trainedmodel/"


@pytest.fixture
def data_set(db):
    return DataSet.objects.create(name="Nocturnes", source="music.zip", status=TaskStatus.DONE)


def move(client, model, name):
    """Make a move; return the row as it is then, and the sentences that are told."""
    answer = client.post(f"{MODELS}{model.pk}/{name}/", follow=True)
    model.refresh_from_db()
    return model, [str(message) for message in answer.context["messages"]]


# Moves.


def test_a_draft_is_offered_and_withdrawn_again(as_dora, draft_model):
    model, told = move(as_dora, draft_model, "activate")
    assert model.is_active
    assert told == ["“Second try” is offered to everybody now."]
    model, told = move(as_dora, draft_model, "retire")
    assert model.is_retired
    assert told == ["“Second try” is offered no longer. Its pieces stay."]
    assert LogEntry.objects.filter(object_id=draft_model.pk).count() == 2


def test_there_is_always_one_default(as_dora, draft_model, trained_model):
    model, told = move(as_dora, draft_model, "default")
    assert told == ["“Second try” composes now when nobody chooses."]
    assert (model.is_default, model.is_active) == (True, True)
    assert list(TrainedModel.objects.filter(is_default=True)) == [draft_model]
    model, told = move(as_dora, draft_model, "retire")
    assert told == ["It is the default: make another model the default first."]
    assert model.is_active


@pytest.mark.parametrize("name", ["activate", "default"])
@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda path: path.unlink(), "The file second.keras is not on the server."),
        (lambda path: path.write_bytes(b"other"), "is not the one that was registered"),
    ],
    ids=["gone", "changed"],
)
def test_a_model_whose_file_is_not_right_is_not_offered(as_dora, draft_model, name, change, words):
    change(Path(draft_model.file.path))
    model, [told] = move(as_dora, draft_model, name)
    assert words in told
    assert model.is_draft
    assert not LogEntry.objects.exists()


def test_moves_that_make_no_sense_are_refused_with_a_sentence(as_dora, draft_model):
    move(as_dora, draft_model, "activate")
    assert move(as_dora, draft_model, "activate")[1] == ["It is offered to everybody already."]
    TrainedModel.objects.filter(pk=draft_model.pk).update(status=ModelStatus.RETIRED)
    assert move(as_dora, draft_model, "retire")[1] == ["It is retired already."]


@pytest.mark.parametrize("name", ["activate", "retire", "default"])
def test_moves_are_made_by_post_on_models_that_are_there(as_dora, draft_model, name):
    assert as_dora.get(f"{MODELS}{draft_model.pk}/{name}/").status_code == 405
    assert as_dora.post(f"{MODELS}{draft_model.pk + 9}/{name}/").status_code == 404


# Files.


def test_whoever_may_look_can_download_a_model(as_vera, draft_model):
    answer = as_vera.get(f"{MODELS}{draft_model.pk}/weights/")
    assert b"".join(answer.streaming_content) == Path(draft_model.file.path).read_bytes()
    name = f"second-try-{draft_model.sha256[:8]}.keras"
    assert answer["Content-Disposition"] == f'attachment; filename="{name}"'


def test_its_card_comes_with_the_words_of_staff(as_vera, draft_model):
    told = {"credit": "Nobody", "settings": {"seed": 7}, "figures": {"a": 1}, "tables": [[["b"]]]}
    TrainedModel.objects.filter(pk=draft_model.pk).update(card=told)
    answer = as_vera.get(f"{MODELS}{draft_model.pk}/card/")
    name = f"second-try-{draft_model.sha256[:8]}.json"
    assert answer["Content-Disposition"] == f'attachment; filename="{name}"'
    assert json.loads(answer.content) == {
        "name": "Second try",
        "sha256": draft_model.sha256,
        "bytes": 14_873_065,
        "licence": "CC BY 4.0",
        "training_data": "Some music",
        "credit": "Its players",
        "settings": {"seed": 7},
        "figures": {"a": 1},
    }


def test_a_file_that_is_gone_is_told(as_dora, draft_model):
    Path(draft_model.file.path).unlink()
    answer = as_dora.get(f"{MODELS}{draft_model.pk}/weights/", follow=True)
    assert "The file second.keras is not on the server." in answer.text
    assert as_dora.get(f"{MODELS}{draft_model.pk + 9}/weights/").status_code == 404


# Deleting.


def delete(client, model, way="one"):
    if way == "one":
        return client.post(f"{MODELS}{model.pk}/delete/", {"post": "yes"}, follow=True)
    data = {"action": "delete_selected", "_selected_action": str(model.pk), "post": "yes"}
    return client.post(MODELS, data, follow=True)


@pytest.mark.parametrize("way", ["one", "many"])
def test_an_unused_model_goes_with_its_file(
    as_dora, draft_model, django_capture_on_commit_callbacks, way
):
    path = Path(draft_model.file.path)
    with django_capture_on_commit_callbacks() as callbacks:
        delete(as_dora, draft_model, way)
        assert path.exists()
    assert not TrainedModel.objects.filter(pk=draft_model.pk).exists()
    for callback in callbacks:
        callback()
    assert not path.exists()
    assert LogEntry.objects.get().action_flag == DELETION


def use(model, way, data_set, piece, dora):
    if way == "piece":
        piece(model=model, title="Secret")
    elif way == "audition":
        Audition.objects.create(created_by=dora, first_seed=5).candidates.add(model)
    elif way == "training":
        TrainingRun.objects.create(name="Third", data_set=data_set, base=model)
    elif way == "evaluation":
        Evaluation.objects.create(model=model, data_set=data_set)
    else:
        model.make_default()


@pytest.mark.parametrize(
    ("way", "reason"),
    [
        ("piece", "1 piece of people name it for ever: retire it instead."),
        ("audition", "1 audition let it play: delete them first."),
        ("training", "1 training went on from it: delete them first."),
        ("evaluation", "1 evaluation not ended yet: stop them first."),
        ("default", "It is the default: make another model the default first."),
    ],
)
def test_a_model_in_use_stays_and_it_is_told_why(
    as_dora, draft_model, data_set, piece, dora, way, reason
):
    use(draft_model, way, data_set, piece, dora)
    for answer in (delete(as_dora, draft_model), delete(as_dora, draft_model, "many")):
        assert reason in answer.text
        assert "Secret" not in answer.text
    assert TrainedModel.objects.filter(pk=draft_model.pk).exists()
    assert not LogEntry.objects.exists()


@pytest.mark.parametrize("way", ["one", "many"])
def test_a_model_that_comes_into_use_meanwhile_stays(as_dora, draft_model, piece, monkeypatch, way):
    monkeypatch.setattr(TrainedModel, "uses", lambda model: [])  # asked a moment too early
    piece(model=draft_model)
    assert "it has come into use meanwhile" in delete(as_dora, draft_model, way).text
    assert Composition.objects.get().model == draft_model
    assert not LogEntry.objects.exists()


def test_it_is_said_that_a_shipped_model_comes_back(as_dora, draft_model):
    assert "comes back" not in as_dora.get(f"{MODELS}{draft_model.pk}/delete/").text
    TrainedModel.objects.filter(pk=draft_model.pk).update(is_shipped=True)
    assert "comes back" in as_dora.get(f"{MODELS}{draft_model.pk}/delete/").text
