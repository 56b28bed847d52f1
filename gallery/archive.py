"""Pieces as files to take along: what belongs to one, and a ZIP of many.

A ZIP is sent as it is made: its size is known before, and a file is opened when its turn comes,
so that neither memory nor disk grows with what somebody owns.
"""

import json
from contextlib import ExitStack, contextmanager
from functools import partial

from django.http import StreamingHttpResponse
from django.utils import timezone
from django.utils.http import content_disposition_header
from zipstream import ZipStream

from gallery.cover import draw_cover
from gallery.media import BLOCK_BYTES, file_name
from generator.models import ANY_STYLE, Kind

LONGEST_NAME = 50  # characters of a title: a folder's name may have 255 bytes
COVER_BYTES = 20_000  # more than a cover has: with blanks after it, it need not be drawn before
GONE = ".gone.txt"
SORRY = b"This file was gone when the ZIP was put together.\n"


class Cover:
    """The cover of a piece as a source, drawn when its turn comes."""

    size = COVER_BYTES

    def __init__(self, notes):
        self.notes = notes

    def __call__(self):
        with self.notes.storage.open(self.notes.name) as file:
            return draw_cover(json.load(file)["notes"]).encode()


def members(piece):
    """What a piece leaves for an archive, in a folder of its own: (name, source), …

    A source is a stored file, which may be gone, or a function that gives bytes: as many as its
    `size`, or, without one, as many as at first; what it gives less is made up by blanks.
    """
    folder, title = folder_name(piece), piece.title[:LONGEST_NAME]
    yield f"{folder}/settings.json", partial(settings_json, piece)
    files = [(piece.mp3, "mp3"), (piece.midi, "mid")]
    for rendition in piece.renditions.all():
        is_score = rendition.kind == Kind.SCORE
        files += [(rendition.file, "musicxml" if is_score else "wav"), (rendition.picture, "svg")]
    for file, extension in files:
        if file:
            yield f"{folder}/{file_name(title, extension)}", file
    if piece.notes:
        yield f"{folder}/notes.json", piece.notes
        # In a folder of its own: the score of a piece called "cover" is a picture, too.
        yield f"{folder}/cover/cover.svg", Cover(piece.notes)
    if piece.beginning:
        # In a folder of its own: a piece may be called "beginning".
        yield f"{folder}/beginning/beginning.mid", piece.beginning.midi


def folder_name(thing):
    """A name for the folder of a piece or a beginning, which no other one has.

    Such as "2026-03-01 Moth 8f14e45f".
    """
    day = timezone.localdate(thing.created_at)
    stem = file_name(thing.title[:LONGEST_NAME], "x").removesuffix(".x")
    return f"{day} {stem} {str(thing.pk)[:8]}"


def settings_of(piece):
    """All that is needed to make the piece again: `manage.py compose --from` takes it."""
    model = piece.model
    return {
        "title": piece.title,
        "model": model.file.name.removesuffix(".keras").removesuffix(f"-{model.sha256[:8]}"),
        "model_sha256": model.sha256,
        "style": piece.style or ANY_STYLE,
        "seed": piece.seed,
        "temperature": piece.temperature,
        "seconds": piece.requested_duration,
        "energy": piece.energy,
        "loudness": piece.loudness,
        "beginning": _beginning_of(piece),
    }


def _beginning_of(piece):
    """The music that the piece goes on from, up to there; None if it is gone, or never was."""
    if not piece.beginning:
        return None
    try:
        with piece.beginning.notes.storage.open(piece.beginning.notes.name) as file:
            notes = json.load(file)["notes"]
    except FileNotFoundError:
        return None
    heard = [note for note in notes if note[0] < piece.takeover * 1000]
    return {"seconds": piece.takeover, "notes": heard}


def settings_json(piece):
    return json.dumps(settings_of(piece), ensure_ascii=False).encode()


def words_json(pieces):
    """Titles, descriptions and tags, by folder."""
    told = {
        folder_name(piece): {
            "title": piece.title,
            "description": piece.description,
            "tags": [tagging.name for tagging in piece.taggings.all()],
        }
        for piece in pieces
    }
    return json.dumps(told, ensure_ascii=False, indent=1).encode()


class Archive:
    """A ZIP that is made while it is sent, of a size that is known, and promised, before."""

    def __init__(self):
        self._plan, self._members = ZipStream(sized=True), []

    def add(self, name, source):
        """Plan a member. Raises FileNotFoundError if the source is gone."""
        size = source.size if hasattr(source, "size") else len(source())
        self._plan.add(iter(()), name, size=size)
        self._members.append((name, source, size))

    def __len__(self):
        return len(self._plan)

    def __iter__(self):
        made = ZipStream(sized=True)
        for name, source, size in self._members:
            with ExitStack() as stack:
                try:
                    blocks = stack.enter_context(_opened(source, size))
                except FileNotFoundError:  # deleted, renamed or expired since the size was told
                    name, size, blocks = _stand_in(name, size)
                made.add(blocks, name, size=size)
                yield from made.file()
        yield from made.finalize()


def pack(sources):
    """A ZIP of all (name, source) that are there, and the names of the files that are gone.

    In the place of each of these is a small text that says so.
    """
    archive, missing = Archive(), []
    for name, source in sources:
        try:
            archive.add(name, source)
        except FileNotFoundError:
            missing.append(name)
            archive.add(name + GONE, partial(bytes, SORRY))
    return archive, missing


def send(archive, filename):
    """Answer with what `pack` made, block by block."""
    return StreamingHttpResponse(
        iter(archive),
        content_type="application/zip",
        headers={
            "Content-Length": str(len(archive)),
            "Content-Disposition": content_disposition_header(True, filename),
            "Cache-Control": "private, no-store",
        },
    )


@contextmanager
def _opened(source, size):
    if callable(source):
        yield [source().ljust(size)]
        return
    with source.storage.open(source.name) as file:
        yield file.chunks(BLOCK_BYTES)


def _stand_in(name, size):
    """(name, size, blocks) of a text that takes just the room of a file which is gone.

    The size of the ZIP is promised, so blanks fill it up. A name stands in a ZIP twice.
    """
    room = size - 2 * len(GONE)
    if room < 0:  # less than any sound, score or MIDI file
        return name, size, [b" " * size]
    return name + GONE, room, _padded(SORRY[:room], room)


def _padded(words, room):
    yield words
    for start in range(len(words), room, BLOCK_BYTES):
        yield b"\n" * min(BLOCK_BYTES, room - start)
