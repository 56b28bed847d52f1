"""Votes, names and figures of auditions."""

import re

import pytest
from django.contrib.admin.models import LogEntry

from generator.auditions import figures_of, most_repeats
from generator.models import Audition, Status, Vote
from ml import loops
from tests.generator.auditioning import (
    AUDITIONS,
    finish,
    names_in,
    page_of,
    vote,
    vote_on_all,
    words,
)


def test_the_names_are_shown_after_a_vote_on_every_row(as_dora, dora, audition, models):
    made = audition()
    finish(made)
    for row in (1, 2, 3):
        answer = vote(as_dora, made, row, "A")
        assert names_in(answer, models) == set()
    answer = vote(as_dora, made, 4, "none")
    assert words(answer) == [
        "Your vote on row 4 is kept. You have voted on every row: these are the names."
    ]
    assert {"Concert", "Salon"} <= names_in(answer, models)
    votes = {v.seed: v for v in made.votes.all()}
    liked = [made.in_order(seed, models[:2])[0] for seed in (100, 101, 102)]
    assert [votes[seed].model for seed in range(100, 104)] == [*liked, None]
    assert all(v.was_blind and v.person == dora for v in votes.values())
    log = LogEntry.objects.values_list("change_message", flat=True)
    assert len(log) == 4
    assert not any(model.name in entry for model in models for entry in log)


def test_names_stay_hidden_until_all_is_made_however_much_was_voted_on(as_dora, audition, models):
    made = audition()
    finish(made, seed__lt=103)
    for row in (1, 2, 3):
        answer = vote(as_dora, made, row, "B")
    assert names_in(answer, models) == set()
    made.pieces.filter(seed=103).update(status=Status.FAILED, error="The disk is full.")
    assert as_dora.get(f"{AUDITIONS}{made.pk}/state/?seen=hidden.x").headers["HX-Refresh"]
    assert {"Concert", "Salon"} <= names_in(as_dora.get(page_of(made)), models)


def test_each_member_of_staff_votes_without_the_names(as_dora, as_carol, audition, models):
    made = audition()
    finish(made)
    vote_on_all(as_dora, made)
    assert names_in(as_carol.get(page_of(made)), models) == set()
    assert "What staff thought" not in as_carol.get(page_of(made)).text


def test_a_vote_can_be_changed_until_the_names_are_shown(as_dora, audition, models):
    made = audition()
    finish(made)
    vote(as_dora, made, 1, "A")
    vote(as_dora, made, 1, "B")
    assert made.votes.get().model == made.in_order(100, models[:2])[1]
    vote_on_all(as_dora, made, "B")
    answer = vote(as_dora, made, 1, "A")
    assert words(answer) == ["This vote stays as it is: you have been shown the names since."]
    assert made.votes.get(seed=100).model == made.in_order(100, models[:2])[1]


def test_a_vote_with_the_names_in_sight_is_not_blind_and_can_be_changed(as_dora, audition, models):
    made = audition(is_blind=False)
    finish(made)
    vote(as_dora, made, 1, "A")
    vote(as_dora, made, 1, "B")
    cast = made.votes.get()
    assert (cast.model, cast.was_blind) == (models[1], False)


@pytest.mark.parametrize(
    ("row", "choice", "sentence"),
    [
        ("1", "C", "There is no such piece in this row. Choose one of its letters."),
        ("1", "", "There is no such piece in this row. Choose one of its letters."),
        ("5", "A", "There is no such row in this audition."),
        ("x", "none", "There is no such row in this audition."),
        ("2", "A", "One can vote on a row once all of its pieces are ready."),
    ],
)
def test_a_vote_on_nothing_gets_a_sentence(as_dora, audition, row, choice, sentence):
    made = audition()
    finish(made, seed=100)
    assert words(vote(as_dora, made, row, choice)) == [sentence]
    assert not made.votes.exists()
    assert not LogEntry.objects.exists()


def test_htmx_gets_the_rows_form_anew_and_the_page_with_the_names(as_dora, audition):
    made = audition()
    finish(made)
    htmx = {"HX-Request": "true"}
    part = vote(as_dora, made, 2, "B", **htmx)
    assert part.text.count("<form") == 1
    assert re.search(r'value="B" required checked', part.text)
    assert "3 rows wait for your vote." in part.text
    assert "no such piece" in vote(as_dora, made, 2, "Z", **htmx).text
    vote_on_all(as_dora, audition())
    for row in (1, 3):
        vote(as_dora, made, row, "A")
    assert vote(as_dora, made, 4, "A", **htmx).headers["HX-Refresh"] == "true"


def test_votes_are_counted_for_every_model_that_was_heard(dora, carol, audition, models):
    concert, salon, tavern = models
    made = audition()
    Vote.objects.create(audition=made, person=dora, seed=100, model=salon, was_blind=True)
    Vote.objects.create(audition=made, person=carol, seed=100, model=None, was_blind=True)
    Vote.objects.create(audition=made, person=dora, seed=101, model=concert, was_blind=False)
    assert Vote.objects.tallies_of(salon)[0].compared == 0  # before they have seen the names
    made.shown_to.set([dora, carol])
    told = {m: [(t.won, t.tied, t.compared) for t in Vote.objects.tallies_of(m)] for m in models}
    assert told == {
        concert: [(0, 1, 2), (1, 0, 1)],
        salon: [(1, 1, 2), (0, 0, 1)],
        tavern: [(0, 0, 0), (0, 0, 0)],
    }
    assert Vote.objects.tallies()[salon.pk] == Vote.objects.tallies_of(salon)


def test_a_model_may_show_only_auditions_whose_names_are_known(dora, as_dora, carol, audition):
    blind, plain = audition(), audition(is_blind=False)
    finish(blind)
    assert list(Audition.objects.open_to(dora)) == [plain]
    vote_on_all(as_dora, blind)
    assert set(Audition.objects.open_to(dora)) == {blind, plain}
    assert list(Audition.objects.open_to(carol)) == [plain]


def test_the_figures_are_those_of_the_evaluation():
    notes = [[0, 500, 60, 60], [500, 500, 62, 70], [4000, 1000, 60, 80], [5000, 1000, 62, 90]]
    told = dict(figures_of(notes, 7.5))
    assert told == {
        "Length": "7.5 s",
        "Notes a second": "0.7",
        "Pitches": "2, C4 to D4",
        "Mean velocity": "75",
        "Longest silence": "3.0 s",
        "Same pattern in a row": "2 times",
    }
    for pitches in ([60], [60] * 9, [1, 2, 3] * 5, [1, 2, 3, 4, 1, 2, 3], [5, 1, 2, 1, 2, 1, 7]):
        assert most_repeats(pitches) == loops.most_repeats(pitches)
    assert figures_of([], 2.0) == [("Length", "2.0 s"), ("Notes", "none")]
