"""What belongs to no app."""

from django.contrib.auth.decorators import login_not_required
from django.db import DatabaseError, connection
from django.http import HttpResponse, HttpResponseServerError
from django.template.loader import render_to_string
from django.views.decorators.cache import cache_control, never_cache
from django.views.decorators.http import require_safe

A_DAY = 24 * 3600  # seconds
# Each way to filter and sort a list is an address, and each of them a search: crawlers, which walk
# all, are led through the pages of the whole lists alone. (The longest rule that fits counts.)
ROBOTS = """User-agent: *
Disallow: /*?
Allow: /*?page=
Disallow: /*?page=*&
Allow: /oembed?
Disallow: /accounts/
Disallow: /admin/
Disallow: /compose/
Disallow: /me/
"""


@cache_control(public=True, max_age=A_DAY)
@login_not_required
@require_safe
def robots(request):
    return HttpResponse(ROBOTS, "text/plain")


@never_cache
@login_not_required
@require_safe
def healthz(request):
    """Say whether the site can serve: its database answers."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        return HttpResponse("The database does not answer.\n", "text/plain", 503)
    return HttpResponse("ok\n", "text/plain")


def server_error(request):
    """The page when something of ours has failed: it asks the database nothing, not even who asks.

    The request is there for the chosen theme, which is a cookie.
    """
    return HttpResponseServerError(render_to_string("500.html", {"request": request}))
