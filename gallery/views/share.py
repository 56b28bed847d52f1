"""Who may hear a piece."""

from django.contrib import messages
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from gallery.pieces import get_own_or_404
from generator.models import Visibility


@require_POST
def publish(request, pk):
    piece = get_own_or_404(request, pk)
    if piece.is_ready:
        piece.share(Visibility.PUBLIC)
        messages.success(request, "Published. Everybody can now hear it in the gallery.")
    else:
        messages.error(request, "Only a finished piece can be published.")
    return redirect(piece)


@require_POST
def unpublish(request, pk):
    piece = get_own_or_404(request, pk)
    piece.share(Visibility.PRIVATE)
    messages.success(request, "Private again. Only you can hear it.")
    return redirect(piece)
