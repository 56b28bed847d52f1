from django.core.management.base import BaseCommand, CommandError

from generator.shipped import register_shipped


class Command(BaseCommand):
    help = "Register the models that come with the repository (ml/weights)."

    def handle(self, **options):
        try:
            models = register_shipped()
        except ValueError as problem:
            raise CommandError(str(problem)) from problem
        if not models:
            self.stderr.write("There is no model in ml/weights.")
        for model in models:
            words = "the default" if model.is_default else "not the default"
            self.stdout.write(f"{model.name}: registered, {words}.")
