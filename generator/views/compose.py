"""Asking for pieces."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from generator.estimate import expected_wait
from generator.forms import BeginningField, ComposeForm
from generator.jobs import enqueue
from generator.models import DEFAULT_SECONDS, Composition, QuotaError


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def compose(request):
    """Ask for pieces; the address may fill the form in, as in ?style=chopin&seed=7."""
    if "surprise" in request.POST:
        return surprise(request)
    if request.method == "POST":
        form = ComposeForm(request.POST, owner=request.user)
        if form.is_valid():
            try:
                takes = Composition.objects.request_takes(
                    request.user, form.cleaned_data["request_key"], form.wishes()
                )
            except QuotaError as refusal:
                form.add_error(None, str(refusal))
            else:
                for composition in takes:
                    enqueue(composition)
                return redirect(takes[0] if len(takes) == 1 else takes[0].takes_url)
    else:
        form = ComposeForm.from_address(request.GET, request.user)
        if request.GET.get("beginning") and "beginning" not in form.initial:
            messages.error(request, BeginningField.GONE)
    return render(request, "generator/compose.html", page_of(request.user, form))


def surprise(request):
    """Ask for what dice choose. If that cannot be, the form comes back as it was, without them."""
    form = ComposeForm.surprise(request.POST.get("request_key"), request.user)
    refusals = [words for field in form.errors.values() for words in field]
    if not refusals:
        try:
            (composition,) = Composition.objects.request_takes(
                request.user, form.cleaned_data["request_key"], form.wishes()
            )
        except QuotaError as refusal:
            refusals = [str(refusal)]
        else:
            enqueue(composition)
            return redirect(composition)
    for words in refusals:
        messages.error(request, words)
    return redirect("generator:compose")


def page_of(user, form):
    """What the page shows around the form."""
    beginning = form.chosen_beginning
    if beginning:
        form["duration"].label = "Seconds to be composed after it"
    return {
        "form": form,
        "beginning": beginning,
        "marks": [beginning.latest_takeover * share / 4 for share in range(5)] if beginning else [],
        "needs_length": "duration" in form.errors,
        **expected_of(form, user),
    }


def expected_of(form, user):
    """What to expect of what stands in a form, right or wrong; `wait` is None if not known."""
    model = form.chosen_model
    wished = {"duration": DEFAULT_SECONDS, "takes": 1, "takeover": 0, "energy": 0, "loudness": 0}
    for name, usual in wished.items():
        try:
            wished[name] = form.fields[name].clean(form[name].value()) or usual
        except ValidationError:
            pass
    left = Composition.objects.room_of(user)
    heard = wished["takeover"] if form["beginning"].value() else 0
    is_guided = bool(wished["energy"] or wished["loudness"])
    seconds, takes = heard + wished["duration"], wished["takes"]
    return {
        "wait": model and expected_wait(model, seconds, takes, is_guided),
        "left": left,
        "are_too_many": takes > left,
    }


@require_safe
@never_cache
def wait(request):
    """How long the wish in the address would take: a part of the page, asked for by htmx."""
    form = ComposeForm.from_address(request.GET, request.user)
    context = {
        "needs_length": "duration" in request.GET and "duration" not in form.initial,
        **expected_of(form, request.user),
    }
    return render(request, "generator/_wait.html", context)
