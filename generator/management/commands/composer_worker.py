from django_rq.management.commands import rqworker

from generator import queueing, worker


class Command(rqworker.Command):
    help = "Run a worker that composes: one queue, JSON, and no job but ours."
    queue = queueing.QUEUE

    def add_arguments(self, parser):
        parser.add_argument("--burst", action="store_true", help="end when the queue is empty")

    def handle(self, **options):
        super().handle(self.queue, **options | worker.options())
