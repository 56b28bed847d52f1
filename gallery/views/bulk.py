"""What owners do with many pieces at once."""

from functools import partial

from django.contrib import messages
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_POST

from gallery import archive
from gallery.back import way_back
from gallery.pieces import pieces
from gallery.views.discard import known_ids, throw_away
from generator.models import Status, Visibility

SHARED = {
    Visibility.UNLISTED: "unlisted now. Whoever has the link to a piece can hear it.",
    Visibility.PUBLIC: "public now.",
}


def publish(request, chosen):
    share(request, chosen, Visibility.PUBLIC)


def unlist(request, chosen):
    share(request, chosen, Visibility.UNLISTED)


def share(request, chosen, visibility):
    """Let others hear what is finished and not hidden; say what became so, and what did not."""
    ready = chosen.filter(status=Status.READY)
    unfinished = chosen.count() - ready.count()
    hidden = ready.exclude(hidden_at=None).count()
    shared = ready.filter(hidden_at=None).share(visibility)
    if shared:
        messages.success(request, f"{_pieces_are(shared)} {SHARED[visibility]}")
    if unfinished:
        words = f"{_pieces_are(unfinished)} not finished. Only a finished piece can be shared."
        messages.warning(request, words)
    if hidden:
        words = f"{_pieces_are(hidden)} hidden by the staff of this site and cannot be shared."
        messages.warning(request, words)


def make_private(request, chosen):
    count = chosen.share(Visibility.PRIVATE)
    messages.success(request, f"{_pieces_are(count)} private now.")


def put_into_bin(request, chosen):
    throw_away(request, chosen)


def download(request, chosen):
    """A ZIP with the files of those that are finished, their settings, and what is said of them."""
    ready = chosen.filter(status=Status.READY).select_related("beginning")
    found = list(ready.prefetch_related("renditions", "taggings"))
    if not found:
        messages.error(request, "None of them is finished, so there is nothing to download yet.")
        return None
    packed, _ = archive.pack(member for piece in found for member in archive.members(piece))
    packed.add("words.json", partial(archive.words_json, found))
    return archive.send(packed, f"Nocturne {timezone.localdate()}.zip")


ACTIONS = {
    "publish": publish,
    "unlisted": unlist,
    "private": make_private,
    "bin": put_into_bin,
    "download": download,
}


@require_POST
def bulk(request):
    """Do one of ACTIONS with the pieces chosen; what is not the person's own is left alone."""
    ids = list(known_ids(request.POST.getlist("piece")))
    chosen = pieces().owned_by(request.user).filter(pk__in=ids)
    action = ACTIONS.get(request.POST.get("action"))
    answer = None
    if not chosen.exists():
        messages.error(request, "No piece is chosen. Tick at least one, then say what to do.")
    elif action is None:
        messages.error(request, "Say what to do with them.")
    else:
        answer = action(request, chosen)
    return answer or redirect(way_back(request, "gallery:mine"))


def _pieces_are(count):
    return "One piece is" if count == 1 else f"{count} pieces are"
