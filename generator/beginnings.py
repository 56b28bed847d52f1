"""Music for a piece to go on from: taken from another piece, or brought as a MIDI file."""

import json
import re
import threading
import time
import uuid

from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage

from generator import storage
from generator.children import Child
from generator.models import SHORTEST_TAKEOVER, Beginning
from generator.titles import plain_text
from generator.uploads import MOST_BYTES

LONGEST_CHECK = 20  # seconds; gunicorn gives a request 30
LONGEST_QUEUE = 5  # seconds until one of the two places for a check is free
MOST_NOTES = 6_000  # that a composer hears, see ml/beginning.py
CODA = 8  # seconds before a piece's end in which it slows down and says goodbye
NAMELESS = "Uploaded music"
LONGEST_TITLE = Beginning._meta.get_field("title").max_length

_places = threading.BoundedSemaphore(2)  # checks at once, of each web process


class UploadError(Exception):
    """A file that no piece can go on from; the message is a sentence for people."""


CHILD = Child(
    "generator.hearing",
    error=UploadError,
    too_long="This file takes too long to be read.",
    no_result="This file cannot be read as MIDI.",
)


def take_from(piece):
    """The Beginning that is a finished piece of one's own, made once.

    Raises BeginningsError, or FileNotFoundError if the files of the piece are gone.
    """
    known = Beginning.objects.filter(owner=piece.owner, source=piece).first()
    if known:
        known.keep_for_now()
        return known
    Beginning.objects.ensure_room(piece.owner)
    with piece.notes.open() as notes, piece.midi.open() as midi:
        music, score = json.load(notes), midi.read()
    return _keep(piece.owner, piece.title, music, score, source=piece)


def bring(owner, file):
    """The Beginning that an uploaded file holds. Raises UploadError or BeginningsError."""
    Beginning.objects.ensure_room(owner)
    if file.size > MOST_BYTES:  # and then nothing of it was kept, see uploads.py
        raise UploadError(f"This file has more than {MOST_BYTES // 1_000_000} MB.")
    data = file.read()
    music = check(data)
    if music["duration"] < SHORTEST_TAKEOVER:
        raise UploadError("This music ends within its first second.")
    return _keep(owner, title_of(file.name), music, data)


def check(data):
    """The music in the bytes of a MIDI file, as a child process reads it. Raises UploadError."""
    if not _places.acquire(timeout=LONGEST_QUEUE):
        raise UploadError("Many people bring music just now. Try again in a minute.")
    try:
        with storage.scratch_folder(uuid.uuid4()) as folder:
            path = folder / "upload.mid"
            path.write_bytes(data)
            return CHILD.run(folder, {"file": str(path)}, time.monotonic() + LONGEST_CHECK)
    finally:
        _places.release()


def title_of(file_name):
    """A title from the name of a file.

    >>> title_of("moonlight_sonata-1.mid")
    'moonlight sonata-1'
    """
    title = " ".join(re.sub(r"\.midi?$", "", file_name, flags=re.IGNORECASE).split("_"))
    title = " ".join(title.split())[:LONGEST_TITLE].strip()
    try:
        plain_text(title)
    except ValidationError:
        return NAMELESS
    return title or NAMELESS


def read_notes(beginning):
    """The notes as the roll draws them. Raises FileNotFoundError."""
    with beginning.notes.open() as file:
        return json.load(file)["notes"]


def suggested_takeover(beginning):
    """Where one would go on: from what was brought at its end, from a piece before its farewell.

    Of dense music earlier, since a composer hears so many notes only.
    """
    latest = beginning.latest_takeover
    if beginning.note_count > MOST_NOTES:
        try:
            latest = min(latest, latest_heard(read_notes(beginning)))
        except FileNotFoundError:
            pass  # whoever sends the form is told
    if beginning.source_id is None:
        return latest
    before_coda = round(beginning.duration - CODA, 1)
    return min(max(before_coda, SHORTEST_TAKEOVER), latest)


def latest_heard(notes):
    """The last second, in tenths, before which there are no more notes than a composer hears."""
    onsets = sorted(onset for onset, *_ in notes)
    return onsets[MOST_NOTES] // 100 / 10


def _keep(owner, title, music, midi, source=None):
    """Files first, the row last: the sweep removes files that no row names."""
    pk = uuid.uuid4()
    notes = json.dumps({"duration": music["duration"], "notes": music["notes"]})
    folder = Beginning(pk=pk).folder
    names = {}
    try:
        for name, content in (("music.mid", midi), ("notes.json", notes.encode())):
            names[name] = default_storage.save(f"{folder}/{name}", ContentFile(content))
        return Beginning.objects.accept(
            owner,
            id=pk,
            title=title,
            source=source,
            duration=music["duration"],
            note_count=len(music["notes"]),
            midi=names["music.mid"],
            notes=names["notes.json"],
        )
    except BaseException:
        storage.remove(names.values(), folder)
        raise
