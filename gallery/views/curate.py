"""What owners do with their pieces."""

from django.contrib import messages
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from gallery.forms import TitleForm
from gallery.pieces import get_own_or_404, private_page


@require_http_methods(["GET", "HEAD", "POST"])
@private_page
def rename(request, pk):
    piece = get_own_or_404(request, pk)
    if request.method == "POST":
        form = TitleForm(request.POST)
        if form.is_valid():
            piece.rename(form.cleaned_data["title"])
            messages.success(request, "Renamed.")
            return redirect(piece)
    else:
        form = TitleForm(initial={"title": piece.title})
    return render(request, "gallery/rename.html", {"piece": piece, "form": form})


@require_http_methods(["GET", "HEAD", "POST"])
@private_page
def delete(request, pk):
    """Ask first; then remove the piece with its files. A worker still at it notices and stops."""
    piece = get_own_or_404(request, pk)
    if request.method == "POST":
        piece.delete_with_files()
        messages.success(request, f"“{piece.title}” is deleted.")
        return redirect("gallery:mine")
    return render(request, "gallery/delete.html", {"piece": piece})
