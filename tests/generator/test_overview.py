"""The numbers of the overview, and the admin's front page that shows them."""

import hashlib
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest
from django.contrib.auth.models import Permission
from django.core.files.base import ContentFile
from django.utils import timezone
from rq import Worker

from generator import attention, disk, jobs, overview, queueing
from generator.models import (
    Audition,
    DataSet,
    Evaluation,
    ModelStatus,
    Status,
    TaskStatus,
    TrainedModel,
    TrainingRun,
)
from generator.templatetags.overview import HEIGHT, bars_of
from generator.worker import OurWorker
from tests.conftest import browser_of, person

FRONT = "/admin/"
ROOMY = SimpleNamespace(free=50 * 10**9, total=100 * 10**9)


@pytest.fixture
def no_redis(settings, tmp_path):
    url = f"unix://{tmp_path}/none.sock"
    queues = settings.RQ_QUEUES.items()
    settings.RQ_QUEUES = {name: options | {"URL": url} for name, options in queues}


@pytest.fixture
def healthy(monkeypatch, settings):
    """A machine that lacks nothing."""
    monkeypatch.setattr(attention, "CHECKS", ())
    monkeypatch.setattr(disk.shutil, "disk_usage", lambda path: ROOMY)
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.DEBUG = False


def ago(**span):
    return timezone.now() - timedelta(**span)


def data_set(**fields):
    return DataSet.objects.create(**{"name": "Waltzes", "licence": "CC0", "source": "a"} | fields)


def kinds(seen=None):
    return [notice.kind for notice in attention.notices(seen or overview.look())]


def words_of(kind):
    return [n.words for n in attention.notices(overview.look()) if n.kind == kind]


def queue(name="compositions"):
    return next(queue for queue in overview.look().queues if queue.name == name)


# Queues and workers.


@pytest.mark.usefixtures("no_redis")
def test_without_redis_the_rows_are_counted_all_the_same(piece):
    piece(queued_at=ago(minutes=5))
    seen = overview.look()
    assert not seen.redis_answers
    state = seen.queues[0]
    assert (state.waiting, state.running) == (1, 0)
    assert (state.jobs, state.lost, state.workers) == (None, None, None)
    assert 299 < state.longest_wait < 330
    assert "redis" in kinds(seen)
    assert "worker" not in kinds(seen)


@pytest.mark.usefixtures("no_redis")
def test_an_empty_database_has_an_overview(db):
    seen = overview.look()
    assert [queue.name for queue in seen.queues] == ["compositions", "training", "studio"]
    assert len(seen.days) == overview.DAYS
    assert seen.ended["7d"].wait == overview.Wait(0, None, None)


@pytest.mark.usefixtures("redis_server")
def test_redis_tells_jobs_lost_rows_and_living_workers(piece, django_capture_on_commit_callbacks):
    on_queue, lost = piece(queued_at=ago(minutes=5)), piece(queued_at=ago(minutes=5))
    piece(queued_at=ago(seconds=1))  # on its way
    with django_capture_on_commit_callbacks(execute=True):
        jobs.enqueue(on_queue)
    state = queue()
    assert (state.waiting, state.jobs, state.lost, state.workers) == (3, 1, 1, 0)
    assert kinds().count("worker") == 3
    assert words_of("lost")[0].startswith("No job in Redis for 1 of 3 that wait in “compositions”")
    lost.cancel()
    assert "lost" not in kinds()


@pytest.mark.usefixtures("redis_server")
def test_a_worker_is_alive_by_its_heartbeat_alone(db):
    connection = queueing.queue().connection
    worker = Worker([queueing.queue("training")], connection=connection)
    worker.register_birth()
    assert (queue("training").workers, queue("studio").workers) == (1, 0)
    late = ago(minutes=2).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    connection.hset(worker.key, "last_heartbeat", late)  # RQ counts it for 6 minutes more
    assert Worker.count(queue=queueing.queue("training")) == 1
    assert queue("training").workers == 0
    worker.heartbeat()
    assert queue("training").workers == 1
    worker.register_death()
    assert queue("training").workers == 0


@pytest.mark.usefixtures("redis_server")
def test_our_workers_are_known_again_after_redis_was_emptied(db):
    connection = queueing.queue().connection
    worker = OurWorker([queueing.queue("studio")], connection=connection)
    worker.register_birth()
    connection.flushall()
    assert queue("studio").workers == 0
    worker.heartbeat()
    assert queue("studio").workers == 1
    assert worker.dequeue_timeout < overview.ALIVE_FOR.total_seconds() / 2


@pytest.mark.usefixtures("redis_server")
def test_whoever_works_on_a_row_is_alive_whatever_redis_says(piece):
    made = piece()
    made.claim(1)
    assert (queue().running, queue().workers) == (1, 1)
    type(made).objects.update(heartbeat_at=ago(minutes=2))
    assert (queue().running, queue().workers) == (0, 0)


@pytest.mark.usefixtures("no_redis")
def test_what_runs_tells_neither_title_nor_owner_of_a_piece(piece, carol):
    made = piece(title="For Clara", requested_duration=90)
    made.claim(1)
    made.advance(0.4)
    task = data_set()
    task.claim(1)
    task.advance({"share": 0.25})
    works = overview.running()
    assert [(work.words, work.percent) for work in works] == [
        ("A piece, 90 s by Concert", 40),
        ("Data set “Waltzes”", 25),
    ]
    assert works[1].url == f"/admin/generator/dataset/{task.pk}/change/"


# Pieces that ended.


@pytest.mark.usefixtures("no_redis")
def test_days_waits_and_reasons_are_those_of_peoples_pieces(piece):
    def ended(seconds, status=Status.READY, error="", **past):
        finished = ago(**past)
        asked = finished - timedelta(seconds=seconds)
        return piece(status=status, error=error, queued_at=asked, finished_at=finished)

    for seconds in (10, 20, 30, 400):
        ended(seconds, minutes=1)
    ended(50, hours=30)
    ended(0, Status.FAILED, "The disk of the server is full.", hours=30)
    ended(0, Status.FAILED, "The disk of the server is full.", hours=31)
    ended(0, Status.FAILED, "No soundfont.", minutes=2)
    ended(5, days=20)
    heard = ended(0, Status.FAILED, "Nobody counts this.", minutes=1)
    type(heard).objects.filter(pk=heard.pk).update(audition=Audition.objects.create(first_seed=1))
    seen = overview.look()
    assert seen.ended["24h"].wait == overview.Wait(4, 25, 400)
    assert seen.ended["7d"].wait == overview.Wait(5, 30, 400)
    assert seen.failures == [("The disk of the server is full.", 2), ("No soundfont.", 1)]
    assert seen.failed_auditions == 1
    assert sum(day.ready for day in seen.days) == 5
    assert sum(day.failed for day in seen.days) == 3


def test_days_are_those_of_the_sites_time_zone(piece, settings):
    settings.TIME_ZONE = "Pacific/Auckland"
    piece(status=Status.READY, finished_at=timezone.now())
    with timezone.override("Pacific/Auckland"):
        days, _ = overview.read_ended()
        assert days[-1].date == timezone.localdate()
    assert days[-1].ready == 1
    assert len({day.date for day in days}) == overview.DAYS


def test_all_is_read_by_few_queries(piece, no_redis, django_assert_max_num_queries):
    for _ in range(20):
        piece(status=Status.READY, finished_at=ago(hours=1))
        piece().claim(1)
    with django_assert_max_num_queries(20):
        overview.look()


# The disk.


def test_files_are_summed_and_estimated_when_there_are_too_many(tmp_path):
    for number in range(40):
        folder = tmp_path / "compositions" / str(number)
        folder.mkdir(parents=True)
        (folder / "a.mp3").write_bytes(bytes(1000))
    (tmp_path / "stray").write_bytes(bytes(500))
    assert disk.measure(tmp_path, seconds=60) == (40_500, False)
    size, is_estimate = disk.measure(tmp_path, seconds=0)
    assert is_estimate
    assert 20_000 < size <= 41_000
    assert disk.measure(tmp_path / "none", seconds=60) == (0, False)


def test_sizes_are_read_once_a_minute(tmp_path, monkeypatch):
    (tmp_path / "a").write_bytes(bytes(100))
    assert disk._size(tmp_path, 1) == (100, False)
    (tmp_path / "b").write_bytes(bytes(100))
    assert disk._size(tmp_path, 1) == (100, False)
    assert disk._size(tmp_path, 2) == (200, False)


def test_every_part_has_a_size_and_a_file_system(ready_piece):
    ready_piece()
    sizes = {part.name: part.used for part in disk.parts()}
    assert sizes["media"] > 48_000
    assert sizes["database"] > 0
    assert sizes["studio"] == 0
    names = [name for volume in disk.volumes() for name in volume.names]
    assert sorted(names) == ["database", "media", "models", "studio"]


@pytest.mark.parametrize(
    ("free", "total", "is_low"),
    [(9, 100, True), (11, 100, False), (1.9, 10, True), (2.1, 10, False)],
)
def test_a_disk_is_low_below_a_tenth_or_two_gigabytes(free, total, is_low):
    assert disk.Volume(("media",), free * 10**9, total * 10**9).is_low is is_low


# What needs attention.


@pytest.mark.usefixtures("healthy", "redis_server")
def test_a_healthy_site_needs_none(weights):
    workers = [
        Worker([queueing.queue(name)], connection=queueing.queue().connection)
        for name in queueing.QUEUES
    ]
    for worker in workers:
        worker.register_birth()
    assert attention.notices(overview.look()) == []


@pytest.mark.usefixtures("healthy", "no_redis")
def test_a_model_that_cannot_compose_is_told_of(weights):
    assert "model" not in kinds()
    path = Path(weights.file.path)
    path.write_bytes(path.read_bytes() + b"!")
    assert "is not the one that was registered" in words_of("model")[0]
    path.unlink()
    assert words_of("model")[0].startswith("The default model, “Concert”, cannot compose. The file")
    content = b"other weights"
    spare = TrainedModel(name="Spare", sha256=hashlib.sha256(content).hexdigest())
    spare.status = ModelStatus.ACTIVE
    spare.file.save("spare.keras", ContentFile(content))
    spare.make_default()
    weights.retire()
    assert "model" not in kinds()
    TrainedModel.objects.update(is_default=False)
    assert words_of("model")[0].startswith("There is no default model: whoever does not choose")


@pytest.mark.usefixtures("healthy", "no_redis")
def test_long_waits_and_many_failures_are_told_of(piece):
    piece(queued_at=ago(minutes=20))
    assert "waiting" not in kinds()
    piece(queued_at=ago(minutes=40))
    assert "waiting for 40 minutes and is not begun (waiting in all: 2)" in words_of("waiting")[0]
    for number in range(4):
        status = Status.FAILED if number == 0 else Status.READY
        piece(status=status, error="No soundfont.", finished_at=ago(hours=1))
    assert "failing" not in kinds()
    piece(status=Status.READY, finished_at=ago(hours=1))
    assert words_of("failing") == [
        "1 of 5 pieces failed within a day, most of them with: No soundfont."
    ]


@pytest.mark.usefixtures("healthy", "no_redis")
def test_work_that_failed_lately_is_told_of(trained_model):
    failed = {"status": TaskStatus.FAILED, "error": "It is empty.", "finished_at": ago(days=1)}
    music = data_set(**failed)
    TrainingRun.objects.create(name="Night", data_set=music, **failed)
    Evaluation.objects.create(model=trained_model, data_set=music, **failed)
    Evaluation.objects.create(
        model=trained_model, data_set=music, **failed | {"finished_at": ago(days=9)}
    )
    assert words_of("task") == [
        "Data set “Waltzes” failed: It is empty.",
        "Training “Night” failed: It is empty.",
        "Evaluation “Concert on Waltzes” failed: It is empty.",
    ]


@pytest.mark.usefixtures("no_redis")
def test_the_machine_itself_is_looked_at(db, settings, monkeypatch, tmp_path):
    settings.DEBUG = True
    settings.EMAIL_BACKEND = "django.core.mail.backends.console.EmailBackend"
    settings.SOUNDFONT = tmp_path / "none.sf2"
    monkeypatch.setattr(
        disk.shutil, "disk_usage", lambda path: SimpleNamespace(free=10**9, total=40 * 10**9)
    )
    assert {"program", "disk", "debug", "mail"} <= set(kinds())
    assert any("none.sf2 is missing" in words for words in words_of("program"))
    assert "free where media, models, studio and database lie" in words_of("disk")[0]
    assert set(kinds()) <= set(attention.KINDS_OF_NOTICE)


# The front page.


@pytest.mark.usefixtures("no_redis")
def test_the_front_page_shows_it_to_whoever_looks_after_models(as_dora, piece):
    piece(status=Status.FAILED, error="No <soundfont>.", finished_at=ago(hours=1))
    page = as_dora.get(FRONT).text
    for words in ("What needs attention", "Redis does not answer", "No &lt;soundfont&gt;."):
        assert words in page
    assert "/admin/queues/" not in page
    assert "/admin/generator/composition/" not in page
    assert " style=" not in page


@pytest.mark.usefixtures("no_redis")
def test_superusers_are_led_to_the_queues_and_the_pieces(as_carol, piece):
    piece(queued_at=ago(hours=1))
    page = as_carol.get(FRONT).text
    assert 'href="/admin/queues/"' in page
    assert 'href="/admin/generator/composition/?status__exact=queued"' in page


def test_other_staff_see_the_plain_list(db, monkeypatch):
    monkeypatch.setattr("generator.templatetags.overview.look", None)  # nor is it looked at
    keeper = person("erik", is_staff=True)
    keeper.user_permissions.set(Permission.objects.filter(codename="view_user"))
    page = browser_of(keeper).get(FRONT)
    assert page.status_code == 200
    assert "What needs attention" not in page.text
    assert "/admin/accounts/user/" in page.text


def test_bars_stand_for_the_numbers():
    today = timezone.localdate()
    counts = [(0, 0), (30, 1), (15, 10)]
    bars = bars_of([overview.Day(today, *count) for count in counts])
    assert (bars[0].ready_height, bars[0].failed_height) == (0, 0)
    assert bars[1].ready_height == pytest.approx(2 * bars[2].ready_height, abs=0.1)
    assert bars[1].ready_y + bars[1].ready_height == pytest.approx(bars[1].failed_y)
    assert bars[2].failed_y + bars[2].failed_height <= HEIGHT
    assert bars[1].words.endswith("30 ready, 1 failed")
