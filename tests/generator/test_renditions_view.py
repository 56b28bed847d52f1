"""/compositions/<uuid>/renditions/: asking for score and WAV, and looking how they are."""

import re
import uuid

import pytest
from django.utils import timezone

from generator.models import Kind, Rendition, RenditionStatus, Visibility

HTMX = {"HX-Request": "true"}


def text(response):
    return re.sub(r"\s+", " ", response.content.decode())


def address(piece):
    return f"/compositions/{piece.pk}/renditions/"


@pytest.fixture
def _no_queue(monkeypatch):
    """Redis is another test's affair: test_rendition_queue.py."""
    monkeypatch.setattr("generator.renditions.push_next", lambda: None)


pytestmark = pytest.mark.usefixtures("_no_queue")


@pytest.mark.parametrize("kind", Kind.values)
def test_the_owner_asks_and_comes_back_to_the_page(as_alice, alice, ready_piece, kind):
    piece = ready_piece()

    answer = as_alice.post(address(piece), {"kind": kind})

    assert (answer.status_code, answer["Location"]) == (302, f"/compositions/{piece.pk}/#{kind}")
    made = piece.renditions.get()
    assert (made.kind, made.status, made.asked_by) == (kind, RenditionStatus.QUEUED, alice)


def test_it_is_put_on_the_queue_with_the_commit(
    as_alice, ready_piece, monkeypatch, django_capture_on_commit_callbacks
):
    pushed = []
    monkeypatch.setattr("generator.renditions.push_next", lambda: pushed.append(True))

    with django_capture_on_commit_callbacks(execute=True):
        as_alice.post(address(ready_piece()), {"kind": "wav"})

    assert pushed == [True]


def test_asking_twice_is_asking_once(as_alice, ready_piece):
    piece = ready_piece()

    for _ in range(2):
        as_alice.post(address(piece), {"kind": "wav"})

    assert piece.renditions.get().attempt == 1


def test_what_failed_is_tried_again(as_alice, ready_piece):
    piece = ready_piece()
    made = Rendition.objects.create(composition=piece, kind=Kind.WAV)
    made.fail(1, "The disk of the server is full.")

    as_alice.post(address(piece), {"kind": "wav"})

    made.refresh_from_db()
    assert (made.status, made.attempt) == (RenditionStatus.QUEUED, 2)


@pytest.mark.parametrize("kind", [Kind.SCORE, Kind.WAV])
def test_what_failed_too_often_has_no_button_but_a_sentence(as_alice, ready_piece, kind):
    piece = ready_piece()
    made = Rendition.objects.create(composition=piece, kind=kind, attempt=8)
    made.fail(8, "The disk of the server is full.")

    answer = as_alice.get(f"{address(piece)}?kind={kind}", headers={"HX-Request": "true"})

    assert "tomorrow you may try again" in answer.text
    assert f'name="kind" value="{kind}"' not in answer.text


def test_whoever_may_hear_a_piece_may_ask(as_bob, bob, ready_piece):
    piece = ready_piece(visibility=Visibility.UNLISTED)

    as_bob.post(address(piece), {"kind": "wav"})

    assert piece.renditions.get().asked_by == bob


def test_a_visitor_logs_in_first(client, ready_piece):
    piece = ready_piece(visibility=Visibility.PUBLIC)

    answer = client.post(address(piece), {"kind": "wav"})
    by_script = client.post(address(piece), {"kind": "wav"}, headers=HTMX)

    login = f"/accounts/login/?next=/compositions/{piece.pk}/"
    assert (answer.status_code, answer["Location"]) == (302, login)
    assert by_script["HX-Redirect"] == login
    assert not Rendition.objects.exists()


@pytest.mark.parametrize("method", ["get", "post"])
def test_a_private_piece_is_as_a_missing_one(as_bob, ready_piece, method):
    for pk in (ready_piece().pk, uuid.uuid4()):
        answer = getattr(as_bob, method)(f"/compositions/{pk}/renditions/", {"kind": "wav"})
        assert answer.status_code == 404
    assert not Rendition.objects.exists()


@pytest.mark.parametrize("status", ["queued", "composing", "failed", "cancelled"])
def test_nothing_is_made_of_an_unfinished_piece(as_alice, piece, status):
    made = piece(status=status)

    assert as_alice.post(address(made), {"kind": "wav"}).status_code == 404
    assert as_alice.get(address(made)).status_code == 404


@pytest.mark.parametrize("kind", ["", "mp3", "\x00", "score"])
def test_anything_else_is_taken_for_the_score(as_alice, ready_piece, kind):
    piece = ready_piece()

    as_alice.post(address(piece), {"kind": kind})

    assert piece.renditions.get().kind == Kind.SCORE


def test_too_many_wavs_are_refused_with_a_sentence(as_alice, ready_piece, monkeypatch):
    monkeypatch.setattr("generator.models.renditions.MOST_WAVS", 0)
    piece = ready_piece()

    page = as_alice.post(address(piece), {"kind": "wav"}, follow=True)
    part = as_alice.post(address(piece), {"kind": "wav"}, headers=HTMX)

    for answer in (page, part):
        assert "as many as one may have at once" in text(answer)
    assert not Rendition.objects.exists()


def test_opened_in_a_browser_it_leads_to_the_page(as_alice, ready_piece):
    piece = ready_piece()

    answer = as_alice.get(address(piece), {"kind": "wav"})

    assert (answer.status_code, answer["Location"]) == (302, f"/compositions/{piece.pk}/#wav")


def test_htmx_gets_the_part_that_polls(as_alice, ready_piece):
    piece = ready_piece()

    part = text(as_alice.post(address(piece), {"kind": "wav"}, headers=HTMX))

    assert f'hx-get="/compositions/{piece.pk}/renditions/?kind=wav" hx-trigger="every 3s"' in part
    assert "The WAV is being made" in part
    assert "<html" not in part


@pytest.mark.parametrize("kind", Kind.values)
def test_nothing_is_sent_while_nothing_is_new(as_alice, ready_piece, kind):
    piece = ready_piece()
    Rendition.objects.create(composition=piece, kind=kind)

    answer = as_alice.get(address(piece), {"kind": kind}, headers=HTMX)

    assert (answer.status_code, answer.content) == (204, b"")


@pytest.mark.parametrize("kind", Kind.values)
@pytest.mark.parametrize("status", ["ready", "free", "failed"])
def test_the_polling_ends_by_itself(as_alice, ready_piece, kind, status):
    piece = ready_piece()
    fields = {"status": status, "error": "" if status == "ready" else "It could not be."}
    files = {"file": piece.mp3.name, "picture": piece.mp3.name, "finished_at": timezone.now()}
    Rendition.objects.create(composition=piece, kind=kind, **fields | files)

    part = text(as_alice.get(address(piece), {"kind": kind}, headers=HTMX))

    assert "hx-trigger" not in part
    said = re.search(r'hx-swap-oob="innerHTML:#announcement">([^<]+)<', part)[1]
    ready = {"wav": "The WAV is ready.", "score": "The score is ready."}
    assert (ready[kind] if status == "ready" else "It could not be.") in said


def test_the_polling_ends_when_a_dead_ones_row_is_gone(as_alice, ready_piece):
    part = text(as_alice.get(address(ready_piece()), {"kind": "wav"}, headers=HTMX))

    assert "hx-trigger" not in part
    assert "Prepare the WAV" in part


def test_its_queries_are_few(as_alice, ready_piece, django_assert_num_queries):
    piece = ready_piece()
    Rendition.objects.create(composition=piece, kind=Kind.WAV)

    with django_assert_num_queries(4):  # session, person, piece, rendition
        as_alice.get(address(piece), {"kind": "wav"}, headers=HTMX)


def test_it_rejects_delete(as_alice, ready_piece):
    assert as_alice.delete(address(ready_piece())).status_code == 405
