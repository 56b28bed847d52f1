"""The overview's numbers for machines, as Prometheus reads them (text format 0.0.4)."""

import ipaddress
import math
import secrets

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.db.models import Count
from django.http import Http404, HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from generator import attention
from generator.models import Composition, ModelStatus, Status, TaskStatus, TrainedModel
from generator.overview import FAILURES_OF, look
from generator.tasks import KINDS

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
FORWARDING = ("X-Forwarded-For", "X-Forwarded-Host", "X-Real-IP", "Forwarded", "Via")


@never_cache
@login_not_required
@require_safe
def metrics(request):
    """Tell whoever has the token, or without one this machine. To others there is no such page."""
    if not may_read(request):
        raise Http404
    return HttpResponse(in_text(families()), content_type=CONTENT_TYPE)


def may_read(request):
    if settings.METRICS_TOKEN:
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        is_it = secrets.compare_digest(token.strip().encode(), settings.METRICS_TOKEN.encode())
        return scheme.lower() == "bearer" and is_it
    return is_from_here(request)


def is_from_here(request):
    """Whether a program on this machine asks us directly.

    A proxy on this machine asks from here, too, for anybody: what came through one says so in a
    header, and is refused whatever that claims.
    """
    if any(name in request.headers for name in FORWARDING):
        return False
    try:
        return ipaddress.ip_address(request.META.get("REMOTE_ADDR", "")).is_loopback
    except ValueError:  # a Unix socket has no address
        return False


def families():
    """(name, help, [(labels, value), …]) of every metric; a value that is not known is left out."""
    overview = look()
    return [
        *of_queues(overview),
        *of_pieces(overview),
        *of_disk(overview),
        *of_studio(),
        of_attention(overview),
    ]


def of_queues(overview):
    def each(field):
        return [({"queue": queue.name}, getattr(queue, field)) for queue in overview.queues]

    return [
        ("redis_up", "Whether Redis answers.", [({}, int(overview.redis_answers))]),
        ("queue_waiting", "Rows that wait for a worker.", each("waiting")),
        ("queue_running", "Rows that a live worker is at.", each("running")),
        ("queue_jobs", "Jobs on the queue in Redis.", each("jobs")),
        ("queue_lost", "Rows that wait without a job in Redis.", each("lost")),
        ("queue_longest_wait_seconds", "Age of the oldest waiting row.", each("longest_wait")),
        ("workers", "Workers heard of lately.", each("workers")),
        ("renditions_waiting", "Scores and WAV files to be made.", [({}, overview.renditions)]),
    ]


def of_pieces(overview):
    counts = dict.fromkeys(Status.values, 0)
    rows = Composition.objects.filter(audition=None).order_by()
    counts |= rows.values_list("status").annotate(Count("pk"))
    ended, median, p95 = [], [], []
    for period, pieces in overview.ended.items():
        ended += [
            ({"period": period, "outcome": "ready"}, pieces.ready),
            ({"period": period, "outcome": "failed"}, pieces.failed),
        ]
        median.append(({"period": period}, pieces.wait.median))
        p95.append(({"period": period}, pieces.wait.p95))
    today = overview.days[-1]
    reasons = overview.failures
    auditions = [({"period": FAILURES_OF}, overview.failed_auditions)]
    return [
        ("pieces", "Pieces by status.", [({"status": s}, n) for s, n in counts.items()]),
        (
            "pieces_today",
            "Pieces that ended since midnight.",
            [({"outcome": "ready"}, today.ready), ({"outcome": "failed"}, today.failed)],
        ),
        ("pieces_ended", "Pieces that ended in the period before now.", ended),
        ("wait_median_seconds", "Median from asking to ready.", median),
        ("wait_p95_seconds", "95th percentile from asking to ready.", p95),
        (
            "failures",
            "Failed pieces by their most frequent reasons.",
            [({"period": FAILURES_OF, "reason": reason}, n) for reason, n in reasons],
        ),
        ("audition_failures", "Failed pieces of auditions.", auditions),
    ]


def of_disk(overview):
    volumes = [(",".join(volume.names), volume) for volume in overview.volumes]
    return [
        (
            "disk_used_bytes",
            "Size of our files; media of many pieces are estimated.",
            [({"part": part.name}, part.used) for part in overview.parts],
        ),
        ("disk_free_bytes", "Free.", [({"volume": name}, volume.free) for name, volume in volumes]),
        ("disk_bytes", "In all.", [({"volume": name}, volume.total) for name, volume in volumes]),
    ]


def of_studio():
    models = dict.fromkeys(ModelStatus.values, 0)
    models |= TrainedModel.objects.order_by().values_list("status").annotate(Count("pk"))
    tasks = []
    for kind in KINDS:
        counts = dict.fromkeys(TaskStatus.values, 0)
        counts |= kind.objects.order_by().values_list("status").annotate(Count("pk"))
        name = kind._meta.model_name
        tasks += [({"kind": name, "status": status}, n) for status, n in counts.items()]
    return [
        ("models", "Models by status.", [({"status": s}, n) for s, n in models.items()]),
        ("tasks", "Trainings, data sets and evaluations by status.", tasks),
    ]


def of_attention(overview):
    counts = dict.fromkeys(attention.KINDS_OF_NOTICE, 0)
    for notice in attention.notices(overview):
        counts[notice.kind] += 1
    samples = [({"kind": kind}, count) for kind, count in counts.items()]
    return "attention", "What needs attention on the admin's front page.", samples


# The format: https://prometheus.io/docs/instrumenting/exposition_formats/


def in_text(families):
    return "".join(line for family in families for line in lines_of(*family))


def lines_of(name, words, samples):
    known = [(labels, value) for labels, value in samples if value is not None]
    yield f"# HELP nocturne_{name} {escaped(words)}\n# TYPE nocturne_{name} gauge\n"
    for labels, value in known:
        told = ",".join(f'{key}="{escaped(text)}"' for key, text in labels.items())
        braces = f"{{{told}}}" if told else ""
        yield f"nocturne_{name}{braces} {number(value)}\n"


def escaped(text):
    """Of a label; a help has no quotation marks, so it is the same for both."""
    return text.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")


def number(value):
    return f"{value:.3f}" if isinstance(value, float) and math.isfinite(value) else str(value)
