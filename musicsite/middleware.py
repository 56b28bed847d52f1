"""Answers to requests that a view does not take: of visitors, or by the wrong method."""

from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.contrib.auth.views import redirect_to_login
from django.http import HttpResponse
from django.shortcuts import resolve_url
from django.template.loader import render_to_string
from django.utils.http import url_has_allowed_host_and_scheme

SAFE = ("GET", "HEAD", "OPTIONS", "TRACE")
UNAUTHORIZED, METHOD_NOT_ALLOWED = 401, 405


class LoginRequired(LoginRequiredMiddleware):
    """Leads visitors to the login and from there to a page, never to what only takes a form."""

    def handle_no_permission(self, request, view_func):
        if asks_for_a_fragment(request):
            return HttpResponse(status=UNAUTHORIZED)  # the login would land in the midst of a page
        if request.method in SAFE:
            return super().handle_no_permission(request, view_func)
        return redirect_to_login(page_before(request), resolve_url(self.get_login_url(view_func)))


def asks_for_a_fragment(request):
    return request.htmx and not request.htmx.boosted


def page_before(request):
    """The path of the page from which a form was sent; My pieces where the browser tells none."""
    page = request.headers.get("Referer")
    hosts = {request.get_host()}
    if not url_has_allowed_host_and_scheme(page, hosts, require_https=request.is_secure()):
        return resolve_url(settings.LOGIN_REDIRECT_URL)
    parts = urlsplit(page)
    return f"{parts.path}?{parts.query}" if parts.query else parts.path or "/"


def explain_wrong_methods(get_response):
    """Middleware: whoever opens the address of a form gets a page, where Django sends a blank."""

    def middleware(request):
        response = get_response(request)
        is_blank = response.status_code == METHOD_NOT_ALLOWED and not response.streaming
        if is_blank and not response.content and asks_for_a_page(request):
            response.content = render_to_string("405.html", request=request)
        return response

    return middleware


def asks_for_a_page(request):
    """Browsers name HTML when they go somewhere; scripts take anything, those of ours say so."""
    if request.htmx:
        return request.htmx.boosted
    return "text/html" in request.headers.get("Accept", "")
