"""django-rq's dashboard."""

import base64
import hashlib
import re

import django_rq
import pytest

from generator.worker import OurWorker
from tests.conftest import browser_of, person

DASHBOARD = "/admin/queues/"


@pytest.fixture
def job(private_redis):
    queue = django_rq.get_queue("compositions", commit_mode="auto")
    return queue.enqueue_call("generator.jobs.compose", args=("an id", 1), job_id="composition-x-1")


@pytest.mark.parametrize("path", ["", "stats.json", "queues/0/", "workers/0/", "queues/0/failed/"])
def test_superusers_see_it(as_carol, job, path):
    page = as_carol.get(DASHBOARD + path)
    assert page.status_code == 200


def test_all_queues_are_there_each_with_its_workers(as_carol, private_redis):
    names = ["compositions", "studio", "training"]  # in the order of the dashboard
    for name in names:
        queue = django_rq.get_queue(name, commit_mode="auto")
        OurWorker([queue], connection=queue.connection).register_birth()
    told = as_carol.get(f"{DASHBOARD}stats.json").json()["queues"]
    assert [(queue["name"], queue["workers"]) for queue in told] == [(name, 1) for name in names]
    for index in range(3):
        page = as_carol.get(f"{DASHBOARD}workers/{index}/")
        (key,) = re.findall(rf"{DASHBOARD}workers/{index}/([^/]+)/", page.text)
        assert as_carol.get(f"{DASHBOARD}workers/{index}/{key}/").status_code == 200


def test_a_worker_is_shown_again_after_redis_was_emptied(as_carol, private_redis):
    queue = django_rq.get_queue("studio", commit_mode="auto")
    worker = OurWorker([queue], connection=queue.connection)
    worker.register_birth()
    private_redis.flushall()
    worker.heartbeat()
    assert worker.name in as_carol.get(f"{DASHBOARD}workers/1/").text


def test_superusers_see_a_job_and_delete_it(as_carol, job):
    path = f"{DASHBOARD}queues/0/{job.id}/"
    assert "generator.jobs.compose" in as_carol.get(path).text
    assert as_carol.post(f"{path}delete/", {"post": "yes"}).status_code == 302
    assert django_rq.get_queue("compositions").count == 0


@pytest.mark.parametrize("path", ["schedulers/0/", "queues/99/"])
def test_what_is_not_there_is_not_found(as_carol, job, path):
    assert as_carol.get(DASHBOARD + path).status_code == 404


@pytest.mark.parametrize("path", ["", "queues/0/", "workers/0/", "queues/0/failed/"])
def test_its_policy_lets_its_own_inline_code_through_and_no_other(as_carol, job, path):
    page = as_carol.get(DASHBOARD + path)
    policy = page["Content-Security-Policy"]
    for tag in ("script", "style"):
        for body in re.findall(rf"<{tag}(?![^>]*src=)[^>]*>(.*?)</{tag}>", page.text, re.DOTALL):
            digest = base64.b64encode(hashlib.sha256(body.encode()).digest()).decode()
            assert f"'sha256-{digest}'" in policy
    assert "unsafe-inline" not in policy
    assert "object-src 'none'" in policy


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["", "stats.json", "queues/0/", "queues/0/x/delete/"])
def test_other_staff_are_refused(path):
    staff = browser_of(person("dave", is_staff=True))
    assert staff.get(DASHBOARD + path).status_code == 403
    assert staff.post(DASHBOARD + path).status_code == 403


def test_others_are_sent_to_the_login(client, as_alice):
    assert client.get(DASHBOARD).status_code == 302
    assert as_alice.get(DASHBOARD).url.startswith("/admin/login/")


def test_the_door_that_opens_for_all_staff_is_walled_up(as_carol):
    assert as_carol.get("/admin/django_rq/dashboard/").status_code == 404


def test_without_redis_it_says_so(as_carol, settings, tmp_path):
    url = f"unix://{tmp_path}/none.sock"
    settings.RQ_QUEUES = {"compositions": settings.RQ_QUEUES["compositions"] | {"URL": url}}
    page = as_carol.get(DASHBOARD)
    assert page.status_code == 503
    assert "Redis does not answer" in page.text
