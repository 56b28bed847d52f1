import threading
import uuid
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from generator.models import (
    MOST_DEATHS,
    Composition,
    QuotaError,
    Status,
    TrainedModel,
    Visibility,
)


def silence(piece):
    """Let the piece's worker have died some minutes ago."""
    long_ago = timezone.now() - timedelta(minutes=2)
    Composition.objects.filter(pk=piece.pk).update(heartbeat_at=long_ago)


def same_row(piece):
    return Composition.objects.get(pk=piece.pk)


# Claims and tokens.


def test_a_claim_starts_composing_under_a_fresh_token(piece):
    made = piece(error="Something of an earlier attempt.", progress=0.5)
    assert made.claim(1)
    row = same_row(made)
    assert (row.status, row.progress, row.error) == (Status.COMPOSING, 0, "")
    assert row.token == made.token is not None
    assert row.started_at == row.heartbeat_at == made.heartbeat_at


def test_only_the_first_claim_wins(piece):
    made = piece()
    other = same_row(made)
    assert made.claim(1)
    assert not other.claim(1)


@pytest.mark.parametrize("attempt", [0, 2])
def test_another_attempt_cannot_be_claimed(piece, attempt):
    assert not piece().claim(attempt)


@pytest.mark.parametrize("status", [s for s in Status if s != Status.QUEUED])
def test_only_what_is_queued_can_be_claimed(piece, status):
    assert not piece(status=status).claim(1)


def test_the_worker_moves_its_attempt_to_the_end(piece):
    made = piece()
    assert made.claim(1)
    assert made.advance(0.5)
    assert same_row(made).progress == 0.5
    assert made.beat()
    assert made.start_rendering()
    assert same_row(made).progress == 1
    assert made.finish(duration=62.0, note_count=3)
    row = same_row(made)
    assert (row.status, row.token, row.duration) == (Status.READY, None, 62.0)
    assert row.finished_at


def test_it_cannot_finish_what_it_has_not_rendered(piece):
    made = piece()
    made.claim(1)
    assert not made.finish()


@pytest.mark.parametrize("move", ["beat", "start_rendering", "finish"])
def test_who_lost_the_token_can_change_nothing(piece, move):
    orphan = piece()
    orphan.claim(1)
    silence(orphan)
    successor = same_row(orphan)
    assert successor.put_back()
    assert successor.claim(2)
    assert not getattr(orphan, move)()
    assert not orphan.advance(0.9)
    assert not orphan.fail("An old story.")
    assert same_row(orphan).token == successor.token


def test_a_failure_keeps_its_reason_within_bounds(piece):
    made = piece()
    made.claim(1)
    assert made.fail("x" * 1000)
    row = same_row(made)
    assert row.status == Status.FAILED
    assert len(row.error) == 300


# Cancelling, trying again.


@pytest.mark.parametrize("status", [Status.QUEUED, Status.COMPOSING, Status.RENDERING])
def test_what_is_unfinished_can_be_cancelled(piece, status):
    made = piece(status=status, token=uuid.uuid4())
    assert made.cancel()
    row = same_row(made)
    assert (row.status, row.token) == (Status.CANCELLED, None)


@pytest.mark.parametrize("status", [Status.READY, Status.FAILED, Status.CANCELLED])
def test_what_has_ended_cannot_be_cancelled(piece, status):
    assert not piece(status=status).cancel()


@pytest.mark.parametrize("status", [Status.FAILED, Status.CANCELLED])
def test_what_has_stopped_can_be_tried_again(piece, status):
    long_ago = timezone.now() - timedelta(days=1)
    made = piece(status=status, deaths=2, error="Reason.", queued_at=long_ago, attempt=3)
    assert made.retry()
    assert (made.status, made.attempt, made.deaths, made.error) == (Status.QUEUED, 4, 0, "")
    assert made.queued_at > long_ago


@pytest.mark.parametrize("status", [Status.QUEUED, Status.COMPOSING, Status.READY])
def test_only_what_has_stopped_can_be_tried_again(piece, status):
    assert not piece(status=status).retry()


def test_trying_again_counts_as_unfinished(piece, settings):
    settings.MOST_UNFINISHED = 1
    stopped = piece(status=Status.FAILED)
    piece()
    with pytest.raises(QuotaError, match="1 piece waiting"):
        stopped.retry()
    assert same_row(stopped).status == Status.FAILED


# Putting back what a dead worker left.


def test_a_dead_attempt_keeps_its_place(piece):
    made = piece(queued_at=timezone.now() - timedelta(hours=1))
    made.claim(1)
    silence(made)
    later = piece()
    assert made.put_back()
    assert (made.status, made.attempt, made.deaths) == (Status.QUEUED, 2, 1)
    assert list(Composition.objects.waiting()) == [made, later]


def test_a_living_attempt_is_not_put_back(piece):
    made = piece()
    made.claim(1)
    assert not made.put_back()


def test_a_piece_that_kills_its_workers_fails_in_the_end(piece):
    made = piece(deaths=MOST_DEATHS - 1)
    made.claim(1)
    silence(made)
    assert made.put_back()
    assert made.status == Status.FAILED
    row = same_row(made)
    assert row.status == Status.FAILED
    assert row.error == "The worker stopped 3 times while making this piece."


def test_only_one_reconciler_puts_back(piece):
    made = piece()
    made.claim(1)
    silence(made)
    one, other = same_row(made), same_row(made)
    assert one.put_back()
    assert not other.put_back()


def test_a_lost_job_gets_a_new_number_and_keeps_its_place(piece):
    made = piece()
    queued_at = made.queued_at
    assert made.renew()
    assert (made.attempt, made.queued_at) == (2, queued_at)
    assert made.job_id == f"composition-{made.pk}-2"


def test_a_job_that_was_claimed_meanwhile_is_not_renewed(piece):
    made = piece()
    same_row(made).claim(1)
    assert not made.renew()


# The queue.


def test_the_place_in_the_queue_counts_from_one(piece, django_assert_num_queries):
    first, second = piece(), piece()
    with django_assert_num_queries(2):
        assert (first.queue_position(), second.queue_position()) == (1, 2)
    first.claim(1)
    first.refresh_from_db()
    assert (first.queue_position(), second.queue_position()) == (None, 1)


# Requests.


def wish(model, key=None):
    return {"request_key": key or uuid.uuid4(), "model": model, "title": "Elegy", "seed": 1}


def test_the_same_key_gives_the_same_piece(alice, bob, trained_model):
    key = uuid.uuid4()
    first = Composition.objects.request(alice, **wish(trained_model, key))
    assert Composition.objects.request(alice, **wish(trained_model, key)) == first
    assert Composition.objects.request(bob, **wish(trained_model, key)) != first


def test_the_same_key_is_answered_even_when_the_quota_is_reached(alice, trained_model, settings):
    settings.MOST_UNFINISHED = 1
    key = uuid.uuid4()
    first = Composition.objects.request(alice, **wish(trained_model, key))
    assert Composition.objects.request(alice, **wish(trained_model, key)) == first


def test_a_person_may_have_so_many_unfinished_pieces(alice, bob, piece, trained_model, settings):
    settings.MOST_UNFINISHED = 2
    piece(status=Status.RENDERING)
    piece(status=Status.READY)
    Composition.objects.request(alice, **wish(trained_model))
    with pytest.raises(QuotaError, match="cancel one"):
        Composition.objects.request(alice, **wish(trained_model))
    assert Composition.objects.request(bob, **wish(trained_model))


def in_threads(number, work):
    """Let `work` run so many times at once; return what it returned."""
    results, ready = [], threading.Barrier(number)

    def run():
        ready.wait()
        try:
            results.append(work())
        except QuotaError as refusal:
            results.append(refusal)
        finally:
            connection.close()

    threads = [threading.Thread(target=run) for _ in range(number)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


@pytest.mark.usefixtures("disk_database")
def test_parallel_requests_do_not_pass_the_quota(alice, trained_model, settings):
    settings.MOST_UNFINISHED = 3
    results = in_threads(10, lambda: Composition.objects.request(alice, **wish(trained_model)))
    assert Composition.objects.unfinished().count() == 3
    assert sum(isinstance(result, QuotaError) for result in results) == 7


@pytest.mark.usefixtures("disk_database")
def test_a_double_click_makes_one_piece(alice, trained_model):
    key = uuid.uuid4()
    results = in_threads(10, lambda: Composition.objects.request(alice, **wish(trained_model, key)))
    assert len({piece.pk for piece in results}) == 1
    assert Composition.objects.count() == 1


@pytest.mark.usefixtures("disk_database")
def test_one_of_many_claims_wins(piece):
    made = piece()
    results = in_threads(10, lambda: Composition.objects.get(pk=made.pk).claim(1))
    assert sorted(results) == [False] * 9 + [True]


# Titles.


@pytest.mark.parametrize("title", ["<script>", "a </b> b", "<!-- a", "x" * 121, "bell\x07", ""])
def test_a_title_is_plain_and_short(piece, title):
    with pytest.raises(ValidationError) as refusal:
        piece(title=title).clean_fields()
    assert list(refusal.value.message_dict) == ["title"]


@pytest.mark.parametrize("title", ["I <3 Chopin", "a < b > c", "Étude №1 — “Night”", "夜想曲"])
def test_a_title_may_be_in_any_words(piece, title):
    piece(title=title).clean_fields()


# Deletion.


def test_files_go_with_the_piece(ready_piece, django_capture_on_commit_callbacks):
    made = ready_piece()
    folder = Path(made.mp3.path).parent
    (folder / "of-another-attempt.mp3").write_bytes(b"x")
    with django_capture_on_commit_callbacks(execute=True):
        made.delete_with_files()
    assert not Composition.objects.exists()
    assert not folder.exists()


def test_files_stay_when_the_deletion_is_rolled_back(ready_piece):
    made = ready_piece()
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        made.delete_with_files()
        1 / 0  # noqa: B018
    assert Path(made.mp3.path).exists()
    assert same_row(made)


def test_many_pieces_go_with_their_files(
    ready_piece, alice, bob, settings, django_capture_on_commit_callbacks
):
    ready_piece()
    ready_piece()
    kept = ready_piece(owner=bob)
    with django_capture_on_commit_callbacks(execute=True):
        Composition.objects.owned_by(alice).delete_with_files()
    assert list(Composition.objects.all()) == [kept]
    folders = Path(settings.MEDIA_ROOT) / "compositions"
    assert [folder.name for folder in folders.iterdir()] == [str(kept.pk)]


def test_a_piece_without_files_can_be_deleted(piece, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        piece().delete_with_files()
    assert not Composition.objects.exists()


# What others see.


def test_strangers_see_what_is_published(ready_piece, piece, alice, bob):
    private = ready_piece()
    public = ready_piece(visibility=Visibility.PUBLIC)
    waiting = piece(visibility=Visibility.PUBLIC)
    assert list(Composition.objects.published()) == [public]
    assert list(Composition.objects.visible_to(bob)) == [public]
    assert set(Composition.objects.visible_to(alice)) == {private, public, waiting}


# Models.


def second_model(**fields):
    return TrainedModel.objects.create(
        **{"name": "Second", "file": "second.keras", "sha256": "1" * 64, "status": "active"}
        | fields
    )


def test_there_is_one_default_model(trained_model):
    with pytest.raises(IntegrityError), transaction.atomic():
        second_model(is_default=True)


def test_the_default_model_is_active(trained_model):
    trained_model.status = "retired"
    with pytest.raises(IntegrityError), transaction.atomic():
        trained_model.save()
    with pytest.raises(ValidationError, match="Make another model the default"):
        trained_model.full_clean()


def test_a_model_becomes_the_default(trained_model):
    second = second_model(status="draft")
    second.make_default()
    assert second.is_active
    assert TrainedModel.objects.default() == second
    trained_model.refresh_from_db()
    assert not trained_model.is_default


def test_wishes_for_a_piece_that_is_gone_do_nothing(piece):
    gone = piece(is_news=True)
    Composition.objects.filter(pk=gone.pk).delete()

    gone.share(Visibility.PUBLIC)
    gone.mark_as_seen()
    gone.describe("Elegy", "")

    assert not Composition.objects.filter(pk=gone.pk).exists()
