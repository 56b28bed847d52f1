"""Music for a piece to go on from."""

from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import cache_control, never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from generator import beginnings
from generator.beginnings import UploadError
from generator.forms import BeginningForm
from generator.models import BeginningsError
from generator.roll import draw_roll
from generator.storage import explain
from generator.views.pieces import get_own_or_404

MOST_SHOWN = 6


@require_POST
def go_on(request, pk):
    """Let a finished piece of one's own be the beginning of another."""
    piece = get_own_or_404(request, pk)
    if not piece.is_ready:
        messages.error(request, "Only a finished piece can be continued.")
        return redirect(piece)
    try:
        beginning = beginnings.take_from(piece)
    except BeginningsError as refusal:
        messages.error(request, str(refusal))
        return redirect(piece)
    except FileNotFoundError:
        messages.error(request, "The files of this piece are gone.")
        return redirect(piece)
    except OSError as problem:
        messages.error(request, f"{explain(problem)} Nothing is lost: try again later.")
        return redirect(piece)
    wish = {
        "style": piece.style,
        "energy": piece.energy,
        "loudness": piece.loudness,
        "temperature": piece.temperature,
        "model": piece.model.name,
    }
    return redirect(compose_from(beginning, **wish))


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def bring(request):
    """Bring a MIDI file for a piece to go on from."""
    if request.method == "POST":
        form = BeginningForm(request.POST, request.FILES)
        if form.is_valid():
            try:
                beginning = beginnings.bring(request.user, form.cleaned_data["file"])
            except (UploadError, BeginningsError) as refusal:
                form.add_error("file", str(refusal))
            except OSError as problem:
                form.add_error("file", f"{explain(problem)} Bring the file again later.")
            else:
                return redirect(compose_from(beginning))
    else:
        form = BeginningForm()
    brought = request.user.beginnings.all()[:MOST_SHOWN]
    return render(request, "generator/bring.html", {"form": form, "beginnings": brought})


@require_safe
@cache_control(private=True, max_age=3600, immutable=True)
def roll(request, pk):
    """The notes of a beginning as a picture, up to the last second where one may take over."""
    beginning = get_object_or_404(request.user.beginnings, pk=pk)
    try:
        notes = beginnings.read_notes(beginning)
    except FileNotFoundError:
        notes = []
    return HttpResponse(draw_roll(notes, beginning.latest_takeover), content_type="image/svg+xml")


def compose_from(beginning, **wish):
    """The address of the form for a piece that goes on from this."""
    query = QueryDict(mutable=True)
    query.update({"beginning": beginning.pk} | {name: str(value) for name, value in wish.items()})
    return f"/compose/?{query.urlencode()}"
