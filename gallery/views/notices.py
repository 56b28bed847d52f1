"""News of a person's pieces, told on whatever page the person is."""

from urllib.parse import urlsplit

from django.contrib.auth.decorators import login_not_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from gallery.pieces import get_own_or_404, pieces
from generator.models import MOST_TAKES

MOST_NOTICES = 3


@login_not_required  # a script asks, and could do nothing with a page to log in
@never_cache
@require_safe
def notices(request):
    """The notices as a fragment; nothing if they are what the page says it shows."""
    if not request.user.is_authenticated:
        return HttpResponse(status=204)
    if not request.htmx:
        return redirect("gallery:mine")
    return _tell(request)


@require_POST
def seen(request, pk):
    """Dismiss a notice."""
    get_own_or_404(request, pk).mark_as_seen()
    return _tell(request) if request.htmx else redirect("gallery:mine")


def page_shown(request):
    """The path of the page that asks, as htmx says it; empty if that is no address."""
    try:
        return urlsplit(request.htmx.current_url_abs_path or "").path
    except ValueError:
        return ""


def _tell(request):
    own = pieces().owned_by(request.user)
    here = page_shown(request)
    # Those on this page, a piece or all of its takes, need no notice; one more than is shown.
    news = own.news().defer("draft")[: MOST_NOTICES + MOST_TAKES + 1]
    news = [piece for piece in news if here not in (piece.get_absolute_url(), piece.takes_url)]
    is_making = own.unfinished().exists()
    told = (f"{piece.pk} {'hidden' if piece.is_hidden else piece.status}" for piece in news)
    shown = " ".join([*told, str(is_making)])
    if request.GET.get("shown") == shown:
        return HttpResponse(status=204)
    context = {
        "news": news[:MOST_NOTICES],
        "are_more": len(news) > MOST_NOTICES,
        "is_making": is_making,
        "shown": shown,
    }
    return render(request, "gallery/_notices.html", context)
