"""What other sites show of a shared piece: its picture, a small player, and where that is."""

from urllib.parse import urlsplit

from csp.decorators import csp_replace
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.models import AnonymousUser
from django.http import Http404, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, render
from django.template.loader import render_to_string
from django.urls import Resolver404, resolve
from django.views.decorators.clickjacking import xframe_options_exempt
from django.views.decorators.http import require_safe

from gallery import media, preview
from gallery.pieces import get_ready_or_404, pieces, private_file

EMBED_WIDTH, EMBED_HEIGHT = 560, 152  # pixels that the small player likes best
PIECE_VIEWS = ("gallery:detail", "gallery:embed")
RETRY_AFTER = 5  # seconds


@login_not_required
@require_safe
def picture(request, pk):
    """The cover as PNG, in one of the sizes of preview.SIDES; the largest unless told."""
    piece = get_ready_or_404(request, pk)
    sides = {str(side): side for side in preview.SIDES}
    try:
        stored = preview.cover_png(piece, sides.get(request.GET.get("side"), preview.SIDE))
    except preview.BusyError:
        return HttpResponse(
            "Too many pictures are being drawn. Ask again in a few seconds.\n",
            content_type="text/plain",
            status=503,
            headers={"Retry-After": RETRY_AFTER, "Cache-Control": "no-store"},
        )
    name = media.file_name(piece.title, "png")
    return media.serve(request, stored, content_type="image/png", filename=name)


@login_not_required
@require_safe
@private_file
@xframe_options_exempt
@csp_replace({"frame-ancestors": ["*"]})
def embed(request, pk):
    """A small player for frames on other sites, the same for everybody, without cookies.

    A piece that is not shared (any more) has the same page as one that never was.
    """
    piece = _shared().filter(pk=pk).first()
    status = 404 if piece is None else 200
    page = render(request, "gallery/embed.html", {"piece": piece}, status=status)
    page["X-Robots-Tag"] = "noindex"  # the piece has a page of its own
    return page


@login_not_required
@require_safe
@private_file
def oembed(request):
    """How to embed the piece at an address of ours: oembed.com, version 1.0, as JSON."""
    if request.GET.get("format", "json") != "json":
        return HttpResponse("Only JSON is offered.\n", "text/plain", 501)
    if "url" not in request.GET:
        return HttpResponse("Say the address of a piece as `url`.\n", "text/plain", 400)
    piece = _piece_at(request.GET["url"], request.get_host())
    widest, highest = (_limit(request, name) for name in ("maxwidth", "maxheight"))
    width, height = min(EMBED_WIDTH, widest), min(EMBED_HEIGHT, highest)
    context = {"piece": piece, "width": width, "height": height}
    home = request.build_absolute_uri("/")
    answer = {
        "version": "1.0",
        "type": "rich",
        "title": piece.title,
        "author_name": piece.owner.username,
        "provider_name": "Nocturne",
        "provider_url": home,
        "html": render_to_string("gallery/_embed_code.html", context, request).strip(),
        "width": width,
        "height": height,
    }
    side = next((side for side in preview.SIDES if side <= min(widest, highest)), None)
    if side:
        url = request.build_absolute_uri(f"{piece.get_absolute_url()}cover.png")
        answer |= {
            "thumbnail_url": url if side == preview.SIDE else f"{url}?side={side}",
            "thumbnail_width": side,
            "thumbnail_height": side,
        }
    return JsonResponse(answer)


def _shared():
    """What everybody may hear who has the address."""
    return pieces().visible_to(AnonymousUser())


def _piece_at(address, host):
    """The shared piece whose page or small player has this address. Raises Http404."""
    try:
        parts = urlsplit(address)
        match = resolve(parts.path)
    except (ValueError, Resolver404) as error:
        raise Http404("There is no piece at this address.") from error
    if parts.scheme not in ("http", "https") or parts.netloc.lower() != host.lower():
        raise Http404("This is an address of another site.")
    if match.view_name not in PIECE_VIEWS:
        raise Http404("There is no piece at this address.")
    return get_object_or_404(_shared(), pk=match.kwargs["pk"])


def _limit(request, name):
    """The most pixels that a parameter allows; without one, or with nonsense, any number."""
    try:
        return max(int(request.GET[name]), 1)
    except (KeyError, ValueError):
        return float("inf")
