"""Made-up people and pieces in every state, for bench/screenshots.py and the tests.

    python bench/stage.py [composed]     # prints the addresses by name, and the cookies, as JSON

`furnish()` fills the database of a Django that is set up and has its models. What it holds was made
by dice, but for the first few pieces if they shall be composed.
"""

import json
import os
import sys
import uuid
from datetime import timedelta
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bench import stage_music as music

TITLES = [
    "Nocturne after Chopin", "Two o'clock", "Prelude in the rain", "Lantern", "Slow water",
    "Étude for a quiet house", "What the tide left", "Barcarolle", "Letter, unsent",
    "An impromptu with a very long title that has to break into two lines somewhere",
    "Moth", "Winter garden", "Arabesque", "Elegy for a lamp", "Far bells",
]  # fmt: skip
COMPOSED = 4  # the first so many, where real music is wanted
SECONDS = (84, 40, 150, 63, 212, 118, 35, 600)
TOO_FREE = "The beat of this piece wanders too freely for bars to be drawn: a score would mislead."
NO_SOUNDFONT = "FluidSynth is not installed on this machine. Ask whoever runs it to install it."
DESCRIPTION = (
    "Written in one go on a night when nobody could sleep. Listen for the left hand in the "
    "last half minute: it does not let go of its three notes.\n\n"
    "Two takes were made. This is the calmer one."
)
ABOUT = "Plays badly, listens well. Everything here was asked for after midnight."


def person(name, **fields):
    from django.contrib.auth import get_user_model

    people = get_user_model().objects
    known = people.filter(username=name).first()
    return known or people.create_user(name, f"{name}@example.org", "a long password", **fields)


def cookie_of(user):
    from django.test import Client

    browser = Client()
    browser.force_login(user)
    return browser.cookies["sessionid"].value


class Stage:
    """The pieces and addresses by name, and the cookies of the people."""

    def __init__(self, is_composed=False):
        from django.utils import timezone

        from generator.models import TrainedModel

        self.now = timezone.now()
        self.model = TrainedModel.objects.default()
        self.slugs = ["", *(slug for slug, _ in self.model.styles)]
        self.cookies, self.pieces, self.addresses = {"": None}, {}, {}
        self.made, self.sound = 0, music.some_sound()
        self.composed = COMPOSED if is_composed else 0

    person = staticmethod(person)

    def invite(self, name, **fields):
        user = person(name, **fields)
        self.cookies[name] = cookie_of(user)
        return user

    def piece(self, name, owner, **fields):
        """Make a piece; unless told otherwise it is finished and public."""

        from generator.models import Composition

        index = self.made
        self.made += 1
        seconds = SECONDS[index % len(SECONDS)]
        wish = {
            "title": TITLES[index % len(TITLES)], "seed": 20260 + 7717 * index,
            "model": self.model, "style": self.slugs[(index * 4 + 2) % len(self.slugs)],
            "requested_duration": seconds, "visibility": "public", "status": "ready",
            "created_at": self.now - timedelta(hours=3 * index),
        }  # fmt: skip
        wish |= fields
        if wish["visibility"] == "public":
            wish.setdefault("published_at", wish["created_at"])
        piece = Composition.objects.create(owner=person(owner), **wish)
        if piece.is_ready:
            is_real = index < self.composed
            notes = music.composed(piece) if is_real else self.some_notes(seconds)
            self.finish(piece, notes, seconds)
        self.pieces[name] = piece
        self.addresses[name] = piece.get_absolute_url()
        return piece

    def some_notes(self, seconds):
        return music.TEXTURES[self.made % 3](self.made - 1, seconds)

    def finish(self, piece, notes, seconds):
        from django.core.files.base import ContentFile

        piece.duration, piece.note_count, piece.progress = seconds + 3, len(notes), 1
        piece.finished_at = piece.created_at + timedelta(seconds=seconds / 20)
        piece.started_at = piece.created_at or self.now
        words = {"duration": piece.duration, "notes": notes}
        if piece.takeover:
            words["takeover"] = piece.takeover
        files = {
            "mp3": self.sound[: int(len(self.sound) * piece.duration / 603)],
            "midi": b"MThd" * 900,
            "notes": json.dumps(words).encode(),
        }
        for name, content in files.items():
            path = f"{piece.folder}/stage.{name}"
            getattr(piece, name).save(path, ContentFile(content), save=False)
        piece.save()

    def begin(self, piece, title="", source=True):
        """A beginning that holds the music of a piece."""
        from generator import beginnings

        beginning = beginnings.take_from(piece)
        if not source:
            beginning.source, beginning.title = None, title
            beginning.save()
        return beginning

    def render(self, piece, kind="score", **fields):
        from django.core.files.base import ContentFile

        from generator.models import Rendition

        made = Rendition(composition=piece, kind=kind, **fields)
        if made.is_ready:
            made.finished_at = self.now
            suffix = {"score": "musicxml", "wav": "wav"}[kind]
            made.file.save(f"{piece.folder}/stage.{suffix}", ContentFile(b" " * 48_000), save=False)
            if kind == "score":
                picture, width, height = music.sheet()
                picture = ContentFile(picture.encode())
                made.picture.save(f"{piece.folder}/stage.svg", picture, save=False)
                made.figures = {
                    "key": "E flat major", "metre": "3/4", "tempo": 84,
                    "width": width, "height": height,
                }  # fmt: skip
        made.save()

    def listen(self, piece, plays, likers=()):

        from gallery.models import Favourite, Play

        today = self.now.date()
        Play.objects.bulk_create(
            Play(composition=piece, listener=f"{piece.pk}{n}"[-64:], day=today)
            for n in range(plays)
        )
        Favourite.objects.bulk_create(
            Favourite(composition=piece, user=person(name)) for name in likers
        )


def furnish(is_composed=False):
    """Fill the site.

    Alice has everything, Bob nothing, Clara too much in the making, Dora news; Emil throws away,
    Finn's address is not confirmed, and Gwen is staff.
    """
    from bench.stage_studio import furnish_studio
    from gallery.models import Tagging

    stage = Stage(is_composed)
    stage.invite("alice", about=ABOUT)
    for name in ("bob", "clara", "dora", "emil", "finn"):
        stage.invite(name)
    type(person("finn")).objects.filter(username="finn").update(
        email="", unconfirmed_email="finn@example.org"
    )
    gallery = [stage.piece(f"gallery {n}", ("alice", "clara", "dora")[n % 3]) for n in range(30)]
    for n, piece in enumerate(gallery):
        likers = ("clara", "dora", "alice")[: (n + 2) % 4]
        stage.listen(piece, plays=(n * 37 + 29) % 53, likers=likers)
    full = stage.pieces["full"] = gallery[0]
    stage.addresses["full"] = full.get_absolute_url()
    full.description, full.energy, full.loudness = DESCRIPTION, 1, 3
    full.save(update_fields=["description", "energy", "loudness"])
    for name in ("rain", "after midnight", "left hand"):
        Tagging.objects.create(composition=full, name=name)
    stage.render(full, status="ready")
    stage.render(full, "wav", status="ready")
    furnish_states(stage)
    furnish_takes(stage)
    furnish_letters(stage)
    furnish_studio(stage)
    return stage


def furnish_states(stage):
    now = stage.now
    mine = {"owner": "alice", "visibility": "private"}
    stage.piece("private", **mine)
    stage.piece("unlisted", "alice", visibility="unlisted")
    stage.render(stage.piece("too-free", **mine), status="free", error=TOO_FREE)
    failed = stage.piece("score-failed", **mine)
    stage.render(failed, status="failed", error="It took more than seven minutes.")
    stage.render(failed, "wav", status="failed", error="The disk of the server is full.")
    written = stage.piece("score-written", **mine)
    for kind in ("score", "wav"):
        stage.render(written, kind, status="queued", started_at=now)
    source = stage.pieces["gallery 3"]
    whole = stage.begin(source)
    stage.piece("continued", "alice", beginning=whole, takeover=41.2)
    brought = stage.begin(stage.pieces["private"], "A waltz of my grandmother's", False)
    for name, beginning in (("beginning", whole), ("brought", brought)):
        stage.addresses[name] = f"/compose/?beginning={beginning.pk}"
    running = {"progress": 0.42, "heartbeat_at": now, "started_at": now}
    draft = music.made_up_notes(11, 26)
    stage.piece(
        "composing", **mine, status="composing", draft=draft, requested_duration=62, **running
    )
    stage.piece("rendering", **mine, status="rendering", draft=music.made_up_notes(12, 60),
                requested_duration=60, **running | {"progress": 1})  # fmt: skip
    stage.piece("again", **mine, status="composing", deaths=1, attempt=2, **running)
    stage.piece("queued", **mine, status="queued", queued_at=now)
    stage.piece("failed", **mine, status="failed", error=NO_SOUNDFONT)
    stage.piece("cancelled", **mine, status="cancelled")
    for n in range(3):
        stage.piece(f"binned {n}", **mine, deleted_at=now - timedelta(days=9 * n))
    for n in range(12):
        stage.piece(f"emil {n}", "emil", visibility="private")
    for n in range(8):
        stage.piece(f"clara {n}", "clara", visibility="private", status="queued")
    stage.piece("news", "dora", visibility="private", is_news=True)
    stage.piece("bad news", "dora", status="failed", visibility="private", is_news=True)


def furnish_takes(stage):
    now = stage.now
    key = uuid.uuid4()
    states = [
        {"status": "ready"},
        {"status": "composing", "progress": 0.61, "heartbeat_at": now, "started_at": now},
        {"status": "queued"},
        {"status": "failed", "error": NO_SOUNDFONT},
    ]
    for take, state in enumerate(states, start=1):
        wish = {"title": "Barcarolle", "style": "chopin", "requested_duration": 90}
        wish |= {"request_key": key, "take": take, "seed": 41270 + take, "visibility": "private"}
        piece = stage.piece(f"take {take}", "alice", **wish | state)
    stage.addresses["takes"] = piece.takes_url


def furnish_letters(stage):
    """The links of letters: to confirm an address, and for a new password."""
    from django.contrib.auth.tokens import default_token_generator
    from django.utils.encoding import force_bytes
    from django.utils.http import urlsafe_base64_encode

    from musicsite.accounts.email import make_token

    token = make_token(person("alice"), "somebody.else@example.org")
    stage.addresses["confirmation"] = f"/accounts/email/{token}/"
    bob = urlsafe_base64_encode(force_bytes(person("bob").pk))
    token = default_token_generator.make_token(person("bob"))
    stage.addresses["reset"] = f"/accounts/reset/{bob}/{token}/"


def main():
    os.environ["DJANGO_SETTINGS_MODULE"] = "musicsite.settings"
    import django

    django.setup()
    stage = furnish(is_composed="composed" in sys.argv[1:])
    json.dump([stage.addresses, stage.cookies], sys.stdout)


if __name__ == "__main__":
    main()
