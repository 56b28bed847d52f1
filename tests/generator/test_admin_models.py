from datetime import timedelta

import pytest
from django.contrib.admin.models import LogEntry
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from generator.models import (
    Audition,
    DataSet,
    Evaluation,
    Status,
    TaskStatus,
    TrainedModel,
    TrainingRun,
    Vote,
)

MODELS = "/admin/generator/trainedmodel/"
HISTORY = [
    {"step": n, "notes": n * 1_000_000, "train_nats": 9.0 - n, "validation_nats": 10.0 - n}
    for n in (1, 2)
]
CARD = {
    "name": "second",
    "data_url": "https://example.org/music",
    "licence_url": "javascript:alert(1)",
    "split": {"by": "work", "train": {"pieces": 9, "notes": 2_000_000}, "validation": {"works": 3}},
    "settings": {"validate_minutes": 20.0, "seed": 7},
    "architecture": {"units": 192},
    "parameters": 3_704_245,
    "trained": {
        "command": "python -m ml train x.npz",
        "revision": "20994001e67e",
        "machine": "x86_64, 2 processors",
        "versions": {"keras": "3.15.1"},
        "notes": 2_000_000,
        "steps": 2970,
        "minutes": 70.0,
    },
    "history": HISTORY,
    "figures": {"nats_per_note": 8.12},
    "tables": [[["model", "nats per note"], ["second", "8.12"]]],
    "limits": ["It writes no pedal."],
}


@pytest.fixture
def second(draft_model):
    """A draft with a file and a card."""
    TrainedModel.objects.filter(pk=draft_model.pk).update(card=CARD)
    draft_model.card = CARD
    return draft_model


@pytest.fixture
def data_set(db):
    return DataSet.objects.create(name="Nocturnes", source="music.zip", status=TaskStatus.DONE)


def page(client, model):
    return client.get(f"{MODELS}{model.pk}/change/").text


def audition_of(model, other, owner, **fields):
    audition = Audition.objects.create(created_by=owner, first_seed=5, **fields)
    audition.candidates.set([model, other])
    return audition


# The list.


def test_the_list_tells_what_a_model_is_and_has_done(as_dora, second, piece, dora):
    for status in (Status.READY, Status.READY, Status.FAILED, Status.QUEUED):
        piece(model=second, status=status)
    audition = audition_of(second, TrainedModel.objects.default(), dora)
    for status in (Status.READY, Status.FAILED):
        piece(model=second, status=status, audition=audition, owner=dora)
    [row] = as_dora.get(f"{MODELS}?q=second").context["cl"].result_list
    assert (row.pieces, row.failures) == (2, 1)
    text = as_dora.get(f"{MODELS}?q=second").text
    for told in ("Second try", "Draft", "CC BY 4.0", "14.9", "8.12", "1,725"):
        assert told in text


@pytest.mark.parametrize(
    "query",
    [
        "q=concert",
        "status__exact=draft",
        "licence=CC+BY+4.0",
        "o=-6",
        "o=7",
        "o=-8.9",
        "o=99",
        "status__exact=nonsense",
    ],
)
def test_the_list_can_be_searched_filtered_and_sorted(as_dora, second, query):
    assert as_dora.get(f"{MODELS}?{query}").status_code == 200


def test_the_list_takes_as_many_queries_for_many_models_as_for_two(as_dora, second, piece):
    def queries():
        with CaptureQueriesContext(connection) as found:
            as_dora.get(MODELS)
        return len(found)

    queries()
    before = queries()
    for number in range(8):
        model = TrainedModel.objects.create(
            name=f"Model {number}", sha256=f"{number + 1}" * 64, licence=f"Licence {number}"
        )
        piece(model=model, status=Status.READY)
    assert queries() == before


def test_an_address_made_by_hand_is_a_bad_request(as_dora, second):
    assert as_dora.get(f"{MODELS}?created_at__year=99999").status_code == 400


@pytest.mark.parametrize("url", [MODELS, f"{MODELS}1/change/", f"{MODELS}1/weights/"])
def test_others_are_sent_to_the_login(as_alice, url):
    assert as_alice.get(url).url.startswith("/admin/login/")


# The page.


def test_its_page_tells_the_card_in_plain_words(as_dora, second):
    text = page(as_dora, second)
    for told in (
        '<a href="https://example.org/music">Some music</a>',
        "CC BY 4.0",
        "Its players",
        "9 pieces, 2.00 M notes",
        "2.00 M notes, 2,970 steps, 70 minutes of training",
        "3.70 M weights, two LSTM layers of 192 units",
        "validate minutes 20, seed 7",
        "python -m ml train x.npz",
        "20994001e67e",
        "x86_64, 2 processors",
        "keras 3.15.1",
        "It writes no pedal.",
        second.sha256,
        "an upload, here since",
    ):
        assert told in text
    assert "javascript:alert" not in text


def test_its_page_leads_to_the_training_that_made_it(as_dora, second, data_set):
    run = TrainingRun.objects.create(name="Third", data_set=data_set)
    TrainedModel.objects.filter(pk=second.pk).update(run=run)
    assert f'<a href="/admin/generator/trainingrun/{run.pk}/change/">the training' in page(
        as_dora, second
    )


def test_its_page_draws_how_it_learnt_and_tells_it_in_numbers(as_dora, second):
    text = page(as_dora, second)
    assert text.count('role="img" aria-labelledby="curve-') == 1
    assert "Best validation: 8.00 nats after 1.00 epochs" in text
    assert "<tr><td>0.50</td><td>8.00</td><td>9.00</td></tr>" in text


def test_a_model_without_a_card_has_a_page(as_dora, trained_model):
    text = page(as_dora, trained_model)
    assert "Nothing is known of how it learnt." in text
    assert "Nothing is measured yet." in text
    assert "Frédéric Chopin" in text


@pytest.mark.parametrize(
    "card",
    [
        [1],
        {"history": "x", "split": [], "limits": 3, "tables": {"a": 1}, "trained": "y"},
        {"history": [{}, 3], "tables": [[], 3, [1]], "split": {"train": 5, "validation": None}},
        {"split": {"train": {"notes": 0}}, "history": HISTORY, "parameters": "many"},
    ],
    ids=["list", "words", "wrong parts", "no notes"],
)
def test_a_card_that_is_none_is_no_reason_for_an_error(as_dora, second, card):
    TrainedModel.objects.filter(pk=second.pk).update(card=card, figures=card)
    assert as_dora.get(f"{MODELS}{second.pk}/change/").status_code == 200
    assert as_dora.get(f"{MODELS}{second.pk}/card/").status_code == 200
    assert as_dora.get(MODELS).status_code == 200


def test_figures_are_those_of_the_card_until_it_is_evaluated_here(as_dora, second, data_set):
    assert '<tr><th scope="row">second</th><td>8.12</td></tr>' in page(as_dora, second)
    for days, nats in ((0, "7.77"), (-1, "7.99")):
        Evaluation.objects.create(
            model=second,
            data_set=data_set,
            status=TaskStatus.DONE,
            finished_at=timezone.now() + timedelta(days=days),
            tables=[[["model", "nats per note"], ["second", nats]]],
        )
    text = page(as_dora, second)
    assert "<td>7.77</td>" in text
    assert "<td>8.12</td>" not in text
    assert "<td>7.99</td>" not in text


def test_votes_are_counted(as_dora, second, trained_model, dora, bob):
    blind = audition_of(second, trained_model, dora)
    blind.shown_to.set([dora])
    votes = [(dora, 5, second, True), (dora, 6, trained_model, True), (bob, 5, second, False)]
    for who, seed, model, was_blind in votes:
        Vote.objects.create(audition=blind, person=who, seed=seed, model=model, was_blind=was_blind)
    text = " ".join(page(as_dora, second).split())
    assert "Votes blind: preferred 1 of 2 times." in text
    assert "Votes with the names shown: preferred 1 of 1 times." in text


def test_the_pieces_of_its_auditions_can_be_heard_there(
    as_dora, second, trained_model, ready_piece, dora
):
    audition = audition_of(second, trained_model, dora, is_blind=False)
    own = ready_piece(model=second, audition=audition, owner=dora, seed=5)
    ready_piece(model=trained_model, audition=audition, owner=dora, seed=5)
    text = page(as_dora, second)
    assert f"/admin/generator/audition/{audition.pk}/change/" in text
    assert text.count("<audio") == 1
    assert f'src="/compositions/{own.pk}/audio.mp3"' in text
    assert as_dora.get(f"/compositions/{own.pk}/audio.mp3").status_code == 200


def test_a_blind_audition_is_not_given_away(as_dora, second, trained_model, ready_piece, dora):
    audition = audition_of(second, trained_model, dora)
    ready_piece(model=second, audition=audition, owner=dora)
    assert "<audio" not in page(as_dora, second)
    audition.shown_to.add(dora)
    assert "<audio" in page(as_dora, second)


def test_what_can_be_done_with_it_is_offered(as_dora, as_vera, second):
    asks = [
        f"/admin/generator/audition/add/?candidates={second.pk}",
        f"/admin/generator/evaluation/add/?model={second.pk}",
        f"/admin/generator/trainingrun/add/?base={second.pk}",
        f'action="{MODELS}{second.pk}/activate/"',
    ]
    for ask in asks:
        assert ask in page(as_dora, second)
        assert ask not in page(as_vera, second)
    assert f"{MODELS}{second.pk}/weights/" in page(as_vera, second)


def test_staff_can_put_its_rights_better(as_dora, second):
    words = {"name": "Salon", "licence": "CC BY", "training_data": "Music", "credit": "Anna"}
    assert as_dora.post(f"{MODELS}{second.pk}/change/", words).status_code == 302
    row = TrainedModel.objects.get(pk=second.pk)
    assert {name: getattr(row, name) for name in words} == words
    assert "Changed" in str(LogEntry.objects.get())


def test_who_may_only_look_changes_nothing(as_vera, second, trained_model):
    for name in ("activate", "retire", "default"):
        assert as_vera.post(f"{MODELS}{second.pk}/{name}/").status_code == 403
    assert as_vera.post(f"{MODELS}{second.pk}/delete/", {"post": "yes"}).status_code == 403
    assert as_vera.post(f"{MODELS}{second.pk}/change/", {"name": "Salon"}).status_code == 403
    assert TrainedModel.objects.get(pk=second.pk).is_draft
