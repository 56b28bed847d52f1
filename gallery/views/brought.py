"""The music that a person has brought for pieces to go on from."""

from django.contrib import messages
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST, require_safe

from gallery import media
from gallery.pieces import private_page
from gallery.views.lists import page_of, without_blanks
from generator.models import Beginning


@require_safe
@private_page
@without_blanks
def brought(request):
    return render(
        request,
        "gallery/brought.html",
        page_of(request, Beginning.objects.brought_by(request.user)),
    )


@require_safe
def original(request, pk):
    """The MIDI file as it was given."""
    music = get_object_or_404(request.user.beginnings, pk=pk)
    name = media.file_name(music.title, "mid")
    try:
        return media.serve(request, music.midi, content_type="audio/midi", filename=name)
    except Http404:
        messages.error(request, f"The file of “{music}” is gone.")
        return redirect("gallery:brought")


@require_POST
def forget(request, pk):
    music = get_object_or_404(request.user.beginnings, pk=pk)
    if music.forget():
        messages.success(request, f"“{music}” is forgotten.")
    else:
        messages.error(
            request, f"A piece goes on from “{music}”, so it is kept for as long as that piece is."
        )
    return redirect("gallery:brought")
