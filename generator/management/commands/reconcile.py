import signal
import threading

from django.core.management.base import BaseCommand

from generator import reconcile


class Command(BaseCommand):
    help = "Put back what was lost between database, queue and disk; look every 30 seconds."

    def add_arguments(self, parser):
        parser.add_argument("--once", action="store_true", help="look once, and end")

    def handle(self, *, once, **options):
        if once:
            moved, removed = reconcile.reconcile(), reconcile.sweep()
            self.stdout.write(f"{moved} pieces put back or ended, {removed} stray files removed.")
            return
        stop = threading.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: stop.set())
        reconcile.run(stop)
