from django.conf import settings
from django.contrib import messages
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from generator.forms import ComposeForm
from generator.jobs import enqueue
from generator.models import Composition, QuotaError


def get_own_or_404(request, pk):
    pieces = Composition.objects.select_related("owner", "model").owned_by(request.user)
    return get_object_or_404(pieces, pk=pk)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def compose(request):
    """Ask for a piece; the address may fill the form in, as in ?style=chopin&seed=7."""
    if request.method == "POST":
        form = ComposeForm(request.POST)
        if form.is_valid():
            try:
                composition = Composition.objects.request(request.user, **form.wish())
            except QuotaError as refusal:
                form.add_error(None, str(refusal))
            else:
                enqueue(composition)
                return redirect(composition)
    else:
        wished = {name: request.GET[name] for name in ComposeForm.WISHES if name in request.GET}
        form = ComposeForm(initial=wished)
    unfinished = Composition.objects.owned_by(request.user).unfinished().count()
    context = {
        "form": form,
        "unfinished": unfinished,
        "most_unfinished": settings.MOST_UNFINISHED,
        "waiting": Composition.objects.waiting().count(),
    }
    return render(request, "generator/compose.html", context)


@require_POST
def cancel(request, pk):
    composition = get_own_or_404(request, pk)
    if composition.cancel():
        messages.success(request, "Cancelled.")
    else:
        messages.info(request, "There was nothing to cancel any more.")
    return redirect(composition)


@require_POST
def retry(request, pk):
    composition = get_own_or_404(request, pk)
    if not composition.model.is_active:
        messages.error(
            request, f"The model “{composition.model}” is no longer offered. Ask for a new piece."
        )
        return redirect(composition)
    try:
        if composition.retry():
            enqueue(composition)
        else:
            messages.info(request, "There was nothing to try again.")
    except QuotaError as refusal:
        messages.error(request, str(refusal))
    return redirect(composition)
