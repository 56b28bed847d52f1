"""What listeners leave at a piece: hearts, and that they have heard it."""

from contextlib import suppress

from axes.helpers import get_client_ip_address
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import redirect_to_login
from django.db import IntegrityError
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST
from django_htmx.http import HttpResponseClientRedirect

from gallery.back import way_back
from gallery.models import Favourite, Play
from gallery.pieces import get_piece_with_audience_or_404, get_ready_or_404
from gallery.plays import digest, digest_of_person

LONGEST_BROWSER = 200  # characters of what a browser calls itself


@login_not_required
@require_POST
def favourite(request, pk):
    """Leave a heart (favourite=1) or take it back (favourite=0); htmx gets the new button."""
    piece = get_ready_or_404(request, pk)
    back = way_back(request, piece.get_absolute_url())
    if not request.user.is_authenticated:
        to_login = redirect_to_login(back)
        return HttpResponseClientRedirect(to_login.url) if request.htmx else to_login
    if request.POST.get("favourite") == "0":
        Favourite.objects.filter(user=request.user, composition=piece).delete()
    else:
        try:
            Favourite.objects.get_or_create(user=request.user, composition=piece)
        except IntegrityError as error:
            raise Http404("The piece was deleted at this very moment.") from error
    if request.htmx and not request.htmx.boosted:
        piece = get_piece_with_audience_or_404(request, pk)
        return render(request, "gallery/_heart.html", {"piece": piece, "back": back})
    return redirect(f"{back}#heart-{piece.pk}")


@login_not_required
@require_POST
def played(request, pk):
    """Count that somebody heard the piece: once a listener and day, and owners do not count."""
    piece = get_ready_or_404(request, pk)
    if piece.owner_id != request.user.pk:
        day = timezone.localdate()
        heard = Play(composition=piece, listener=listener_of(request, day), day=day)
        with suppress(IntegrityError):  # the piece was deleted at this very moment
            Play.objects.bulk_create([heard], ignore_conflicts=True)
    return HttpResponse(status=204)


def listener_of(request, day):
    """A keyed digest that stands for whoever listens and names nobody.

    Of a visitor it changes from day to day, so that not even we can follow one.
    """
    if request.user.is_authenticated:
        return digest_of_person(request.user.pk)
    browser = request.headers.get("User-Agent", "")[:LONGEST_BROWSER]
    # The address as the limits on logins see it, behind as many proxies: settings.py.
    return digest(f"{day} {get_client_ip_address(request)} {browser}")
