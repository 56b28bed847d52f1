"""Lists of pieces. Each makes the same number of queries whether it shows ten or a thousand."""

import functools
import uuid

from django.contrib.auth.decorators import login_not_required
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.encoding import escape_uri_path
from django.views.decorators.http import require_safe
from django.views.decorators.vary import vary_on_headers

from gallery.forms import (
    ORDER_CHOICES,
    STATE_CHOICES,
    FavouriteFilterForm,
    FilterForm,
    OwnFilterForm,
)
from gallery.pieces import pieces, private_page

PIECES_A_PAGE = 12
ASKED = {*OwnFilterForm.base_fields, "page"}


def without_blanks(view):
    """Lead an address with fields left blank, as a browser sends them, to the one without.

    So the address holds only what was asked for, and so do the links of the page.
    """

    @functools.wraps(view)
    def look(request, *args, **kwargs):
        said = request.GET.copy()
        for name in ASKED & said.keys():
            said.setlist(name, [value for value in said.getlist(name) if value.strip()])
        if said == request.GET:
            return view(request, *args, **kwargs)
        path, query = escape_uri_path(request.path), said.urlencode()
        return redirect(f"{path}?{query}" if query else path)

    return look


def page_of(request, listed):
    """The page asked for, or the nearest there is, and the numbers that lead to the others."""
    paginator = Paginator(listed, PIECES_A_PAGE)
    page = paginator.get_page(request.GET.get("page"))
    return {"page": page, "numbers": paginator.get_elided_page_range(page.number, on_each_side=1)}


def found_in(request, listed, form_class=FilterForm):
    """The same of what was asked for, with the form that asks."""
    form = form_class(request.GET, listed)
    # What an unfinished piece has for notes may be long, and no list draws them.
    shown = form.narrow(listed.with_audience(request.user)).defer("draft")
    return {"form": form, "orders": ORDER_CHOICES} | page_of(request, shown)


@login_not_required
@require_safe
@private_page  # the person's name and hearts are on it, and what was taken back must go at once
@without_blanks
def browse(request):
    return render(request, "gallery/browse.html", found_in(request, pieces().published()))


@require_safe
@private_page
@without_blanks
@vary_on_headers("HX-Request")
def mine(request):
    """The person's pieces; for htmx, the one card that it asks about."""
    own = pieces().owned_by(request.user)
    if request.htmx and not request.htmx.boosted and "card" in request.GET:
        return one_card(request, own)
    counts = own.count_states()
    counts[""] = sum(counts.values())
    states = [(state, words, counts[state]) for state, words in STATE_CHOICES]
    context = found_in(request, own, OwnFilterForm) | {"states": states}
    context["are_unfinished"] = any(piece.is_unfinished for piece in context["page"])
    return render(request, "gallery/mine.html", context)


def one_card(request, own):
    """The card of a piece in the making, as it is now; nothing if it has gone to the bin."""
    try:
        pk = uuid.UUID(request.GET["card"])
    except ValueError:
        return HttpResponse()
    piece = own.with_audience(request.user).defer("draft", "model__card").filter(pk=pk).first()
    if piece is None:
        return HttpResponse()
    context = {"piece": piece, "own": True, "fragment": True, "place": piece.queue_position()}
    return render(request, "gallery/_card.html", context | {"back": "/me/"})


@require_safe
@private_page
@without_blanks
def favourites(request):
    """What the person left a heart at and may still hear."""
    hearted = pieces().visible_to(request.user).liked_by(request.user)
    context = found_in(request, hearted, FavouriteFilterForm)
    context["orders"] = [("", "Latest heart"), *ORDER_CHOICES[1:]]
    return render(request, "gallery/favourites.html", context)
