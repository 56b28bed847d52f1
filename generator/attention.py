"""What staff should look after: sentences for people, kinds for machines."""

import functools
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from django.conf import settings
from django.template.defaultfilters import filesizeformat
from django.urls import reverse
from django.utils import timezone

from generator import checks, queueing
from generator.estimate import roughly
from generator.models import TaskStatus, TrainedModel
from generator.overview import Overview, url_of
from generator.tasks import KINDS

WAITING_LONG = timedelta(minutes=30)
FAILING_OFTEN = 0.2  # share of the pieces of a day …
FEWEST_ENDED = 5  # … of which there must be so many
LATELY = timedelta(days=3)
MOST_TASKS = 5

# kind: what /metrics says of it
KINDS_OF_NOTICE = {
    "redis": "Redis does not answer",
    "worker": "queues without a worker",
    "lost": "queues with rows whose job is lost",
    "waiting": "queues of pieces that wait long",
    "model": "models that cannot compose, or no default model",
    "disk": "disks that are nearly full",
    "failing": "pieces fail often",
    "task": "trainings, data sets and evaluations that failed lately",
    "program": "programs and files that are missing",
    "debug": "DEBUG is on",
    "mail": "mails go to the log only",
}
WORKERS = {
    queueing.QUEUE: ("composer_worker", "nothing is composed"),
    queueing.TRAINING: ("training_worker", "nothing is trained"),
    queueing.STUDIO: ("studio_worker", "no data set is checked and no model measured"),
}
CHECKS = (
    checks.check_fluidsynth,
    checks.check_ffmpeg,
    checks.check_soundfont_file,
    checks.check_weights,
)


@dataclass(frozen=True)
class Notice:
    """One thing to look after. `permission` is needed to follow `url`."""

    kind: str
    words: str
    url: str = ""
    permission: str = ""


def notices(overview: Overview) -> list[Notice]:
    """What needs attention, the gravest first."""
    return [
        *of_queues(overview),
        *of_models(),
        *of_programs(),
        *of_disks(overview),
        *of_failures(overview),
        *of_tasks(),
        *of_settings(),
    ]


def of_queues(overview):
    if not overview.redis_answers:
        yield Notice(
            "redis",
            "Redis does not answer: pieces are accepted and wait, but none is begun. Whether "
            "workers are alive is not known.",
        )
    for queue in overview.queues:
        if queue.workers == 0:
            worker, consequence = WORKERS[queue.name]
            yield Notice(
                "worker",
                f"No worker is alive for the queue “{queue.name}”: {consequence}. "
                f"Start one by `manage.py {worker}`; `make run` does.",
            )
        if queue.lost:
            yield Notice(
                "lost",
                f"No job in Redis for {queue.lost} of {queue.waiting} that wait in “{queue.name}”. "
                "The reconciler puts that right within two minutes; if this stays, it does not "
                "run: start `manage.py reconcile`.",
            )
        if queue.name == queueing.QUEUE and queue.longest_wait > WAITING_LONG.total_seconds():
            yield Notice(
                "waiting",
                f"A piece has been waiting for {roughly(queue.longest_wait)} and is not begun "
                f"(waiting in all: {queue.waiting}). More composers would help (COMPOSERS).",
                reverse("admin:generator_composition_changelist") + "?status__exact=queued",
                "generator.view_composition",
            )


def of_models():
    models = list(TrainedModel.objects.active())
    if not any(model.is_default for model in models):
        yield Notice(
            "model",
            "There is no default model: whoever does not choose one cannot compose. Make one the "
            "default.",
            reverse("admin:generator_trainedmodel_changelist"),
        )
    for model in models:
        problem = problem_of(model)
        if problem:
            name = f"The default model, “{model}”," if model.is_default else f"The model “{model}”"
            yield Notice(
                "model",
                f"{name} cannot compose. {problem}",
                reverse("admin:generator_trainedmodel_change", args=[model.pk]),
            )


def problem_of(model: TrainedModel) -> str:
    """What is wrong with the file of a model, as a sentence, or an empty one."""
    try:
        stat = Path(model.file.path).stat()
        written = stat.st_mtime_ns, stat.st_size
    except (OSError, ValueError):  # ValueError: the row names no file
        written = None
    return _problem(model.file.name, model.sha256, written)


@functools.lru_cache(maxsize=64)
def _problem(name, sha256, written):
    """Of a file as it was when it was written so: each is read once in a process."""
    try:
        TrainedModel(file=name, sha256=sha256).check_file()
    except ValueError as problem:
        return str(problem)
    return ""


def of_programs():
    for check in CHECKS:
        for problem in check(None):
            yield Notice("program", f"{problem.msg} {problem.hint}")


def of_disks(overview):
    for volume in overview.volumes:
        if volume.is_low:
            free, total = filesizeformat(volume.free), filesizeformat(volume.total)
            *others, last = volume.names
            names = f"{', '.join(others)} and {last}" if others else last
            yield Notice("disk", f"Only {free} of {total} is free where {names} lie.")


def of_failures(overview):
    day = overview.ended["24h"]
    count = day.ready + day.failed
    if count >= FEWEST_ENDED and day.failed >= FAILING_OFTEN * count:
        reason = day.reasons.most_common(1)[0][0]
        yield Notice(
            "failing",
            f"{day.failed} of {count} pieces failed within a day, most of them with: {reason}",
            reverse("admin:generator_composition_changelist") + "?status__exact=failed",
            "generator.view_composition",
        )


def of_tasks():
    since = timezone.now() - LATELY
    for kind in KINDS:
        name = kind._meta.verbose_name.capitalize()
        failed = kind.objects.filter(status=TaskStatus.FAILED, finished_at__gte=since)
        for task in failed.order_by("-finished_at")[:MOST_TASKS]:
            yield Notice("task", f"{name} “{task}” failed: {task.error}", url_of(task))


def of_settings():
    if settings.DEBUG:
        yield Notice(
            "debug",
            "DEBUG is on: whoever meets an error reads our settings. Switch it off in public.",
        )
    if settings.EMAIL_BACKEND == "django.core.mail.backends.console.EmailBackend":
        yield Notice(
            "mail",
            "Mails appear in the log only: nobody can get a new password. Set EMAIL_URL.",
        )
