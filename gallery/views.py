import json

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.cache import get_conditional_response
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from django.views.decorators.vary import vary_on_headers

from gallery import media
from gallery.cover import DESIGN, draw_cover, draw_placeholder
from gallery.forms import TitleForm
from generator.models import ANY_STYLE, Composition

PIECES_A_PAGE = 12

# A page about a person's own things must not stay in a shared cache or be shown after log-out.
private_page = cache_control(private=True, no_cache=True)


def _pieces():
    return Composition.objects.select_related("owner", "model")


def get_visible_or_404(request, pk):
    """A published piece, or one of the person's own. Others' private pieces do not exist."""
    return get_object_or_404(_pieces().visible_to(request.user), pk=pk)


def get_own_or_404(request, pk):
    return get_object_or_404(_pieces().owned_by(request.user), pk=pk)


def get_ready_or_404(request, pk):
    piece = get_visible_or_404(request, pk)
    if not piece.is_ready:
        raise Http404("Not made yet.")
    return piece


def _page_of(request, pieces):
    """The page asked for, or the nearest there is, and the numbers that lead to the others."""
    paginator = Paginator(pieces, PIECES_A_PAGE)
    page = paginator.get_page(request.GET.get("page"))
    return {"page": page, "numbers": paginator.get_elided_page_range(page.number, on_each_side=1)}


@login_not_required
@require_safe
def browse(request):
    return render(request, "gallery/browse.html", _page_of(request, _pieces().published()))


@require_safe
@private_page
def mine(request):
    pieces = _pieces().owned_by(request.user)
    return render(request, "gallery/mine.html", _page_of(request, pieces))


@login_not_required
@require_safe
@private_page
@vary_on_headers("HX-Request", "HX-History-Restore-Request")
def detail(request, pk):
    """The page of a piece from the first second; for htmx, the part that changes as it is made."""
    piece = get_visible_or_404(request, pk)
    fragment = request.htmx and not request.htmx.history_restore_request
    template = "gallery/_status.html" if fragment else "gallery/detail.html"
    context = {
        "piece": piece,
        "is_owner": piece.owner_id == request.user.pk,
        "queue_position": piece.queue_position(),
        "fragment": fragment,
    }
    return render(request, template, context)


@login_not_required
@require_safe
@private_page
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
            "seed": piece.seed,
            "model": piece.model.name,
            "notes": piece.note_count,
            "error": piece.error or None,
            "mp3_url": f"{url}audio.mp3" if piece.is_ready else None,
            "midi_url": f"{url}score.mid" if piece.is_ready else None,
        }
    )


@login_not_required
@require_safe
def audio(request, pk):
    piece = get_ready_or_404(request, pk)
    name = media.file_name(piece.title, "mp3")
    return media.serve(request, piece.mp3, content_type="audio/mpeg", filename=name)


@login_not_required
@require_safe
def midi(request, pk):
    piece = get_ready_or_404(request, pk)
    name = media.file_name(piece.title, "mid")
    return media.serve(request, piece.midi, content_type="audio/midi", filename=name)


@login_not_required
@require_safe
@private_page
def cover(request, pk):
    """The picture of the piece; a quiet one until there are notes."""
    piece = get_visible_or_404(request, pk)
    etag = f'"{DESIGN}-{piece.notes.name if piece.is_ready else "waiting"}"'
    unchanged = get_conditional_response(request, etag=etag)
    if unchanged is not None:
        unchanged["ETag"] = etag
        return unchanged
    picture = draw_cover(_read_notes(piece)) if piece.is_ready else draw_placeholder(piece.seed)
    return HttpResponse(picture, content_type="image/svg+xml", headers={"ETag": etag})


def _read_notes(piece):
    try:
        with piece.notes.storage.open(piece.notes.name) as file:
            return json.load(file)["notes"]
    except FileNotFoundError as error:
        raise Http404("The file is gone.") from error


@require_POST
def publish(request, pk):
    piece = get_own_or_404(request, pk)
    if piece.is_ready:
        piece.publish()
        messages.success(request, "Published. Everybody can now hear it in the gallery.")
    else:
        messages.error(request, "Only a finished piece can be published.")
    return redirect(piece)


@require_POST
def unpublish(request, pk):
    piece = get_own_or_404(request, pk)
    piece.unpublish()
    messages.success(request, "Private again. Only you can hear it.")
    return redirect(piece)


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
