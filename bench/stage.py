"""Made-up people and pieces in every state, for bench/screenshots.py and tests/furnish.py.

`furnish()` fills the database of a Django that is set up. What it holds was made by dice, but for
the first few pieces if they shall be composed.
"""

import json
import math
import random
import subprocess
import tempfile
import uuid
from datetime import timedelta
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
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


def made_up_notes(seed, seconds):
    """Broken chords under a wandering tune: `[[onset_ms, duration_ms, pitch, velocity], ...]`."""
    dice = random.Random(seed)
    beat = dice.choice([260, 340, 480, 620])
    root, tune = dice.randint(36, 50), dice.randint(68, 80)
    scale = [0, 2, 3, 5, 7, 8, 10] if seed % 3 else [0, 2, 4, 5, 7, 9, 11]
    notes = []
    for step in range(seconds * 1000 // beat):
        swell = 0.5 + 0.5 * math.sin(step / 23 + seed)
        if step % 8 == 0:
            chord = dice.choice([0, 3, 4, 5, 1])
        pitch = root + scale[(chord + 2 * (step % 4)) % 7] + 12 * ((step % 8) // 3)
        notes.append([step * beat, int(beat * dice.uniform(1, 3)), pitch, int(30 + 40 * swell)])
        if dice.random() < 0.42:
            tune = min(96, max(62, tune + dice.choice([-4, -2, -1, 1, 2, 3])))
            late = step * beat + dice.randint(0, 25)
            notes.append([late, int(beat * dice.uniform(1, 4)), tune, int(60 + 55 * swell)])
    return notes


def waves(seed, seconds):
    """Runs that rise and fall over the whole keyboard, each with a breath after it."""
    dice = random.Random(seed)
    notes, time, low = [], 0, dice.randint(28, 40)
    while time < (seconds - 4) * 1000:
        length, step = dice.choice([14, 22, 30]), dice.choice([90, 120, 150])
        top = dice.randint(24, 46)
        notes.append([time, length * step + 900, low + dice.choice([0, 5, 7, 12]), 44])
        for n in range(length):
            pitch = low + 12 + int(top * math.sin(math.pi * n / length)) + dice.choice([0, 0, 2, 3])
            hard = int(40 + 60 * math.sin(math.pi * n / length))
            notes.append([time + n * step, dice.choice([1, 2, 5]) * step, pitch, hard])
        time += length * step + dice.choice([300, 900, 1500])
    return notes


def chorale(seed, seconds):
    """Slow chords of four voices that move by steps, and a few lights above them."""
    dice = random.Random(seed)
    voices, beat, notes = [38 + seed % 5, 50, 57, 66], dice.choice([700, 900, 1100]), []
    for time in range(0, (seconds - 4) * 1000, 2 * beat):
        voices = [max(33, min(84, voice + dice.choice([-3, -2, 0, 2, 3]))) for voice in voices]
        hard = int(50 + 35 * math.sin(time / 17_000))
        notes += [[time + 12 * n, 2 * beat - 60, pitch, hard] for n, pitch in enumerate(voices)]
        for _ in range(dice.choice([0, 0, 1, 3])):
            late, pitch = dice.randrange(2 * beat), dice.randint(76, 94)
            notes.append([time + late, beat // 2, pitch, hard - 20])
    return sorted(notes)


def composed(piece):
    """What the shipped model makes of the wish."""
    from ml.beginning import to_lists
    from ml.composer import Composer, Request

    composer = Composer.open(ROOT / "ml/weights/concert.keras")
    wish = Request(seconds=piece.requested_duration, seed=piece.seed, style=piece.style)
    return to_lists(composer.compose(wish).notes)


TEXTURES = (made_up_notes, waves, chorale)


def some_sound():
    """The bytes of an MP3 of ten minutes, as quiet as the night."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "sound.mp3")
        subprocess.run(
            ["ffmpeg", "-loglevel", "error", "-f", "lavfi", "-i", "sine=220:duration=603",
             "-b:a", "32k", "-write_xing", "0", path], check=True,
        )  # fmt: skip
        return path.read_bytes()


def sheet():
    """(picture, width, height) of a score: a few bars of two staves, engraved by verovio."""
    import verovio

    dice = random.Random(3)
    upper, lower = "CDEFGAB", "CEGCEG"
    bars = []
    for bar in range(1, 25):
        tune = "".join(
            f'<note dur="{length}" pname="{dice.choice(upper).lower()}" oct="{dice.choice("45")}"/>'
            for length in dice.choice([(4, 4, 4), (2, 4), (8, 8, 4, 4), (4, 8, 8, 8, 8)])
        )
        chord = "".join(f'<note dur="8" pname="{p.lower()}" oct="3"/>' for p in lower)
        bars.append(
            f'<measure n="{bar}"><staff n="1"><layer>{tune}</layer></staff>'
            f'<staff n="2"><layer><beam>{chord}</beam></layer></staff></measure>'
        )
    staves = (
        '<staffGrp symbol="brace" bar.thru="true">'
        '<staffDef n="1" lines="5" clef.shape="G" clef.line="2"/>'
        '<staffDef n="2" lines="5" clef.shape="F" clef.line="4"/></staffGrp>'
    )
    mei = (
        '<mei xmlns="http://www.music-encoding.org/ns/mei"><music><body><mdiv><score>'
        f'<scoreDef key.sig="3f" meter.count="3" meter.unit="4">{staves}</scoreDef>'
        f"<section>{''.join(bars)}</section></score></mdiv></body></music></mei>"
    )
    verovio.enableLog(verovio.LOG_OFF)
    engraver = verovio.toolkit()
    engraver.setOptions(
        {"pageWidth": 2000, "adjustPageHeight": True, "scale": 50, "header": "none"}
    )
    engraver.loadData(mei)
    picture = engraver.renderToSVG(1)
    return picture, 1000, int(picture.split('height="', 1)[1].split("px", 1)[0])


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
    """The pieces by name, and the cookies of the people."""

    def __init__(self, is_composed=False):
        from generator.models import TrainedModel

        card = json.loads((ROOT / "ml/weights/concert.json").read_text())
        self.model = TrainedModel.objects.create(
            status="active",
            name="concert", file="concert.keras", sha256="0" * 64, licence=card["licence"],
            training_data=card["training_data"], credit=card["credit"],
            styles=card["architecture"]["styles"], is_default=True,
        )  # fmt: skip
        self.slugs = ["", *(slug for slug, _ in self.model.styles)]
        self.cookies, self.pieces = {"": None}, {}
        self.made, self.sound = 0, some_sound()
        self.composed = COMPOSED if is_composed else 0

    def invite(self, name, **fields):
        user = person(name, **fields)
        self.cookies[name] = cookie_of(user)
        return user

    def piece(self, name, owner, **fields):
        """Make a piece; unless told otherwise it is finished and public."""
        from django.utils import timezone

        from generator.models import Composition

        index = self.made
        self.made += 1
        seconds = SECONDS[index % len(SECONDS)]
        wish = {
            "title": TITLES[index % len(TITLES)], "seed": 20260 + 7717 * index,
            "model": self.model, "style": self.slugs[(index * 4 + 2) % len(self.slugs)],
            "requested_duration": seconds, "visibility": "public", "status": "ready",
            "created_at": timezone.now() - timedelta(hours=3 * index),
        }  # fmt: skip
        wish |= fields
        if wish["visibility"] == "public":
            wish.setdefault("published_at", wish["created_at"])
        piece = Composition.objects.create(owner=person(owner), **wish)
        if piece.is_ready:
            is_real = index < self.composed
            notes = composed(piece) if is_real else TEXTURES[(index + 1) % 3](index, seconds)
            self.finish(piece, notes, seconds)
        self.pieces[name] = piece
        return piece

    def finish(self, piece, notes, seconds):
        from django.core.files.base import ContentFile
        from django.utils import timezone

        piece.duration, piece.note_count, piece.progress = seconds + 3, len(notes), 1
        piece.finished_at = piece.created_at + timedelta(seconds=seconds / 20)
        piece.started_at = piece.created_at or timezone.now()
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
        from django.utils import timezone

        from generator.models import Rendition

        made = Rendition(composition=piece, kind=kind, **fields)
        if made.is_ready:
            made.finished_at = timezone.now()
            suffix = {"score": "musicxml", "wav": "wav"}[kind]
            made.file.save(f"{piece.folder}/stage.{suffix}", ContentFile(b" " * 48_000), save=False)
            if kind == "score":
                picture, width, height = sheet()
                picture = ContentFile(picture.encode())
                made.picture.save(f"{piece.folder}/stage.svg", picture, save=False)
                made.figures = {
                    "key": "E flat major", "metre": "3/4", "tempo": 84,
                    "width": width, "height": height,
                }  # fmt: skip
        made.save()

    def listen(self, piece, plays, likers=()):
        from django.utils import timezone

        from gallery.models import Favourite, Play

        today = timezone.now().date()
        Play.objects.bulk_create(
            Play(composition=piece, listener=f"{piece.pk}{n}"[-64:], day=today)
            for n in range(plays)
        )
        Favourite.objects.bulk_create(
            Favourite(composition=piece, user=person(name)) for name in likers
        )


def furnish(is_composed=False):
    """Fill the site.

    Alice has everything, Bob nothing, Clara too much in the making, Dora news; Emil throws away.
    """
    from gallery.models import Tagging

    stage = Stage(is_composed)
    stage.invite("alice", about=ABOUT)
    for name in ("bob", "clara", "dora", "emil"):
        stage.invite(name)
    gallery = [stage.piece(f"gallery {n}", ("alice", "clara", "dora")[n % 3]) for n in range(30)]
    for n, piece in enumerate(gallery):
        likers = ("clara", "dora", "alice")[: (n + 2) % 4]
        stage.listen(piece, plays=(n * 37 + 29) % 53, likers=likers)
    full = stage.pieces["full"] = gallery[0]
    full.description, full.energy, full.loudness = DESCRIPTION, 1, 3
    full.save()
    for name in ("rain", "after midnight", "left hand"):
        Tagging.objects.create(composition=full, name=name)
    stage.render(full, status="ready")
    stage.render(full, "wav", status="ready")
    furnish_states(stage)
    furnish_takes(stage)
    return stage


def furnish_states(stage):
    from django.utils import timezone

    now = timezone.now()
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
    stage.beginning = whole
    stage.brought = stage.begin(stage.pieces["private"], "A waltz of my grandmother's", False)
    running = {"progress": 0.42, "heartbeat_at": now, "started_at": now}
    draft = made_up_notes(11, 26)
    stage.piece(
        "composing", **mine, status="composing", draft=draft, requested_duration=62, **running
    )
    stage.piece("rendering", **mine, status="rendering", draft=made_up_notes(12, 60),
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
    from django.utils import timezone

    now = timezone.now()
    key = uuid.uuid4()
    states = [
        {"status": "ready"},
        {"status": "composing", "progress": 0.61, "heartbeat_at": now},
        {"status": "queued"},
        {"status": "failed", "error": NO_SOUNDFONT},
    ]
    for take, state in enumerate(states, start=1):
        wish = {"title": "Barcarolle", "style": "chopin", "requested_duration": 90}
        wish |= {"request_key": key, "take": take, "seed": 41270 + take, "visibility": "private"}
        stage.takes = stage.piece(f"take {take}", "alice", **wish | state).takes_url
