"""Who may hear a piece."""

from django.contrib import messages
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from gallery.pieces import get_own_or_404
from generator.models import Visibility

SHARED = {
    Visibility.PRIVATE: "Private again. Only you can hear it.",
    Visibility.UNLISTED: "Unlisted. Whoever has the link can now hear it.",
    Visibility.PUBLIC: "Published. Everybody can now hear it in the gallery.",
}


@require_POST
def visibility(request, pk):
    piece = get_own_or_404(request, pk)
    return _share(request, piece, request.POST.get("visibility"))


@require_POST
def publish(request, pk):
    return _share(request, get_own_or_404(request, pk), Visibility.PUBLIC)


@require_POST
def unpublish(request, pk):
    return _share(request, get_own_or_404(request, pk), Visibility.PRIVATE)


def _share(request, piece, chosen):
    if chosen not in Visibility.values:
        messages.error(request, "Choose who can hear it: only you, whoever has the link, or all.")
    elif chosen != Visibility.PRIVATE and not piece.is_ready:
        messages.error(request, "Only a finished piece can be shared.")
    elif chosen != Visibility.PRIVATE and piece.is_hidden:
        messages.error(
            request, "The staff of this site have hidden this piece, so it cannot be shared."
        )
    else:
        piece.share(chosen)
        messages.success(request, SHARED[chosen])
    return redirect(piece)
