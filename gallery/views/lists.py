"""Lists of pieces."""

from django.contrib.auth.decorators import login_not_required
from django.core.paginator import Paginator
from django.shortcuts import render
from django.views.decorators.http import require_safe

from gallery.pieces import pieces, private_page

PIECES_A_PAGE = 12


def _page_of(request, listed):
    """The page asked for, or the nearest there is, and the numbers that lead to the others."""
    paginator = Paginator(listed, PIECES_A_PAGE)
    page = paginator.get_page(request.GET.get("page"))
    return {"page": page, "numbers": paginator.get_elided_page_range(page.number, on_each_side=1)}


@login_not_required
@require_safe
def browse(request):
    return render(request, "gallery/browse.html", _page_of(request, pieces().published()))


@require_safe
@private_page
def mine(request):
    own = pieces().owned_by(request.user)
    return render(request, "gallery/mine.html", _page_of(request, own))
