"""The files of a piece, and its picture."""

import json

from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpResponse, JsonResponse
from django.utils.cache import get_conditional_response
from django.views.decorators.http import require_safe

from gallery import media
from gallery.cover import DESIGN, draw_cover, draw_placeholder
from gallery.pieces import get_ready_or_404, get_visible_or_404, private_page


@login_not_required
@require_safe
def audio(request, pk):
    piece = get_ready_or_404(request, pk)
    name = media.file_name(piece.title, "mp3")
    return media.serve(request, piece.mp3, content_type="audio/mpeg", filename=name)


@login_not_required
@require_safe
def midi(request, pk):
    piece = get_ready_or_404(request, pk)
    name = media.file_name(piece.title, "mid")
    return media.serve(request, piece.midi, content_type="audio/midi", filename=name)


@login_not_required
@require_safe
def notes(request, pk):
    """The notes as the roll draws them; of an unfinished piece those that stand already."""
    piece = get_visible_or_404(request, pk)
    if piece.is_ready:
        return media.serve(
            request, piece.notes, content_type="application/json", filename="notes.json"
        )
    answer = JsonResponse({"duration": piece.requested_duration, "notes": piece.draft})
    answer["Cache-Control"] = "private, no-store"
    return answer


@login_not_required
@require_safe
@private_page
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


def read_notes(piece):
    try:
        with piece.notes.storage.open(piece.notes.name) as file:
            return json.load(file)["notes"]
    except FileNotFoundError as error:
        raise Http404("The file is gone.") from error
