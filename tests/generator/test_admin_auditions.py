"""Auditions in the admin: asking, hearing, voting blind or not, deleting."""

import re
import uuid

import pytest
from django.contrib.admin.models import LogEntry
from django.core.files.storage import default_storage

from generator import auditions
from generator.auditions import Sheet
from generator.models import Audition, Composition, Status, Vote
from tests.generator.auditioning import AUDITIONS, finish, names_in, page_of, vote, words


@pytest.fixture(autouse=True)
def enqueued(monkeypatch):
    """The pieces that were put on the queue."""
    pieces = []
    monkeypatch.setattr(auditions.jobs, "enqueue", pieces.append)
    return pieces


# Asking for one.


def test_one_click_auditions_the_default_model_and_the_latest_other(as_dora, models, enqueued):
    form = as_dora.get(f"{AUDITIONS}add/").context["form"]
    sent = {name: form[name].value() or "" for name in form.fields}
    answer = as_dora.post(f"{AUDITIONS}add/", sent)
    made = Audition.objects.get()
    assert answer.url == page_of(made)
    assert set(made.candidates.all()) == {models[0], models[2]}
    assert (made.is_blind, made.seconds, made.style) == (True, 30, "")
    assert enqueued == list(made.pieces.waiting())


def test_every_model_plays_the_same_four_seeds_for_the_member_of_staff(as_dora, dora, models):
    sent = {"candidates": [m.pk for m in models], "seconds": 20, "first_seed": 7, "style": "bach"}
    as_dora.post(f"{AUDITIONS}add/", sent)
    made = Audition.objects.get()
    assert made.is_blind is False
    for model in models:
        pieces = made.pieces.filter(model=model).order_by("take")
        assert [(p.seed, p.take) for p in pieces] == [(7, 1), (8, 2), (9, 3), (10, 4)]
        assert len({p.request_key for p in pieces}) == 1
        assert {(p.owner, p.visibility, p.style, p.requested_duration) for p in pieces} == {
            (dora, "private", "bach", 20)
        }
    titles = set(made.pieces.values_list("title", flat=True))
    assert len(titles) == 4
    assert all(title.startswith(f"Audition {made.pk}: ") for title in titles)
    assert LogEntry.objects.get().object_id == str(made.pk)


def test_the_same_form_twice_makes_one_audition(as_dora, models):
    sent = {"candidates": [m.pk for m in models], "seconds": 30, "request_key": uuid.uuid4()}
    first, second = (as_dora.post(f"{AUDITIONS}add/", sent) for _ in range(2))
    assert first.url == second.url
    assert Composition.objects.count() == 12
    assert LogEntry.objects.count() == 1


def test_the_address_preselects_models_and_what_is_no_model_is_left_out(as_dora, models):
    query = f"?candidates={models[1].pk}&candidates=x&candidates=99999999999999999999"
    answer = as_dora.get(f"{AUDITIONS}add/{query}")
    assert answer.context["form"]["candidates"].value() == [models[1].pk, models[0].pk]


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"candidates": []}, "Choose two models at least."),
        ({"candidates": [0]}, "Choose 2 to 8 models, not 1."),
        ({"candidates": ["99999999999999999999"]}, "One of these models is gone. Choose again."),
        ({"candidates": [0, 2], "style": "chopin"}, "“Tavern” does not know this style."),
        ({"style": "polka"}, "No two models here know this style."),
        ({"seconds": "5"}, "Ensure this value is greater than or equal to 10."),
        ({"first_seed": "4294967293"}, "Ensure this value is less than or equal to 4294967292."),
    ],
)
def test_a_wrong_wish_gets_a_sentence(as_dora, models, wrong, sentence):
    sent = {"candidates": [0, 1], "seconds": 30} | wrong
    sent["candidates"] = [models[c].pk if isinstance(c, int) else c for c in sent["candidates"]]
    answer = as_dora.post(f"{AUDITIONS}add/", sent)
    assert [str(e) for errors in answer.context["form"].errors.values() for e in errors] == [
        sentence
    ]
    assert sentence in answer.text
    assert not Audition.objects.exists()


def test_without_two_models_the_page_says_so(as_dora, trained_model):
    assert "An audition needs two models" in as_dora.get(f"{AUDITIONS}add/").text


def test_no_quota_holds_an_audition_back(audition, settings, as_dora):
    settings.MOST_UNFINISHED = 1
    made = audition()
    made.pieces.update(status=Status.FAILED)
    assert words(retry(as_dora, made)) == ["Piece A of row 1 is queued again."]


# Hearing it.


def test_the_page_lays_the_pieces_side_by_side(as_dora, audition):
    made = audition()
    finish(made)
    answer = as_dora.get(page_of(made))
    assert answer.text.count("<audio") == answer.text.count('viewBox="0 0 1000 240"') == 8
    assert [row.number for row in answer.context["sheet"].rows] == [1, 2, 3, 4]
    assert "Notes a second" in answer.text
    assert "hx-get" not in answer.text
    piece = made.pieces.first()
    assert as_dora.get(f"/compositions/{piece.pk}/audio.mp3").status_code == 200


def test_hidden_names_stand_nowhere_on_the_page(as_dora, audition, models):
    made = audition(is_blind=True)
    finish(made, seed=100)
    made.pieces.filter(seed=101).update(status=Status.FAILED, error="No file concert.keras.")
    Vote.objects.create(audition=made, person_id=made.created_by_id, seed=100, was_blind=True)
    answer = as_dora.get(page_of(made))
    assert names_in(answer, models) == set()
    assert "The reason names the model" in answer.text
    state = as_dora.get(f"{AUDITIONS}{made.pk}/state/")
    assert names_in(state, models) == set()
    # Nor do the names of things: of each kind there is one a row and letter, or it is random.
    ids = set(re.findall(r' id="(piece-[^"]*)"', answer.text))
    assert {i.removesuffix("-name") for i in ids} == {f"piece-{r}{x}" for r in "1234" for x in "AB"}


def test_the_letters_stand_for_other_models_in_another_row(models):
    audition, orders = Audition(pk=1, first_seed=0), set()
    for seed in range(40):
        orders.add(tuple(audition.in_order(seed, models)))
        assert audition.in_order(seed, models) == audition.in_order(seed, models[::-1])
    assert len(orders) == 6


def test_the_letters_cannot_be_told_without_the_sites_secret(models, settings):
    def orders():
        return [Audition(pk=1, first_seed=0).in_order(seed, models) for seed in range(8)]

    before = orders()
    settings.SECRET_KEY = "another secret, fifty characters long or a little more"
    assert orders() != before


def test_an_open_audition_shows_the_names_at_once(as_dora, audition, models):
    answer = as_dora.get(page_of(audition(is_blind=False)))
    assert [e.model.name for e in answer.context["sheet"].rows[2].entries] == ["Concert", "Salon"]
    assert {"Concert", "Salon"} <= names_in(answer, models)


def test_while_pieces_are_made_the_page_asks_for_what_has_changed(as_dora, audition):
    made = audition()
    page = as_dora.get(page_of(made)).text
    ask = re.search(r'hx-get="([^"]*)"', page)[1]
    assert as_dora.get(ask).status_code == 204
    finish(made, seed=100)
    made.pieces.filter(seed=101).update(status=Status.COMPOSING, progress=0.25)
    told = as_dora.get(ask).text
    assert set(re.findall(r'id="(piece-\w+|vote-\d)"', told)) == {
        "piece-1A", "piece-1B", "piece-2A", "piece-2B", "vote-1", "vote-2",
    }  # fmt: skip
    assert "25 %" in told
    assert "2 of 8 pieces are ready." in told
    finish(made)
    assert 'id="audition-poll"></div>' in as_dora.get(ask).text


@pytest.mark.parametrize("seen", ["", "nonsense", "hidden.a.b", "open" + ".ready" * 8])
def test_whatever_a_page_says_it_shows_gets_an_answer(as_dora, audition, seen):
    made = audition()
    assert as_dora.get(f"{AUDITIONS}{made.pk}/state/", {"seen": seen}).status_code == 200


def test_the_asking_ends_with_the_audition(as_dora, models):
    assert as_dora.get(f"{AUDITIONS}7/state/").status_code == 286


def retry(client, audition, row="1", choice="A"):
    data = {"row": row, "choice": choice}
    return client.post(f"{AUDITIONS}{audition.pk}/retry/", data, follow=True)


def test_a_failed_piece_says_why_and_can_be_tried_again(as_dora, dora, audition, enqueued):
    made = audition()
    piece = Sheet(made, dora).rows[2].entries[1].piece
    Composition.objects.filter(pk=piece.pk).update(status=Status.FAILED, error="It was too long.")
    assert "It was too long." in as_dora.get(page_of(made)).text
    assert words(retry(as_dora, made, 3, "B")) == ["Piece B of row 3 is queued again."]
    assert enqueued == [piece]
    assert words(retry(as_dora, made, 3, "B")) == ["There was nothing to try again."]
    assert LogEntry.objects.get().get_change_message() == "Piece B of row 3 is queued again."


def test_a_piece_that_is_gone_or_lost_its_files_leaves_the_page_whole(as_dora, audition):
    made = audition()
    finish(made)
    gone, lost = made.pieces.filter(seed=100)
    gone.delete_with_files()
    default_storage.delete(lost.notes.name)
    page = as_dora.get(page_of(made)).text
    assert "This piece has been deleted." in page
    assert "The file of its notes is gone." in page


# The list, and the end.


def test_the_list_counts_pieces_and_votes(as_dora, audition, django_assert_max_num_queries):
    made = audition()
    finish(made, seed__lt=102)
    vote(as_dora, made, 1, "A")
    vote(as_dora, made, 2, "A")
    for _ in range(5):
        audition()
    with django_assert_max_num_queries(12):
        page = as_dora.get(AUDITIONS).text
    assert "4 of 8" in page
    assert re.search(r'class="field-cast">2<', page)
    assert "Concert and Salon" in page
    assert as_dora.get(f"{AUDITIONS}?seconds__regex=[").status_code == 400


@pytest.mark.parametrize("way", ["page", "action"])
def test_pieces_and_files_go_with_an_audition(
    as_dora, audition, way, django_capture_on_commit_callbacks
):
    made, other = audition(), audition()
    finish(made)
    names = list(made.pieces.values_list("mp3", flat=True))
    if way == "page":
        url, sent = f"{AUDITIONS}{made.pk}/delete/", {}
        assert "8 pieces with their files, 0 votes" in as_dora.get(url).text
    else:
        url, sent = AUDITIONS, {"action": "delete_selected", "_selected_action": [made.pk]}
    with django_capture_on_commit_callbacks(execute=True):
        as_dora.post(url, sent | {"post": "yes"})
    assert list(Audition.objects.all()) == [other]
    assert Composition.objects.count() == 8
    assert not any(default_storage.exists(name) for name in names)
    assert LogEntry.objects.get().object_repr == f"Audition {made.pk}"


def test_nothing_of_an_audition_is_changed_by_its_page(as_dora, audition):
    made = audition()
    assert as_dora.post(page_of(made), {"seconds": 99}).status_code == 405
    for page in ("vote", "retry"):
        assert as_dora.get(f"{AUDITIONS}{made.pk}/{page}/").status_code == 405
