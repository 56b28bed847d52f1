"""The page of a piece, and its state for scripts."""

import uuid

from django.contrib.auth.decorators import login_not_required
from django.http import JsonResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe
from django.views.decorators.vary import vary_on_headers
from django_htmx.http import retarget

from gallery.pieces import (
    get_piece_with_audience_or_404,
    get_visible_or_404,
    private_file,
    private_page,
)
from gallery.views.discard import tell_if_binned
from generator.models import ANY_STYLE


@login_not_required
@require_safe
@private_page
@vary_on_headers("HX-Request", "HX-Boosted", "HX-History-Restore-Request")
@tell_if_binned
def detail(request, pk):
    """The page of a piece from the first second; for htmx, what has changed since."""
    piece = get_piece_with_audience_or_404(request, pk)
    if piece.audition_id:  # it is heard beside the others, perhaps without knowing whose it is
        return redirect("admin:generator_audition_change", piece.audition_id)
    is_owner = piece.owner_id == request.user.pk
    htmx = request.htmx
    fragment = htmx and not htmx.boosted and not htmx.history_restore_request
    # A window that nobody looks at asks too: static/js/status.js says whether it can be seen.
    if is_owner and (not fragment or request.headers.get("X-Visible") == "true"):
        piece.mark_as_seen()
    context = {
        "piece": piece,
        "is_owner": is_owner,
        "queue_position": piece.queue_position(),
        "fragment": fragment,
        "source": piece.source_for(request.user),
        "request_key": uuid.uuid4(),
    }
    if not fragment:
        return render(request, "gallery/detail.html", context)
    if piece.is_unfinished:
        return render(request, "gallery/_making_now.html", context)
    return retarget(render(request, "gallery/_status.html", context), "#piece")


@login_not_required
@require_safe
@private_file
def state(request, pk):
    piece = get_visible_or_404(request, pk)
    url = piece.get_absolute_url()
    return JsonResponse(
        {
            "id": str(piece.pk),
            "title": piece.title,
            "status": piece.status,
            "progress": piece.progress,
            "queue_position": piece.queue_position(),
            "requested_duration": piece.requested_duration,
            "duration": piece.duration,
            "style": piece.style or ANY_STYLE,
            "temperature": piece.temperature,
            "energy": piece.energy,
            "loudness": piece.loudness,
            "seed": piece.seed,
            "model": piece.model.name,
            "take": piece.take,
            "takeover": piece.takeover,
            "visibility": piece.visibility,
            "notes": piece.note_count,
            "error": piece.error or None,
            "mp3_url": f"{url}audio.mp3" if piece.is_ready else None,
            "midi_url": f"{url}score.mid" if piece.is_ready else None,
        }
    )
