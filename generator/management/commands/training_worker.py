from generator import queueing
from generator.management.commands import composer_worker


class Command(composer_worker.Command):
    help = "Run a worker that trains models, one at a time."
    queue = queueing.TRAINING
