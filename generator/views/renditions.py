"""The score and the WAV of a piece: asked for, and shown as they are made."""

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import redirect_to_login
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_http_methods
from django.views.decorators.vary import vary_on_headers
from django_htmx.http import HttpResponseClientRedirect

from generator.models import Composition, Kind, Status, TooManyWavsError
from generator.renditions import ask

TEMPLATES = {Kind.SCORE: "gallery/_score.html", Kind.WAV: "gallery/_wav.html"}


@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
@cache_control(private=True, no_cache=True)
@vary_on_headers("HX-Request")
def renditions(request, pk):
    """For htmx the part of a piece's page that tells of one kind; for others the page itself.

    Who looks in while it is being made is told that nothing is new, and the page stays as it is.
    """
    kind = Kind.WAV if request.POST.get("kind", request.GET.get("kind")) == "wav" else Kind.SCORE
    is_part = request.htmx and not request.htmx.boosted
    refusal = ""
    if request.method == "POST" and not request.user.is_authenticated:
        login = redirect_to_login(f"/compositions/{pk}/")
        return HttpResponseClientRedirect(login.url) if is_part else login
    seen = Composition.objects.select_related("owner", "model").visible_to(request.user)
    piece = get_object_or_404(seen.filter(status=Status.READY), pk=pk)
    if request.method == "POST":
        try:
            ask(piece, kind, request.user)
        except TooManyWavsError as problem:
            refusal = str(problem)
    if is_part:
        if request.method != "POST" and piece.renditions.filter(kind=kind).unfinished().exists():
            return HttpResponse(status=204)
        context = {"piece": piece, "polled": request.method != "POST", "refusal": refusal}
        return render(request, TEMPLATES[kind], context)
    if refusal:
        messages.error(request, refusal)
    return redirect(f"{piece.get_absolute_url()}#{kind}")
