"""What owners say about their pieces."""

from django.contrib import messages
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from gallery.forms import EditForm
from gallery.models import Tagging
from gallery.pieces import get_own_or_404, private_page


@require_http_methods(["GET", "HEAD", "POST"])
@private_page
def edit(request, pk):
    piece = get_own_or_404(request, pk)
    if request.method == "POST":
        form = EditForm(request.POST)
        if form.is_valid() and form.apply_to(piece):
            messages.success(request, "Saved.")
            return redirect(piece)
    else:
        tags = ", ".join(Tagging.objects.names_of(piece))
        said = {"title": piece.title, "description": piece.description, "tags": tags}
        form = EditForm(initial=said)
    return render(request, "gallery/edit.html", {"piece": piece, "form": form})


@require_safe
def rename(request, pk):
    """Its old address."""
    return redirect("gallery:edit", get_own_or_404(request, pk).pk)
