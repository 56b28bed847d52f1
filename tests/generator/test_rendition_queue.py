"""Renditions between rows and queue, which is real: one at a time, lost, and found again."""

from datetime import timedelta

import pytest
from django.db import IntegrityError
from django.utils import timezone

from generator import jobs, queueing, renditions
from generator.audio import AudioError
from generator.models import Composition, Kind, Rendition, RenditionStatus
from tests.generator import fakes

pytestmark = pytest.mark.usefixtures("disk_database", "redis_server", "fake_renditions")


def same_row(rendition):
    return Rendition.objects.get(pk=rendition.pk)


def minutes_ago(minutes):
    return timezone.now() - timedelta(minutes=minutes)


def on_queue():
    return queueing.queue().get_job_ids()


def test_only_numbers_travel(ready_piece, alice):
    made = renditions.ask(ready_piece(), Kind.SCORE, alice)
    (job,) = queueing.queue().jobs
    assert job.id == f"rendition-{made.pk}-1"
    assert job.func_name == "generator.renditions.make"
    assert (list(job.args), job.kwargs) == ([made.pk, 1], {})
    assert job.timeout == 425


def test_one_at_a_time_is_on_the_queue_and_pieces_come_before_the_next(ready_piece, piece, alice):
    first, second = (renditions.ask(ready_piece(), Kind.WAV, alice) for _ in range(2))
    assert on_queue() == [first.job_id]
    late = piece()
    jobs.enqueue(late)
    queueing.queue().pop_job_id()  # as the worker does
    renditions.make(first.pk, 1)
    assert on_queue() == [late.job_id, second.job_id]


def test_the_next_waits_until_the_one_at_hand_is_made(ready_piece, alice, monkeypatch):
    def meanwhile(midi_path, wav_path, **options):
        renditions.ask(ready_piece(), Kind.WAV, alice)
        assert on_queue() == []
        assert renditions.repair() == 0
        return fakes.fake_render_wav(midi_path, wav_path)

    monkeypatch.setattr(renditions.audio, "render_wav", meanwhile)
    first = renditions.ask(ready_piece(), Kind.WAV, alice)
    queueing.queue().pop_job_id()
    renditions.make(first.pk, 1)
    assert same_row(first).is_ready
    assert on_queue() == [Rendition.objects.waiting().get().job_id]


def test_a_crash_does_not_hold_up_the_next(ready_piece, alice, monkeypatch):
    def crash(*arguments, **options):
        raise ZeroDivisionError

    monkeypatch.setattr(renditions.audio, "render_wav", crash)
    first, second = (renditions.ask(ready_piece(), Kind.WAV, alice) for _ in range(2))
    queueing.queue().pop_job_id()
    with pytest.raises(ZeroDivisionError):
        renditions.make(first.pk, 1)
    assert on_queue() == [second.job_id]


def test_what_was_deleted_does_not_hold_up_the_next(ready_piece, alice):
    first, second = (renditions.ask(ready_piece(), Kind.WAV, alice) for _ in range(2))
    Composition.objects.filter(pk=first.composition_id).delete()
    queueing.queue().pop_job_id()
    renditions.make(first.pk, 1)
    assert on_queue() == [second.job_id]


@pytest.mark.usefixtures("fake_composer", "fake_render")
def test_a_piece_that_becomes_ready_asks_for_its_score(piece):
    made, waiting = piece(requested_duration=10), piece()
    jobs.enqueue(waiting)
    jobs.compose(str(made.pk), 1)
    score = made.renditions.get()
    assert (score.kind, score.asked_by) == (Kind.SCORE, None)
    assert on_queue() == [waiting.job_id, score.job_id]


@pytest.mark.usefixtures("fake_composer")
def test_a_piece_that_fails_asks_for_none(piece, monkeypatch):
    def render(*arguments, **options):
        raise AudioError("The soundfont is missing.")

    monkeypatch.setattr(jobs.audio, "render", render)
    jobs.compose(str(piece().pk), 1)
    assert not Rendition.objects.exists()
    assert on_queue() == []


@pytest.mark.usefixtures("fake_composer", "fake_render")
def test_a_piece_stays_ready_when_its_score_cannot_be_asked_for(piece, monkeypatch):
    def ask(*arguments):
        raise IntegrityError("the piece was deleted at this very moment")

    monkeypatch.setattr(renditions, "ask", ask)
    made = piece(requested_duration=10)
    jobs.compose(str(made.pk), 1)
    made.refresh_from_db()
    assert made.is_ready


def test_without_redis_it_waits_and_is_found_later(ready_piece, alice, redis_server, settings):
    redis_server.kill()
    redis_server.wait()
    made = renditions.ask(ready_piece(), Kind.SCORE, alice)
    assert same_row(made).status == RenditionStatus.QUEUED
    assert renditions.repair() == 0
    assert same_row(made).attempt == 1


# Lost and found.


def test_a_flushed_redis_gets_the_first_again(ready_piece, alice):
    first, second = (renditions.ask(ready_piece(), Kind.WAV, alice) for _ in range(2))
    queueing.queue().connection.flushall()
    assert renditions.repair() == 1
    assert on_queue() == [f"rendition-{first.pk}-2"]
    assert same_row(second).attempt == 1
    assert renditions.repair() == 0


def test_a_job_that_died_between_queue_and_worker_is_renewed(ready_piece, alice):
    made = renditions.ask(ready_piece(), Kind.WAV, alice)
    queueing.queue().pop_job_id()
    renditions.push_next()
    assert on_queue() == []  # its id is still taken
    assert renditions.repair() == 1
    assert on_queue() == [f"rendition-{made.pk}-2"]


def test_one_whose_worker_died_is_given_up_and_makes_room(wanted, alice):
    dead, waiting = wanted(started_at=minutes_ago(11)), wanted()
    assert renditions.repair() == 2
    row = same_row(dead)
    assert (row.status, row.error) == (
        RenditionStatus.FAILED,
        "The worker stopped in the middle of it.",
    )
    assert on_queue() == [same_row(waiting).job_id]
    assert renditions.ask(row.composition, Kind.SCORE, alice).attempt == 2


def test_one_that_is_being_made_is_left_alone(wanted):
    made = wanted(started_at=minutes_ago(6))
    assert renditions.repair() == 0
    assert same_row(made).status == RenditionStatus.QUEUED
