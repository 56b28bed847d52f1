"""Which pieces a request may touch. Whatever somebody may not see does not exist."""

from django.http import Http404
from django.shortcuts import get_object_or_404
from django.views.decorators.cache import cache_control

from gallery.queries import PieceQuerySet
from generator.models import Composition

# A page about a person's own things must not stay in any cache: browsers keep the pages one has
# left ready for "back", and would show them after log-out.
private_page = cache_control(private=True, no_store=True)
# What is in it may stay with whoever may see it, but is asked for anew each time.
private_file = cache_control(private=True, no_cache=True)


def pieces():
    return PieceQuerySet(Composition).select_related("owner", "model").defer("model__card")


def get_visible_or_404(request, pk):
    """A shared piece, or one of the person's own. Others' private pieces do not exist."""
    return _find(request, pieces().visible_to(request.user), pk)


def get_piece_with_audience_or_404(request, pk):
    """The same, with what listeners left at it."""
    visible = pieces().visible_to(request.user)
    return _find(request, visible.with_audience(request.user), pk)


def _find(request, among, pk):
    piece = get_object_or_404(among, pk=pk)
    request.is_unlisted = piece.is_unlisted  # gallery/middleware.py tells search engines
    return piece


def get_own_or_404(request, pk):
    return get_object_or_404(pieces().owned_by(request.user), pk=pk)


def get_ready_or_404(request, pk):
    piece = get_visible_or_404(request, pk)
    if not piece.is_ready:
        raise Http404("Not made yet.")
    return piece
