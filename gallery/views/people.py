"""The public pages of people, and the feeds."""

from django.contrib.auth import get_user_model
from django.contrib.auth.decorators import login_not_required
from django.http import Http404
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import cache_control
from django.views.decorators.http import conditional_page, require_safe

from gallery.feeds import feed_of
from gallery.forms import PersonFilterForm
from gallery.models import Favourite, Play
from gallery.pieces import pieces, private_page
from gallery.views.lists import found_in, without_blanks


def get_person_or_404(request, username):
    """Somebody who has published a piece, or oneself; others' names are nobody's business."""
    people = get_user_model().objects
    if "\0" in username:  # no database takes it
        raise Http404
    same = people.filter(username=username).first()
    person = same or people.filter(username__iexact=username).first()
    if person is None:
        raise Http404
    if person != request.user and not pieces().published().filter(owner=person).exists():
        raise Http404
    return person


@login_not_required
@require_safe
@private_page
@without_blanks
def person(request, username):
    whose = get_person_or_404(request, username)
    if whose.username != username:
        return redirect(reverse("gallery:person", args=[whose.username], query=request.GET))
    published = pieces().published().filter(owner=whose)
    context = {
        "person": whose,
        "is_oneself": whose == request.user,
        "published": published.count(),
        "plays": Play.objects.filter(composition__in=published.values("pk")).count(),
        "hearts": Favourite.objects.filter(composition__in=published.values("pk")).count(),
    }
    context |= found_in(request, published, PersonFilterForm)
    return render(request, "gallery/person.html", context)


# A reader asks with the ETag of what it has. There is no Last-Modified: publishing an older piece,
# or taking one back, changes the feed without a newer date in it.


@login_not_required
@require_safe
@cache_control(no_cache=True)
@conditional_page
def feed(request):
    return feed_of(request, pieces().published())


@login_not_required
@require_safe
@cache_control(no_cache=True)
@conditional_page
def person_feed(request, username):
    whose = get_person_or_404(request, username)
    if whose.username != username:
        return redirect("gallery:person-feed", whose.username)
    return feed_of(request, pieces().published().filter(owner=whose), whose)
