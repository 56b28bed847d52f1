"""What is asked of a piece: to stop, to be tried or made again."""

import uuid

from django.contrib import messages
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_POST

from generator.forms import DICE
from generator.jobs import enqueue
from generator.models import LARGEST_SEED, Composition, QuotaError, Status
from generator.titles import invent_title


def get_own_or_404(request, pk):
    pieces = Composition.objects.select_related("owner", "model").owned_by(request.user)
    return get_object_or_404(pieces, pk=pk)


AS_IT_IS = {
    Status.READY: "It is ready already.",
    Status.FAILED: "It had failed before. You can try it again.",
}  # for a click that came too late


@require_POST
def cancel(request, pk):
    composition = get_own_or_404(request, pk)
    if composition.cancel():
        messages.success(request, "Cancelled.")
    else:
        composition.refresh_from_db(fields=["status"])
        messages.info(request, AS_IT_IS.get(composition.status, "It is cancelled already."))
    return redirect(place_after(request, composition))


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
            composition.refresh_from_db(fields=["status"])
            messages.info(request, AS_IT_IS.get(composition.status, "It is being made again."))
    except QuotaError as refusal:
        messages.error(request, str(refusal))
    return redirect(place_after(request, composition))


@require_POST
def again(request, pk):
    """Ask for a piece with the wish of another, and its seed or a new one."""
    seen = Composition.objects.select_related("model").visible_to(request.user)
    original = get_object_or_404(seen, pk=pk)
    obstacle = obstacle_to(original, request.user)
    if obstacle:
        messages.error(request, obstacle)
        return redirect(original)
    wish = wish_of(original, request.user, is_new_seed=request.POST.get("seed") == "new")
    try:
        composition = Composition.objects.request(request.user, key_of(request), **wish)
    except QuotaError as refusal:
        messages.error(request, str(refusal))
        return redirect(original)
    enqueue(composition)
    return redirect(composition)


def obstacle_to(original, user):
    """The sentence that says why nothing can be made after this piece, or an empty one."""
    if original.is_unfinished:
        return "This piece is still being made."
    if not original.model.is_active:
        return (
            f"The model “{original.model}” is no longer offered, so this piece cannot be made "
            "again. “Edit and compose” asks another model for the like."
        )
    if original.takeover is not None and original.owner != user:
        return (
            "This piece goes on from music of somebody else, so it cannot be made again. “Edit and "
            "compose” takes over its other settings."
        )
    if original.takeover is not None and original.beginning is None:
        return "The music that this piece goes on from is gone."
    return ""


def wish_of(original, user, is_new_seed):
    """The wish of a piece as one's own; a title that was given stays with its owner."""
    seed = DICE.randrange(LARGEST_SEED + 1) if is_new_seed else original.seed
    own_title = original.own_title if original.owner == user else ""
    return {
        "requested_duration": original.requested_duration,
        "style": original.style,
        "temperature": original.temperature,
        "energy": original.energy,
        "loudness": original.loudness,
        "seed": seed,
        "model": original.model,
        "title": own_title or invent_title(seed, original.style_name),
        "beginning": original.beginning,
        "takeover": original.takeover,
    }


def place_after(request, composition):
    """Where its button stood: on the piece's page, or beside others as the form names it."""
    places = {"takes": composition.takes_url, "mine": "/me/"}
    return places.get(request.POST.get("next"), composition)


def key_of(request):
    """The key that makes one request of a double click; a new one if it is none."""
    try:
        return uuid.UUID(request.POST.get("request_key", ""))
    except ValueError:
        return uuid.uuid4()
