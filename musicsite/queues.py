"""django-rq's dashboard: for superusers only, and with a policy of its own.

Its buttons run and delete jobs, and its pages hold inline scripts.
"""

from functools import wraps

from csp.decorators import csp_update
from django.contrib.admin.views.decorators import staff_member_required
from django.core.exceptions import ImproperlyConfigured, PermissionDenied
from django.http import Http404, HttpResponse
from django.urls import path
from django_rq.stats_views import stats_json
from django_rq.urls import get_admin_urlpatterns
from redis.exceptions import ConnectionError, TimeoutError

INLINE = {"script-src": ["'self'", "'unsafe-inline'"], "style-src": ["'self'", "'unsafe-inline'"]}


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
