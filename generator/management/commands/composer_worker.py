from django_rq.management.commands import rqworker

from generator import queueing, worker


class Command(rqworker.Command):
    help = "Run a worker that composes: one queue, JSON, and no job but ours."

    def add_arguments(self, parser):
        parser.add_argument("--burst", action="store_true", help="end when the queue is empty")

    def handle(self, **options):
        options |= {
            "worker_class": worker.ComposeWorker,
            "job_class": worker.ComposeJob,
            "queue_class": None,
            "serializer": "rq.serializers.JSONSerializer",
            "name": None,  # random: a fixed one would block a restart for minutes
            "pid": None,
            "worker_ttl": worker.WORKER_TTL,
            "max_jobs": None,
            "max_idle_time": None,
        }
        super().handle(queueing.QUEUE, **options)
