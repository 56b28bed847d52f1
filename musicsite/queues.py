"""django-rq's dashboard: for superusers only, and with a policy of its own.

Its buttons run and delete jobs, and its pages hold inline scripts and styles. Those that stand in
the package's own templates are let through by their hashes, and nothing else that is inline.
"""

import base64
import hashlib
import re
from functools import wraps
from pathlib import Path

import django_rq
from csp.decorators import csp_update
from django.contrib.admin.views.decorators import staff_member_required
from django.core.exceptions import ImproperlyConfigured, PermissionDenied
from django.http import Http404, HttpResponse
from django.urls import path
from django_rq.stats_views import stats_json
from django_rq.urls import get_admin_urlpatterns
from redis.exceptions import ConnectionError, TimeoutError

TEMPLATES = Path(django_rq.__file__).parent / "templates"


def inline_hashes(tag: str) -> list[str]:
    """What a policy calls the inline elements `tag` of the dashboard's templates."""
    element = re.compile(rf"<{tag}\b(?![^>]*\bsrc=)[^>]*>(.*?)</{tag}>", re.DOTALL)
    pages = (page.read_text(encoding="utf-8") for page in sorted(TEMPLATES.rglob("*.html")))
    bodies = {body for page in pages for body in element.findall(page)}
    digests = (hashlib.sha256(body.encode()).digest() for body in sorted(bodies))
    return [f"'sha256-{base64.b64encode(digest).decode()}'" for digest in digests]


INLINE = {
    "script-src": ["'self'", *inline_hashes("script")],
    "style-src": ["'self'", *inline_hashes("style")],
}


def superusers_only(view):
    @wraps(view)
    @csp_update(INLINE)
    @staff_member_required
    def guarded(request, *args, **kwargs):
        if not request.user.is_superuser:
            raise PermissionDenied
        try:
            return view(request, *args, **kwargs)
        except (ConnectionError, TimeoutError):
            return HttpResponse(
                "Redis does not answer, so there is no queue to show.\n",
                content_type="text/plain",
                status=503,
            )
        except (IndexError, ImproperlyConfigured) as error:  # no such queue, or no scheduler
            raise Http404("There is no such queue.") from error

    return guarded


app_name = "django_rq"
urlpatterns = [
    path("stats.json", superusers_only(stats_json), name="home_json"),
    *get_admin_urlpatterns(view_wrapper=superusers_only),
]
