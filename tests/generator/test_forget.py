"""An account goes while a real worker is at its pieces."""

import time
from pathlib import Path

import pytest
from django.contrib.auth import get_user_model

from generator import jobs, queueing
from generator.models import Composition, Status
from musicsite.accounts.deletion import delete_person
from tests.generator import fakes

pytestmark = pytest.mark.usefixtures("disk_database", "redis_server")
SOON = 10  # seconds


def files_below(folder):
    return [path for path in Path(folder).rglob("*") if path.is_file()]


def test_the_worker_stops_within_seconds_and_goes_on_with_the_next_person(
    alice, bob, piece, ready_piece, start_worker, settings
):
    ready_piece(visibility="public")
    running, waiting = piece(requested_duration=600), piece()
    for made in (running, waiting):
        jobs.enqueue(made)
    start_worker(SECONDS_A_NOTE="0.05")  # a minute for the first one
    fakes.wait_until(lambda: Composition.objects.get(pk=running.pk).progress > 0)
    his = piece(owner=bob, requested_duration=10)
    jobs.enqueue(his)

    gone_at = time.monotonic()
    delete_person(get_user_model().objects.get(pk=alice.pk))

    assert queueing.queue().get_job_ids() == [his.job_id]
    assert list(Composition.objects.all()) == [his]
    fakes.wait_until(
        lambda: Composition.objects.get(pk=his.pk).status != Status.QUEUED, seconds=SOON
    )
    assert time.monotonic() - gone_at < SOON
    strange = [path for path in files_below(settings.MEDIA_ROOT) if str(his.pk) not in str(path)]
    assert [path for path in strange if "scratch" not in path.parts] == []
