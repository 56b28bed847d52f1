from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from generator.jobs import enqueue
from generator.models import Composition, TrainedModel, Visibility
from generator.titles import invent_title

OWNER = "nocturne"
PIECES = 6
SECONDS = 60
FIRST_SEED = 7
FAVOURITES = ("chopin", "bach", "debussy", "schubert", "liszt", "rachmaninoff")


class Command(BaseCommand):
    help = "Ask for six public pieces in different styles, so that a new gallery fills by itself."

    def handle(self, **options):
        if not settings.SHOWCASE:
            self.stdout.write("No showcase: SHOWCASE is off.")
            return
        model = TrainedModel.objects.default()
        if model is None:
            raise CommandError("No model is registered: run `manage.py register_models` first.")
        owner = self.get_owner()
        if Composition.objects.owned_by(owner).exists():
            self.stdout.write("The showcase has been asked for already.")
            return
        for number, style in enumerate(choose_styles(model)):
            seed = FIRST_SEED + number
            composer = model.style_name(style) if style else ""
            composition = Composition.objects.create(
                owner=owner,
                model=model,
                style=style,
                seed=seed,
                title=invent_title(seed, composer),
                requested_duration=SECONDS,
                visibility=Visibility.PUBLIC,
                published_at=timezone.now(),
            )
            enqueue(composition)
        self.stdout.write(f"Asked for {PIECES} pieces for the gallery.")

    def get_owner(self):
        """The account that cannot log in. It must not be a person's."""
        user_model = get_user_model()
        owner = user_model.objects.filter(username=OWNER).first()
        if owner is None:
            owner = user_model(username=OWNER, email=f"{OWNER}@localhost")
            owner.set_unusable_password()
            owner.save()
        elif owner.has_usable_password():
            raise CommandError(f"A person has the name {OWNER}: no showcase.")
        return owner


def choose_styles(model):
    """Six styles that the model knows, the well-known first; any style where it knows fewer."""
    known = [slug for slug, name in model.styles]
    chosen = [slug for slug in FAVOURITES if slug in known]
    chosen += [slug for slug in known if slug not in chosen]
    return (chosen + [""] * PIECES)[:PIECES]
