from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from generator.shipped import register_shipped


class Command(BaseCommand):
    help = "Register the models in ml/weights, or those that OFFERED_MODELS names."

    def handle(self, **options):
        try:
            models = register_shipped(settings.OFFERED_MODELS)
        except ValueError as problem:
            raise CommandError(str(problem)) from problem
        if not models:
            self.stderr.write("There is no model in ml/weights.")
        for model in models:
            words = "the default" if model.is_default else "offered"
            self.stdout.write(
                f"{model.name}: registered, {words if model.is_active else 'not offered'}."
            )
