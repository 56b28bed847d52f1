import re
from datetime import timedelta

import pytest
from django.utils import timezone

from generator.models import Status, Visibility

UNFINISHED = [Status.QUEUED, Status.COMPOSING, Status.RENDERING]
ENDED = [Status.FAILED, Status.CANCELLED]
HTMX = {"HX-Request": "true"}


def text(response):
    return re.sub(r"\s+", " ", response.content.decode())


@pytest.mark.parametrize("status", UNFINISHED)
def test_it_polls_while_the_piece_is_made(as_alice, piece, status):
    made = piece(status=status)

    page = text(as_alice.get(f"/compositions/{made.pk}/"))

    assert f'hx-get="/compositions/{made.pk}/" hx-trigger="every 2s"' in page
    assert "js/status.js" in page


@pytest.mark.parametrize("status", ENDED)
def test_it_stops_polling_when_that_has_ended(as_alice, piece, status):
    made = piece(status=status)

    for headers in ({}, HTMX):
        assert "every 2s" not in text(as_alice.get(f"/compositions/{made.pk}/", headers=headers))


def test_it_stops_polling_when_the_piece_is_ready(as_alice, ready_piece):
    made = ready_piece()

    fragment = text(as_alice.get(f"/compositions/{made.pk}/", headers=HTMX))

    assert "hx-trigger" not in fragment
    assert "<audio controls" in fragment


def test_the_news_leave_title_and_buttons_alone(as_alice, piece):
    """What has the focus, or is being pressed, must not be replaced every two seconds."""
    made = piece(status=Status.COMPOSING, progress=0.42)

    news = as_alice.get(f"/compositions/{made.pk}/", headers=HTMX)

    assert 'id="making"' in news.text
    assert "<h1" not in news.text
    assert "<button" not in news.text
    assert "HX-Retarget" not in news


@pytest.mark.parametrize("status", [Status.READY, *ENDED])
def test_what_has_ended_changes_the_whole_piece(as_alice, ready_piece, status):
    made = ready_piece(status=status)

    end = as_alice.get(f"/compositions/{made.pk}/", headers=HTMX)

    assert end["HX-Retarget"] == "#piece"
    assert '<h1 class="piece__title" id="piece-title"' in end.text


@pytest.mark.parametrize(
    ("fields", "page_title", "title_of_news"),
    [
        ({"status": Status.QUEUED}, "No. 1 in the queue · Lantern", None),
        ({"status": Status.COMPOSING, "progress": 0.996}, "99 % · Lantern", None),
        ({"status": Status.RENDERING, "progress": 1}, "Recording · Lantern", None),
        ({"status": Status.READY}, "Lantern", "Ready: Lantern"),
        ({"status": Status.FAILED}, "Lantern", "Failed: Lantern"),
    ],
    ids=lambda value: str(value),
)
def test_the_title_of_the_window_tells_how_far_it_is(
    as_alice, ready_piece, fields, page_title, title_of_news
):
    made = ready_piece(title="Lantern", **fields)

    page = text(as_alice.get(f"/compositions/{made.pk}/"))
    news = text(as_alice.get(f"/compositions/{made.pk}/", headers=HTMX))

    assert f"<title>{page_title} · Nocturne</title>" in page
    assert f"<title>{title_of_news or page_title} · Nocturne</title>" in news


def test_it_says_how_long_it_will_take_yet(as_alice, piece, ready_piece):
    now = timezone.now()
    ready_piece(duration=60, started_at=now - timedelta(seconds=120), finished_at=now)
    composing = piece(status=Status.COMPOSING, progress=0.5)
    recording = piece(status=Status.RENDERING, progress=1, started_at=now - timedelta(seconds=85))

    assert "About 2 minutes left." in text(as_alice.get(f"/compositions/{composing.pk}/"))
    assert "About 35 seconds left." in text(as_alice.get(f"/compositions/{recording.pk}/"))


def test_without_history_it_promises_nothing(as_alice, piece):
    made = piece(status=Status.COMPOSING, progress=0.5)

    assert " left." not in text(as_alice.get(f"/compositions/{made.pk}/"))


def test_htmx_gets_the_changing_part_only(as_alice, piece):
    made = piece(status=Status.COMPOSING, progress=0.42, title="Lantern")

    response = as_alice.get(f"/compositions/{made.pk}/", headers=HTMX)

    assert response.templates[0].name == "gallery/_making_now.html"
    assert "<html" not in text(response)
    assert "<title>42 % · Lantern · Nocturne</title>" in text(response)
    assert "HX-Request" in response["Vary"]


def test_a_boosted_link_gets_the_whole_page(as_alice, piece):
    made = piece()

    response = as_alice.get(f"/compositions/{made.pk}/", headers=HTMX | {"HX-Boosted": "true"})

    assert "<html" in text(response)
    assert "HX-Boosted" in response["Vary"]


def test_going_back_in_history_gets_the_whole_page(as_alice, piece):
    made = piece()
    headers = HTMX | {"HX-History-Restore-Request": "true"}

    assert "<html" in text(as_alice.get(f"/compositions/{made.pk}/", headers=headers))


def test_it_tells_the_place_in_the_queue(as_alice, piece):
    made = [piece() for _ in range(3)]

    places = [text(as_alice.get(f"/compositions/{one.pk}/")) for one in made]

    assert "Yours is the next to be composed." in places[0]
    assert "One piece is before yours." in places[1]
    assert "No. 3" in places[2]
    assert "2 pieces are before yours." in places[2]


def test_it_tells_the_true_percentage(as_alice, piece):
    made = piece(status=Status.COMPOSING, progress=0.42)

    assert '<progress class="progress" max="100" value="42"' in text(
        as_alice.get(f"/compositions/{made.pk}/")
    )


@pytest.mark.parametrize(
    ("status", "stage"),
    [
        (Status.QUEUED, "Queue"),
        (Status.COMPOSING, "Composing"),
        (Status.RENDERING, "Recording"),
    ],
)
def test_it_marks_the_present_stage(as_alice, piece, status, stage):
    made = piece(status=status)

    page = text(as_alice.get(f"/compositions/{made.pk}/"))

    assert re.findall(r'aria-current="step">(\w+)<', page) == [stage]


@pytest.mark.parametrize("status", UNFINISHED)
def test_the_owner_can_cancel_while_it_is_made(as_alice, piece, status):
    made = piece(status=status)

    page = text(as_alice.get(f"/compositions/{made.pk}/"))

    assert f'action="/compositions/{made.pk}/cancel/" method="post"' in page


@pytest.mark.parametrize("status", ENDED)
def test_the_owner_can_retry_what_has_stopped(as_alice, piece, status):
    made = piece(status=status)

    page = text(as_alice.get(f"/compositions/{made.pk}/"))

    assert f'action="/compositions/{made.pk}/retry/" method="post"' in page


def test_a_failure_says_why(as_alice, piece):
    made = piece(status=Status.FAILED, error="FluidSynth is <not> installed.")

    page = text(as_alice.get(f"/compositions/{made.pk}/"))

    assert "FluidSynth is &lt;not&gt; installed." in page


def test_a_new_attempt_after_a_dead_worker_is_said_openly(as_alice, piece):
    made = piece(status=Status.COMPOSING, deaths=1, attempt=2)

    assert "This is attempt 2." in text(as_alice.get(f"/compositions/{made.pk}/"))


def test_without_script_it_loads_itself_again(as_alice, piece):
    made = piece()

    page = text(as_alice.get(f"/compositions/{made.pk}/"))

    assert '<noscript><meta http-equiv="refresh" content="10"></noscript>' in page


def test_the_live_region_lies_outside_the_polled_part(as_alice, piece):
    made = piece()

    page = text(as_alice.get(f"/compositions/{made.pk}/"))
    fragment = text(as_alice.get(f"/compositions/{made.pk}/", headers=HTMX))

    assert 'id="announcement" role="status"' in page
    assert "announcement" not in fragment.replace("data-announcement", "")
    assert 'data-announcement="Waiting in the queue."' in fragment


def test_a_ready_piece_plays_and_downloads(as_alice, ready_piece):
    made = ready_piece()

    page = text(as_alice.get(f"/compositions/{made.pk}/"))

    assert f'src="/compositions/{made.pk}/audio.mp3"' in page
    assert f'href="/compositions/{made.pk}/audio.mp3?download"' in page
    assert f'href="/compositions/{made.pk}/score.mid?download"' in page


def test_its_play_button_says_what_the_player_has_to_know(as_alice, ready_piece):
    made = ready_piece(title="Two “moons”")

    button = re.search(
        r"<button[^>]* data-play [^>]*>", text(as_alice.get(made.get_absolute_url()))
    )[0]

    assert f'data-src="/compositions/{made.pk}/audio.mp3"' in button
    assert f'data-href="/compositions/{made.pk}/"' in button
    assert 'data-title="Two “moons”" data-by="alice"' in button
    assert 'data-duration="2.0"' in button
    assert 'aria-label="Play Two “moons”" hidden' in button


def test_without_script_the_roll_is_a_picture(as_alice, ready_piece):
    made = ready_piece()

    assert f'src="/compositions/{made.pk}/roll.svg?1"' in text(
        as_alice.get(f"/compositions/{made.pk}/")
    )


def test_it_says_where_the_machine_took_over(as_alice, ready_piece):
    ours, continued = ready_piece(), ready_piece(takeover=65.0)

    assert "beginning that was given" not in text(as_alice.get(ours.get_absolute_url()))
    words = "The first 1 minute 5 seconds are the beginning that was given"
    assert words in text(as_alice.get(continued.get_absolute_url()))


@pytest.mark.parametrize(
    ("status", "grows"),
    [(Status.QUEUED, False), (Status.COMPOSING, True), (Status.RENDERING, True)],
)
def test_the_roll_grows_while_the_piece_is_made(as_alice, piece, status, grows):
    made = piece(status=status, requested_duration=30, takeover=12.5)

    page = text(as_alice.get(f"/compositions/{made.pk}/", headers=HTMX))

    drawn = f'data-growing data-notes="/compositions/{made.pk}/notes.json" data-duration="42.5"'
    assert (drawn in page) == grows
    assert (f'src="/compositions/{made.pk}/roll.svg' in page) == grows


def test_it_shows_every_setting(as_alice, ready_piece):
    made = ready_piece(seed=4294967295, temperature=1.15)

    page = text(as_alice.get(f"/compositions/{made.pk}/"))

    for value in ("0:02", "4294967295", "1.15", "Concert", "After Frédéric Chopin"):
        assert value in page


def test_a_visitor_sees_a_published_piece_without_the_owners_tools(client, ready_piece):
    made = ready_piece(visibility=Visibility.PUBLIC)

    page = text(client.get(f"/compositions/{made.pk}/"))

    assert "<audio controls" in page
    for tool in ("rename", "delete", "publish"):
        assert f"/{tool}/" not in page


def test_it_rejects_post(as_alice, piece):
    made = piece()

    assert as_alice.post(f"/compositions/{made.pk}/").status_code == 405


def test_its_queries_are_few(as_alice, piece, django_assert_num_queries):
    made = piece()

    # session, person, piece with what belongs to it, its place
    with django_assert_num_queries(4):
        as_alice.get(f"/compositions/{made.pk}/", headers=HTMX)


def test_it_names_the_music_behind_the_model_with_licence_and_credit(client, ready_piece):
    """The licences of the data ask for it wherever their music lives on."""
    made = ready_piece(visibility=Visibility.PUBLIC)
    made.model.training_data = "piano-midi.de"
    made.model.licence = "CC BY-SA 3.0 DE"
    made.model.credit = "Bernd Krueger, piano-midi.de"
    made.model.save(update_fields=["training_data", "licence", "credit"])

    page = text(client.get(f"/compositions/{made.pk}/"))

    assert "<dd>piano-midi.de (CC BY-SA 3.0 DE). Bernd Krueger, piano-midi.de</dd>" in page
