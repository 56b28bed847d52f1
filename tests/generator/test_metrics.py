"""/metrics: who may read it, and that Prometheus can."""

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from generator import attention
from generator.models import DataSet, Status
from generator.views.metrics import in_text

METRICS = "/metrics"
TOKEN = "a token of some length"
HELP = re.compile(r"# HELP (nocturne_[a-z0-9_]+) (\S.*)")
TYPE = re.compile(r"# TYPE (nocturne_[a-z0-9_]+) gauge")
LABEL = r'([a-z_]+)="((?:[^"\\\n]|\\\\|\\"|\\n)*)"'
SAMPLE = re.compile(
    rf"(nocturne_[a-z0-9_]+)(?:\{{({LABEL}(?:,{LABEL})*)\}})? (-?[0-9]+(?:\.[0-9]+)?)"
)
CSRF_TOKEN = re.compile(r"[A-Za-z0-9]{64}")


@pytest.fixture(autouse=True)
def _no_redis(settings, tmp_path):
    url = f"unix://{tmp_path}/none.sock"
    queues = settings.RQ_QUEUES.items()
    settings.RQ_QUEUES = {name: options | {"URL": url} for name, options in queues}
    settings.METRICS_TOKEN = ""


def parsed(text):
    """{(name, labels): value} of a text that is nothing but what the format 0.0.4 allows."""
    assert text.endswith("\n")
    samples, helped, typed = {}, set(), set()
    for line in text[:-1].split("\n"):
        if match := HELP.fullmatch(line):
            assert match[1] not in helped
            helped.add(match[1])
        elif match := TYPE.fullmatch(line):
            assert match[1] in helped
            assert match[1] not in typed
            typed.add(match[1])
            latest = match[1]
        else:
            match = SAMPLE.fullmatch(line)
            assert match, line
            assert match[1] == latest, "samples of a metric stand together"
            key = (match[1], tuple(re.findall(LABEL, match[2] or "")))
            assert key not in samples
            samples[key] = float(match.groups()[-1])
    assert helped == typed
    return samples


def value_of(samples, name, **labels):
    return samples[f"nocturne_{name}", tuple(labels.items())]


def test_the_numbers_are_those_of_the_overview(client, piece, trained_model):
    now = timezone.now()
    piece(queued_at=now - timedelta(seconds=90))
    asked = {"queued_at": now - timedelta(seconds=100), "finished_at": now - timedelta(seconds=60)}
    piece(status=Status.READY, **asked)
    piece(status=Status.FAILED, error='No "sound\\font".\nNone.', **asked)
    DataSet.objects.create(name="Waltzes", licence="CC0", source="a")
    answer = client.get(METRICS)
    assert answer.status_code == 200
    assert answer["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
    assert "no-store" in answer["Cache-Control"]
    samples = parsed(answer.text)
    assert value_of(samples, "redis_up") == 0
    assert value_of(samples, "queue_waiting", queue="compositions") == 1
    assert value_of(samples, "queue_waiting", queue="studio") == 1
    assert 90 <= value_of(samples, "queue_longest_wait_seconds", queue="compositions") < 120
    assert value_of(samples, "pieces", status="ready") == 1
    assert value_of(samples, "pieces_ended", period="24h", outcome="failed") == 1
    assert value_of(samples, "wait_median_seconds", period="7d") == 40
    assert value_of(samples, "wait_p95_seconds", period="24h") == 40
    reason = r"No \"sound\\font\".\nNone."
    assert value_of(samples, "failures", period="7d", reason=reason) == 1
    assert value_of(samples, "models", status="active") == 1
    assert value_of(samples, "tasks", kind="dataset", status="queued") == 1
    assert value_of(samples, "attention", kind="redis") == 1
    assert {
        dict(labels)["kind"] for name, labels in samples if name == "nocturne_attention"
    } == set(attention.KINDS_OF_NOTICE)
    assert value_of(samples, "disk_used_bytes", part="database") > 0
    # What is not known is not told: a 0 would be an alarm, or hide one.
    assert not any(name == "nocturne_workers" for name, _ in samples)


@pytest.mark.django_db
def test_an_empty_site_has_metrics(client):
    samples = parsed(client.get(METRICS).text)
    assert value_of(samples, "pieces", status="ready") == 0
    assert not any(name == "nocturne_wait_median_seconds" for name, _ in samples)


def test_a_value_is_written_as_a_plain_number():
    samples = [({"a": "x"}, 1.23456), ({"a": "y"}, 7), ({"a": "z"}, None), ({"a": "w"}, 2.5e-7)]
    assert in_text([("n", "Words.", samples)]) == (
        "# HELP nocturne_n Words.\n# TYPE nocturne_n gauge\n"
        'nocturne_n{a="x"} 1.235\nnocturne_n{a="y"} 7\nnocturne_n{a="w"} 0.000\n'
    )


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Authorization": f"Bearer {TOKEN}"}, 200),
        ({"Authorization": f"bearer {TOKEN}"}, 200),
        ({"Authorization": f"Bearer {TOKEN}", "X-Forwarded-For": "203.0.113.9"}, 200),
        ({}, 404),
        ({"Authorization": TOKEN}, 404),
        ({"Authorization": f"Bearer {TOKEN}x"}, 404),
        ({"Authorization": "Bearer "}, 404),
        ({"Authorization": f"Basic {TOKEN}"}, 404),
        ({"Authorization": "Bearer tökén \xff"}, 404),
    ],
)
def test_with_a_token_the_token_alone_counts(settings, headers, status):
    settings.METRICS_TOKEN = TOKEN
    assert Client(headers=headers).get(METRICS).status_code == status


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("address", "headers", "status"),
    [
        ("127.0.0.1", {}, 200),
        ("127.8.9.1", {}, 200),
        ("::1", {}, 200),
        ("203.0.113.9", {}, 404),
        ("10.0.0.1", {}, 404),
        ("", {}, 404),
        ("127.0.0.1", {"X-Forwarded-For": "203.0.113.9"}, 404),
        ("127.0.0.1", {"X-Forwarded-For": "127.0.0.1"}, 404),
        ("127.0.0.1", {"X-Forwarded-For": ""}, 404),
        ("127.0.0.1", {"Forwarded": "for=127.0.0.1"}, 404),
        ("127.0.0.1", {"X-Real-IP": "127.0.0.1"}, 404),
        ("203.0.113.9", {"X-Forwarded-For": "127.0.0.1"}, 404),
        ("203.0.113.9", {"Authorization": "Bearer "}, 404),
    ],
)
@pytest.mark.parametrize("proxies", [0, 1])
def test_without_a_token_this_machine_alone_may_read(settings, address, headers, status, proxies):
    settings.PROXIES = proxies
    client = Client(headers=headers, REMOTE_ADDR=address)
    assert client.get(METRICS).status_code == status


def test_to_others_it_is_as_if_there_were_no_such_page(as_carol, as_alice, settings):
    settings.METRICS_TOKEN = TOKEN
    for client in (as_carol, as_alice):
        assert client.get(METRICS).status_code == 404
    # Each offers a login that leads back to it, and is the same otherwise.
    texts = {
        CSRF_TOKEN.sub("", Client().get(path).text).replace(path, "")
        for path in (METRICS, "/no-such-page")
    }
    assert len(texts) == 1


@pytest.mark.django_db
@pytest.mark.parametrize("method", ["post", "put", "delete", "patch"])
def test_it_is_only_read(client, method):
    assert getattr(client, method)(METRICS).status_code == 405
    assert client.head(METRICS).status_code == 200
