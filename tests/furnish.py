"""Put people and ready pieces with real sound into a site, without composing: Site.furnish.

Reads {"people": [name, …], "staff": [name, …], "pieces": [{field: value, …}, …]} as JSON from
standard input; staff are superusers. A piece may say every field of Composition, and besides
`owner` (a name, made if missing), `seconds` and `tone` (Hz) of its sound, `notes` instead of
made-up ones, `more` to lie in notes.json, `tags`, and `real_midi` for a MIDI file of these notes.
Prints the addresses of the pieces and the session cookies of all people named.
"""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
os.environ["DJANGO_SETTINGS_MODULE"] = "musicsite.settings"

import django  # noqa: E402

django.setup()

from django.contrib.auth import get_user_model  # noqa: E402
from django.core.files.base import ContentFile  # noqa: E402
from django.utils import timezone  # noqa: E402

from bench.stage import cookie_of  # noqa: E402
from bench.stage_music import made_up_notes  # noqa: E402
from gallery.models import Tagging  # noqa: E402
from generator.models import Composition, Status, TrainedModel  # noqa: E402

MIDI = bytes.fromhex(  # one middle C of a second
    "4d546864000000060000000101e0 4d54726b0000000d 00903c40 8740803c00 00ff2f00"
)


def person(name, **fields):
    people = get_user_model().objects
    known = people.filter(username=name).first()
    if known:
        return known
    return people.create_user(name, f"{name}@example.org", "a lantern in the rain", **fields)


def sound(seconds, tone):
    """MP3 of a plain tone, encoded as the site's own are: at a constant rate."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "tone.mp3")
        source = f"sine={tone}:duration={seconds}"
        command = ["ffmpeg", "-loglevel", "error", "-f", "lavfi", "-i", source, "-b:a", "64k", path]
        subprocess.run(command, check=True)
        return path.read_bytes()


def midi_of(notes):
    from ml import midi  # it loads music21
    from ml.beginning import from_lists
    from ml.notes import Piece

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "score.mid"
        midi.write(Piece(from_lists(notes)), path)
        return path.read_bytes()


def make_piece(
    owner, seconds=20, tone=220, notes=None, more=None, tags=(), real_midi=False, **fields
):
    notes = notes or made_up_notes(len(fields.get("title", "")), seconds)
    result = {
        "title": "Lantern", "seed": 7, "model": TrainedModel.objects.default(),
        "requested_duration": max(10, seconds), "status": Status.READY, "progress": 1,
        "visibility": "public",
    }  # fmt: skip
    if fields.get("visibility", "public") == "public":
        result["published_at"] = timezone.now()
    piece = Composition.objects.create(owner=person(owner), **result | fields)
    if piece.is_ready:
        piece.duration, piece.note_count = seconds, len(notes)
        words = {"duration": seconds, "notes": notes} | (more or {})
        files = {
            "mp3": sound(seconds, tone),
            "midi": midi_of(notes) if real_midi else MIDI,
            "notes": json.dumps(words).encode(),
        }
        for name, content in files.items():
            path = f"{piece.folder}/stage.{name}"
            getattr(piece, name).save(path, ContentFile(content), save=False)
        piece.save(update_fields=["duration", "note_count", *files])
    Tagging.objects.bulk_create(Tagging(composition=piece, name=tag) for tag in tags)
    return piece


def main():
    wishes = json.load(sys.stdin)
    for name in wishes["staff"]:
        person(name, is_staff=True, is_superuser=True)
    pieces = [make_piece(**{"owner": "clara"} | wish) for wish in wishes["pieces"]]
    names = dict.fromkeys(
        [*wishes["people"], *wishes["staff"], *(piece.owner.username for piece in pieces)]
    )
    cookies = {name: cookie_of(person(name)) for name in names}
    answer = {"pieces": [piece.get_absolute_url() for piece in pieces], "cookies": cookies}
    json.dump(answer, sys.stdout)


if __name__ == "__main__":
    main()
