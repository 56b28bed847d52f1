from datetime import timedelta

import pytest
from django.utils import timezone

from generator.estimate import JUDGED_BY, Wait, expected_wait, pace_of, roughly
from generator.models import Status, TrainedModel


@pytest.fixture
def made(piece):
    """A maker of finished pieces that took so many seconds of work a second of music."""

    def make(pace, seconds=60, hours_ago=1, **fields):
        finished = timezone.now() - timedelta(hours=hours_ago)
        return piece(
            status=Status.READY,
            duration=seconds,
            progress=1,
            started_at=finished - timedelta(seconds=pace * seconds),
            finished_at=finished,
            **fields,
        )

    return make


def test_without_history_nothing_is_known(trained_model, piece):
    piece()
    assert expected_wait(trained_model, 60) is None


def test_the_pace_is_the_median_of_what_was_made(trained_model, made):
    for pace in (0.5, 0.6, 40):
        made(pace)
    assert pace_of(trained_model) == pytest.approx(0.6)


def test_only_the_latest_pieces_tell_it(trained_model, made):
    for _ in range(JUDGED_BY):
        made(0.5, hours_ago=1)
    for _ in range(JUDGED_BY + 1):
        made(4, hours_ago=2)
    assert pace_of(trained_model) == pytest.approx(0.5)


def test_each_model_has_its_own_pace(trained_model, made):
    other = TrainedModel.objects.create(
        name="Other", status="active", file="o.keras", sha256="2" * 64
    )
    made(0.5)
    made(3, model=other)
    assert pace_of(trained_model) == pytest.approx(0.5)
    assert pace_of(other) == pytest.approx(3)


def test_pieces_of_unknown_times_tell_nothing(trained_model, piece, made):
    piece(status=Status.READY, duration=60)
    piece(status=Status.FAILED, started_at=timezone.now(), finished_at=timezone.now(), duration=9)
    made(0.5, seconds=0)
    assert pace_of(trained_model) is None


def test_nobody_before(trained_model, made):
    made(0.5)
    wait = expected_wait(trained_model, 60)
    assert (wait.before, wait.pieces_before) == (0, 0)
    assert wait.making == pytest.approx(30)


def test_takes_are_made_one_after_the_other(trained_model, made):
    made(0.5)
    assert expected_wait(trained_model, 60, takes=3).making == pytest.approx(90)


def at_work(piece, **fields):
    return piece(status=Status.COMPOSING, heartbeat_at=timezone.now(), **fields)


def test_what_is_before_counts_as_far_as_it_is_not_done(trained_model, made, piece):
    made(0.5)
    piece(requested_duration=100)
    at_work(piece, requested_duration=100, progress=0.8)
    wait = expected_wait(trained_model, 60)
    assert wait.before == pytest.approx(50 + 10)
    assert wait.pieces_before == 2


def test_a_beginning_is_work_too(trained_model, made, piece):
    made(0.5)
    piece(requested_duration=100, takeover=40)
    assert expected_wait(trained_model, 60).before == pytest.approx(70)


def test_pieces_of_other_models_count_by_their_pace(trained_model, made, piece):
    other = TrainedModel.objects.create(
        name="Other", status="active", file="o.keras", sha256="2" * 64
    )
    unknown = TrainedModel.objects.create(
        name="New", status="active", file="n.keras", sha256="3" * 64
    )
    made(0.5)
    made(2, model=other)
    piece(requested_duration=100, model=other)
    piece(requested_duration=100, model=unknown)
    assert expected_wait(trained_model, 60).before == pytest.approx(200 + 50)


def test_living_workers_share_the_work(trained_model, made, piece):
    made(0.5)
    for _ in range(2):
        at_work(piece, requested_duration=100)
    piece(
        status=Status.COMPOSING,
        heartbeat_at=timezone.now() - timedelta(minutes=2),
        requested_duration=100,
    )
    wait = expected_wait(trained_model, 60, takes=3)
    assert wait.before == pytest.approx(150 / 2)
    assert wait.making == pytest.approx(60)


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "a few seconds"), (7, "a few seconds"), (8, "10 seconds"), (33, "35 seconds"),
        (56, "55 seconds"), (57, "1 minute"), (89, "1 minute"), (91, "2 minutes"),
        (3600, "60 minutes"), (5399, "90 minutes"), (5400, "1.5 hours"), (7200, "2 hours"),
    ],
)  # fmt: skip
def test_spans_are_told_as_one_says_them(seconds, words):
    assert roughly(seconds) == words


def test_a_wait_tells_both_parts():
    wait = Wait(before=120, making=40, pieces_before=2)
    assert (wait.in_words, wait.before_in_words) == ("3 minutes", "2 minutes")


# On the page.


def test_the_form_tells_it(as_alice, made, piece):
    made(0.5)
    piece(requested_duration=100)
    page = as_alice.get("/compose/?duration=20").text
    assert "Ready in about 1 minute." in page
    assert "1 piece comes first, which takes about 50 seconds." in page


def test_the_form_says_when_it_is_not_known(as_alice, trained_model):
    assert "How long it takes is not known yet." in as_alice.get("/compose/").text


def test_a_change_of_the_wish_is_asked_about(as_alice, made):
    made(0.5)
    answer = as_alice.get("/compose/wait/?duration=240&takes=2", headers={"HX-Request": "true"})
    assert answer.templates[0].name == "generator/_wait.html"
    assert "Ready in about 4 minutes." in answer.text
    assert "<html" not in answer.text


def test_a_beginning_counts_there(as_alice, made, beginning):
    made(0.5)
    query = f"duration=60&takeover=60&beginning={beginning(seconds=90).pk}"
    assert "Ready in about 1 minute." in as_alice.get(f"/compose/wait/?{query}").text
    assert "30 seconds" in as_alice.get("/compose/wait/?duration=60&takeover=60").text


@pytest.mark.parametrize("query", ["", "duration=x&takes=9&model=Nobody", "takeover=inf", "%00"])
def test_nonsense_is_no_error(as_alice, made, query):
    made(0.5)
    answer = as_alice.get(f"/compose/wait/?{query}")
    assert "Ready in about 30 seconds." in answer.text


def test_without_a_model_nothing_is_known(as_alice):
    assert "not known yet" in as_alice.get("/compose/wait/").text


def test_with_the_quota_used_up_it_says_what_to_do(as_alice, piece, settings):
    settings.MOST_UNFINISHED = 1
    piece()
    assert (
        "You have as many pieces in the making as one may have." in as_alice.get("/compose/").text
    )


def test_a_visitor_is_sent_to_the_login(client, db):
    assert client.get("/compose/wait/").url.startswith("/accounts/login/")


def test_it_rejects_post(as_alice):
    assert as_alice.post("/compose/wait/").status_code == 405


def test_the_form_takes_few_queries(as_alice, made, piece, django_assert_max_num_queries):
    for _ in range(20):
        made(0.5)
        piece()
    with django_assert_max_num_queries(16):
        as_alice.get("/compose/")
