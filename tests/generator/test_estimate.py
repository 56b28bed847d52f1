"""How long a wish is likely to take: the sum, and how the form tells it."""

from datetime import timedelta

import pytest
from django.utils import timezone

from generator import overview
from generator.estimate import Wait, expected_wait, living_workers, roughly
from generator.models import Kind, Rendition, RenditionStatus, Status, TrainedModel
from generator.models.pace import GUIDED, HEARD_TWICE, JUDGED_BY, Pace, about, fit, pace_of
from generator.overview import OnRedis


@pytest.fixture(autouse=True)
def workers(monkeypatch):
    """So many composers are alive; one, unless said otherwise."""

    def there_are(count):
        queues = None if count is None else {"compositions": OnRedis(frozenset(), count)}
        monkeypatch.setattr(overview, "read_redis", lambda: queues)

    there_are(1)
    return there_are


@pytest.fixture
def made(piece):
    """A maker of finished pieces that took so many seconds of work a second of music."""

    def make(pace, seconds=60, hours_ago=1, fixed=0, **fields):
        finished = timezone.now() - timedelta(hours=hours_ago)
        return piece(
            status=Status.READY,
            duration=seconds,
            progress=1,
            started_at=finished - timedelta(seconds=fixed + pace * seconds),
            finished_at=finished,
            **fields,
        )

    return make


def another_model(name):
    return TrainedModel.objects.create(
        name=name, status="active", file=f"{name}.keras", sha256=name[0] * 64
    )


def at_work(piece, **fields):
    return piece(**{"status": Status.COMPOSING, "heartbeat_at": timezone.now()} | fields)


# The pace of a model.


def test_without_history_nothing_is_known(trained_model, piece):
    piece()
    assert expected_wait(trained_model, 60) is None


def test_where_all_lengths_are_alike_the_pace_is_the_median(trained_model, made):
    for pace in (0.5, 0.6, 40):
        made(pace)
    assert pace_of(trained_model) == Pace(0, pytest.approx(0.6))


def test_what_every_piece_costs_is_told_from_what_its_length_costs(trained_model, made):
    for seconds in (20, 60, 120, 300):
        made(0.1, seconds=seconds, fixed=6)
    made(9, seconds=30)  # the machine was busy
    pace = pace_of(trained_model)
    assert pace == Pace(pytest.approx(6), pytest.approx(0.1))
    assert pace.work(10) == pytest.approx(7)


def test_a_pace_is_never_negative():
    assert fit([(20, 1), (60, 30), (120, 70)]).fixed == 0
    assert fit([(20, 40), (60, 30), (120, 20)]) == Pace(0, 0.5)


def test_only_the_latest_pieces_tell_it(trained_model, made):
    for _ in range(JUDGED_BY):
        made(0.5, hours_ago=1)
    for _ in range(JUDGED_BY + 1):
        made(4, hours_ago=2)
    assert pace_of(trained_model).each == pytest.approx(0.5)


def test_each_model_has_its_own_pace(trained_model, made):
    other = another_model("Other")
    made(0.5)
    made(3, model=other)
    assert pace_of(trained_model).each == pytest.approx(0.5)
    assert pace_of(other).each == pytest.approx(3)


def test_pieces_of_unknown_times_tell_nothing(trained_model, piece, made):
    piece(status=Status.READY, duration=60)
    piece(status=Status.FAILED, started_at=timezone.now(), finished_at=timezone.now(), duration=9)
    made(0.5, seconds=0)
    assert pace_of(trained_model) is None


def test_a_wish_for_energy_or_loudness_takes_longer(trained_model, made):
    made(0.5 * GUIDED, energy=5)
    assert 1 < GUIDED < HEARD_TWICE  # recording takes as long as ever
    assert expected_wait(trained_model, 60).until_made == pytest.approx(30)
    guided = expected_wait(trained_model, 60, is_guided=True)
    assert guided.until_made == pytest.approx(30 * GUIDED)


# What comes before.


def test_nobody_before(trained_model, made):
    made(0.5)
    assert expected_wait(trained_model, 60) == Wait(0, pytest.approx(30), 0, 1)


def test_takes_are_made_one_after_the_other(trained_model, made):
    made(0.5)
    assert expected_wait(trained_model, 60, takes=3).until_made == pytest.approx(90)


def test_idle_workers_share_the_takes(trained_model, made, workers):
    made(0.5)
    workers(2)
    assert expected_wait(trained_model, 60, takes=4).until_made == pytest.approx(60)


def test_a_free_worker_begins_at_once(trained_model, made, piece, workers):
    made(0.5)
    workers(2)
    at_work(piece, requested_duration=100)
    assert expected_wait(trained_model, 60) == Wait(0, pytest.approx(30), 0, 2)


def test_what_is_before_counts_as_far_as_it_is_not_done(trained_model, made, piece):
    made(0.5)
    piece(requested_duration=100)
    at_work(piece, requested_duration=100, progress=0.8)  # then it is still to be recorded
    wait = expected_wait(trained_model, 60)
    assert wait.before == pytest.approx(50 + 30)
    assert wait.pieces_before == 2


@pytest.mark.parametrize(("passed", "left"), [(0, 25), (40, 10), (300, 0)])
def test_a_piece_that_is_being_recorded_is_not_done(trained_model, made, piece, passed, left):
    made(0.5)
    started = timezone.now() - timedelta(seconds=passed)
    recorded = {"status": Status.RENDERING, "progress": 1, "started_at": started}
    at_work(piece, requested_duration=100, **recorded)
    assert expected_wait(trained_model, 60).before == pytest.approx(left, abs=0.5)


def test_a_beginning_is_work_too(trained_model, made, piece):
    made(0.5)
    piece(requested_duration=100, takeover=40)
    assert expected_wait(trained_model, 60).before == pytest.approx(70)


def test_pieces_of_other_models_count_by_their_pace(trained_model, made, piece):
    other, unknown = another_model("Other"), another_model("New")
    made(0.5)
    made(2, model=other)
    piece(requested_duration=100, model=other)
    piece(requested_duration=100, model=unknown)
    assert expected_wait(trained_model, 60).before == pytest.approx(200 + 50)


def test_living_workers_share_the_work(trained_model, made, piece, workers):
    made(0.5)
    workers(2)
    for _ in range(2):
        at_work(piece, requested_duration=100)
    dead = timezone.now() - timedelta(minutes=2)
    at_work(piece, requested_duration=100, progress=0.9, heartbeat_at=dead)  # from the start again
    wait = expected_wait(trained_model, 60, takes=3)
    assert wait.before == pytest.approx(50)
    assert wait.until_made == pytest.approx(130)  # at 80, 110 and 130


def test_who_works_on_a_piece_is_alive_whatever_redis_says(trained_model, made, piece, workers):
    made(0.5)
    workers(None)
    at_work(piece, requested_duration=100)
    assert expected_wait(trained_model, 60).workers == 1


@pytest.mark.parametrize("count", [0, None], ids=["no worker", "no Redis"])
def test_without_workers_nothing_is_promised(trained_model, made, piece, workers, count):
    made(0.5)
    workers(count)
    piece()
    assert living_workers() == 0
    assert expected_wait(trained_model, 60) == Wait(0, 0, 1, 0)


def rendition(ready_piece, **fields):
    return Rendition.objects.create(composition=ready_piece(), kind=Kind.WAV, **fields)


def test_a_wav_that_is_being_made_is_waited_for(trained_model, made, ready_piece):
    made(0.5)
    now = timezone.now()
    for seconds in (40, 50, 900):
        times = {"started_at": now - timedelta(seconds=seconds), "finished_at": now}
        rendition(ready_piece, status=RenditionStatus.READY, **times)
    for _ in range(2):
        rendition(ready_piece)
    wait = expected_wait(trained_model, 60)
    assert (wait.before, wait.pieces_before) == (pytest.approx(50), 0)  # one at a time is queued

    rendition(ready_piece, started_at=now - timedelta(seconds=20))
    assert expected_wait(trained_model, 60).before == pytest.approx(30, abs=0.5)


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
    assert about(seconds) == (words if seconds < 8 else f"about {words}")


# On the page.


def asked(client, query=""):
    return client.get(f"/compose/wait/?{query}").text


def test_the_form_tells_it(as_alice, made, piece):
    made(0.5)
    piece(requested_duration=100)
    page = as_alice.get("/compose/?duration=20").text
    assert "Ready in about 1 minute." in page
    assert "1 piece comes first, which takes about 50 seconds." in page


def test_a_short_wait_is_told_in_plain_words(as_alice, made):
    made(0.05)
    assert "Ready in a few seconds.</strong> It is begun at once." in asked(as_alice)


def test_the_form_says_when_it_is_not_known(as_alice, trained_model):
    assert "How long it takes is not known yet." in as_alice.get("/compose/").text


def test_the_form_says_when_nothing_is_being_made(as_alice, made, workers):
    made(0.5)
    workers(None)
    page = as_alice.get("/compose/").text
    assert "Nothing is being made here just now." in page
    assert "Ready in" not in page


def test_a_change_of_the_wish_is_asked_about(as_alice, made):
    made(0.5)
    answer = as_alice.get("/compose/wait/?duration=240&takes=2", headers={"HX-Request": "true"})
    assert answer.templates[0].name == "generator/_wait.html"
    assert "Ready in about 4 minutes." in answer.text
    assert "<html" not in answer.text


def test_energy_and_loudness_count_there(as_alice, made):
    made(0.5)
    assert "about 30 seconds" in asked(as_alice, "duration=60&energy=any&loudness=any")
    assert "about 40 seconds" in asked(as_alice, "duration=60&energy=any&loudness=loud")
    assert "[name='energy'], [name='loudness']" in as_alice.get("/compose/").text


def test_a_beginning_counts_there(as_alice, made, beginning):
    made(0.5)
    query = f"duration=60&takeover=60&beginning={beginning(seconds=90).pk}"
    assert "Ready in about 1 minute." in asked(as_alice, query)
    assert "30 seconds" in asked(as_alice, "duration=60&takeover=60")


@pytest.mark.parametrize("query", ["", "takes=9&model=Nobody&energy=x", "takeover=inf", "%00"])
def test_nonsense_is_no_error(as_alice, made, query):
    made(0.5)
    assert "Ready in about 30 seconds." in asked(as_alice, query)


@pytest.mark.parametrize("length", ["", "x", "5", "1e9"])
def test_without_a_length_nothing_is_estimated(as_alice, made, length):
    made(0.5)
    shown = (
        asked(as_alice, f"duration={length}"),
        as_alice.post("/compose/", {"duration": length}).text,
    )
    for html in shown:
        assert "Say a length first" in html
        assert "Ready in" not in html


def test_without_a_model_nothing_is_known(as_alice):
    assert "not known yet" in asked(as_alice)


def test_with_the_quota_used_up_it_says_what_to_do(as_alice, piece, settings):
    settings.MOST_UNFINISHED = 1
    piece()
    assert (
        "You have as many pieces in the making as one may have." in as_alice.get("/compose/").text
    )


def test_more_takes_than_fit_are_told_before_they_are_asked_for(as_alice, made, settings):
    settings.MOST_UNFINISHED = 2
    made(0.5)
    assert "You may ask for 2 more pieces now. Choose fewer takes" in asked(as_alice, "takes=3")
    assert "Choose fewer takes" not in asked(as_alice, "takes=2")


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
