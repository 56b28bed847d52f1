"""Throwing pieces away, and the bin from which they can be fetched back for a while."""

import functools
import uuid
from itertools import islice

from django.contrib import messages
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.template.loader import render_to_string
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from gallery.back import way_back
from gallery.pieces import get_own_or_404, pieces, private_page
from gallery.views.lists import page_of, without_blanks
from generator.models import KEPT_IN_BIN

DAYS_KEPT = KEPT_IN_BIN.days
MOST_AT_ONCE = 1000  # pieces; a page has far fewer, and databases take not any number of ids


def known_ids(texts):
    """The texts that are ids, as such; whatever else a form may send is left out."""
    for text in texts:
        try:
            yield uuid.UUID(text)
        except ValueError:
            pass


def tell_if_binned(view):
    """Where a view of a piece finds nothing, tell its owner if that is because of the bin."""

    @functools.wraps(view)
    def look(request, pk):
        try:
            return view(request, pk)
        except Http404:
            mine = request.user.is_authenticated and pieces().in_bin_of(request.user)
            piece = mine and mine.filter(pk=pk).first()
            if not piece:
                raise
        return render(request, "gallery/binned.html", {"piece": piece}, status=404)

    return look


def throw_away(request, chosen):
    """Put pieces into the bin, and say so with a button that fetches them back."""
    context = {"pieces": list(chosen.defer("draft")), "days": DAYS_KEPT}
    chosen.throw_away()
    messages.success(request, render_to_string("gallery/_thrown_away.html", context))


@require_http_methods(["GET", "HEAD", "POST"])
@private_page
def delete(request, pk):
    piece = get_own_or_404(request, pk)
    if request.method == "POST":
        throw_away(request, pieces().filter(pk=piece.pk))
        return redirect("gallery:mine")
    return render(request, "gallery/delete.html", {"piece": piece, "days": DAYS_KEPT})


@require_POST
def restore(request, pk):
    piece = get_object_or_404(pieces().filter(owner=request.user), pk=pk)
    piece.restore()
    messages.success(request, f"“{piece.title}” is back.")
    return redirect(way_back(request, piece.get_absolute_url()))


@require_POST
def restore_many(request):
    """Fetch back what was thrown away together, or what is ticked in the bin."""
    undone = request.POST.get("pieces", "").split(",")
    ids = list(islice(known_ids([*undone, *request.POST.getlist("piece")]), MOST_AT_ONCE))
    restored = pieces().in_bin_of(request.user).filter(pk__in=ids).update(deleted_at=None)
    if restored:
        words = "One piece is back." if restored == 1 else f"{restored} pieces are back."
        messages.success(request, words)
    elif ids:
        messages.info(request, "There was nothing to bring back any more.")
    else:
        messages.error(request, "No piece is chosen. Tick at least one, then bring it back.")
    return redirect(way_back(request, "gallery:mine"))


@require_safe
@private_page
@without_blanks
def show_bin(request):
    binned = pieces().in_bin_of(request.user).order_by("-deleted_at", "pk")
    return render(request, "gallery/bin.html", page_of(request, binned) | {"days": DAYS_KEPT})


@require_http_methods(["GET", "HEAD", "POST"])
@private_page
def delete_for_good(request, pk):
    binned = pieces().in_bin_of(request.user).filter(pk=pk)
    piece = get_object_or_404(binned)
    if request.method == "POST":
        binned.delete_with_files()
        messages.success(request, f"“{piece.title}” is deleted.")
        return redirect("gallery:bin")
    return render(request, "gallery/delete_for_good.html", {"piece": piece})


@require_http_methods(["GET", "HEAD", "POST"])
@private_page
def empty_bin(request):
    binned = pieces().in_bin_of(request.user)
    if request.method == "POST":
        binned.delete_with_files()
        messages.success(request, "The bin is empty.")
        return redirect("gallery:bin")
    return render(request, "gallery/empty_bin.html", {"count": binned.count()})
