"""Pieces as files to take along: what belongs to one, and a ZIP of many.

A ZIP is sent as it is made: its size is known before, and a file is opened when its turn comes,
so that neither memory nor disk grows with what somebody owns.
"""

import json
from functools import partial

from django.http import StreamingHttpResponse
from django.utils import timezone
from django.utils.http import content_disposition_header
from zipstream import ZipStream

from gallery.media import BLOCK_BYTES, file_name
from generator.models import ANY_STYLE, Kind

LONGEST_NAME = 50  # characters of a title: a folder's name may have 255 bytes


def members(piece):
    """What a piece leaves for an archive, in a folder of its own: (name, source), …

    A source is a stored file, which may be gone, or a function that gives bytes, always the same.
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
    return json.dumps(told, ensure_ascii=False, indent=1)


def pack(sources):
    """A ZIP of all (name, source) that are there, and the names of the files that are gone."""
    archive, missing = ZipStream(sized=True), []
    for name, source in sources:
        try:
            archive.add(_blocks(source), name, size=_size(source))
        except FileNotFoundError:
            missing.append(name)
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


def _size(source):
    return len(source()) if callable(source) else source.size


def _blocks(source):
    if callable(source):
        yield source()
        return
    with source.storage.open(source.name) as file:
        yield from file.chunks(BLOCK_BYTES)
