"""The takes of one request, side by side."""

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe
from django.views.decorators.vary import vary_on_headers

from generator.models import Composition


@require_safe
@never_cache
@vary_on_headers("HX-Request")
def takes(request, request_key):
    """The page of a request from the first second; for htmx, the one take that it asks about."""
    pieces = takes_of(request.user, request_key).select_related("owner", "model")
    pieces = list(pieces.defer("draft", "model__card").with_place().order_by("take"))
    titles = {piece.title for piece in pieces}
    context = {
        "pieces": pieces,
        "title": titles.pop() if len(titles) == 1 else f"{len(pieces)} takes",
        "ready": sum(piece.is_ready for piece in pieces),
        "unfinished": sum(piece.is_unfinished for piece in pieces),
    }
    if request.htmx and not request.htmx.boosted:
        return one_take(request, context)
    if not pieces:
        raise Http404("No such request, or all of it is in the bin.")
    look_at(pieces)
    return render(request, "generator/takes.html", context)


@require_POST
def cancel_left(request, request_key):
    """Stop all takes of a request that have not ended."""
    wanted = takes_of(request.user, request_key)
    if not wanted.exists():
        raise Http404("No such request, or all of it is in the bin.")
    cancelled = wanted.cancel()
    if cancelled:
        words = "One take is cancelled." if cancelled == 1 else f"{cancelled} takes are cancelled."
        messages.success(request, words)
    else:
        messages.info(request, "All takes had ended already.")
    return redirect("generator:takes", request_key)


def takes_of(user, request_key):
    return Composition.objects.owned_by(user).filter(request_key=request_key)


def one_take(request, context):
    """The card of a take; nothing, so that the asking ends, if it has gone to the bin."""
    take = request.GET.get("take", "")
    piece = next((piece for piece in context["pieces"] if str(piece.take) == take), None)
    if piece is None:
        return HttpResponse()
    if request.headers.get("X-Visible") == "true":  # static/js/status.js says it
        look_at([piece])
    return render(request, "generator/_take.html", context | {"piece": piece, "fragment": True})


def look_at(pieces):
    """What has ended is no news any more: its owner sees it here."""
    for piece in pieces:
        piece.mark_as_seen()
