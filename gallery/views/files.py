"""The files of a piece, and its picture."""

import json

from csp.decorators import csp
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpResponse, JsonResponse
from django.middleware.gzip import GZipMiddleware
from django.shortcuts import get_object_or_404, render
from django.utils.cache import get_conditional_response
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_safe

from gallery import archive, media
from gallery.cover import DESIGN, draw_cover, draw_placeholder
from gallery.pieces import get_ready_or_404, get_visible_or_404, private_file, private_page
from gallery.roll import DESIGN as ROLL_DESIGN
from gallery.roll import draw_roll
from generator.models import Kind, RenditionStatus

TYPES = {
    "mp3": "audio/mpeg",
    "wav": "audio/wav",
    "mid": "audio/midi",
    "musicxml": "application/vnd.recordare.musicxml+xml",
    "svg": "image/svg+xml",
}
GZIP = GZipMiddleware(lambda request: None)
ALONE = {"default-src": ["'none'"], "frame-ancestors": ["'none'"], "sandbox": True}


@login_not_required
@require_safe
def audio(request, pk):
    piece = get_ready_or_404(request, pk)
    return _serve(request, piece, piece.mp3, "mp3")


@login_not_required
@require_safe
def midi(request, pk):
    piece = get_ready_or_404(request, pk)
    return _serve(request, piece, piece.midi, "mid")


@login_not_required
@require_safe
def wav(request, pk):
    piece, made = get_rendition_or_404(request, pk, Kind.WAV)
    return _serve(request, piece, made.file, "wav")


@login_not_required
@require_safe
def musicxml(request, pk):
    piece, made = get_rendition_or_404(request, pk, Kind.SCORE)
    return compressed(request, _serve(request, piece, made.file, "musicxml"))


@login_not_required
@require_safe
@csp(ALONE)
def score(request, pk):
    """The score as a picture. Opened by itself it is a document, which may do nothing."""
    piece, made = get_rendition_or_404(request, pk, Kind.SCORE)
    return compressed(request, _serve(request, piece, made.picture, "svg"))


def _serve(request, piece, file, extension):
    name = media.file_name(piece.title, extension)
    return media.serve(request, file, content_type=TYPES[extension], filename=name)


def compressed(request, response):
    """A whole file in a tenth of the bytes: scores are long, and repeat themselves."""
    return GZIP.process_response(request, response) if response.status_code == 200 else response


def get_rendition_or_404(request, pk, kind):
    """The piece, and what was made of it."""
    piece = get_ready_or_404(request, pk)
    made = piece.renditions.filter(kind=kind, status=RenditionStatus.READY)
    return piece, get_object_or_404(made)


@login_not_required
@require_safe
@private_file
def settings(request, pk):
    """What `manage.py compose --from` makes the piece of again."""
    piece = get_ready_or_404(request, pk)
    if piece.audition_id and not piece.audition.is_open_to(request.user):
        raise Http404("Whose piece this is, is told to those who have voted.")
    told = archive.settings_of(piece)
    if piece.takeover is not None and told["beginning"] is None:
        told = private_page(render)  # the header of a page names the person
        return told(request, "gallery/beginning_gone.html", {"piece": piece}, status=404)
    answer = JsonResponse(told, json_dumps_params={"ensure_ascii": False, "indent": 1})
    name = media.file_name(piece.title, "json")
    answer["Content-Disposition"] = content_disposition_header("download" in request.GET, name)
    return answer


@login_not_required
@require_safe
def notes(request, pk):
    """The notes as the roll draws them; of an unfinished piece those that stand already."""
    piece = get_visible_or_404(request, pk)
    if piece.is_ready:
        return media.serve(
            request, piece.notes, content_type="application/json", filename="notes.json"
        )
    told = {"duration": piece.expected_seconds, "notes": piece.draft, "takeover": piece.takeover}
    return JsonResponse(told, headers={"Cache-Control": "private, no-store"})


@login_not_required
@require_safe
@private_file
def cover(request, pk):
    """The picture of the piece; a quiet one until there are notes."""
    piece = get_visible_or_404(request, pk)
    etag = f'"{DESIGN}-{piece.notes.name if piece.is_ready else "waiting"}"'
    unchanged = get_conditional_response(request, etag=etag)
    if unchanged is not None:
        unchanged["ETag"] = etag
        return unchanged
    picture = draw_cover(read_notes(piece)) if piece.is_ready else draw_placeholder(piece.seed)
    return HttpResponse(picture, content_type="image/svg+xml", headers={"ETag": etag})


@login_not_required
@require_safe
@private_file
def roll(request, pk):
    """The roll as a picture; of an unfinished piece what stands already."""
    piece = get_visible_or_404(request, pk)
    stands = piece.notes.name if piece.is_ready else f"{piece.attempt}-{len(piece.draft)}"
    etag = f'"{ROLL_DESIGN}-{stands}"'
    unchanged = get_conditional_response(request, etag=etag)
    if unchanged is not None:
        unchanged["ETag"] = etag
        return unchanged
    notes = read_notes(piece) if piece.is_ready else piece.draft
    seconds = piece.duration if piece.is_ready else piece.expected_seconds
    picture = draw_roll(notes, seconds, piece.takeover)
    return HttpResponse(picture, content_type="image/svg+xml", headers={"ETag": etag})


def read_notes(piece):
    try:
        with piece.notes.storage.open(piece.notes.name) as file:
            return json.load(file)["notes"]
    except FileNotFoundError as error:
        raise Http404("The file is gone.") from error
