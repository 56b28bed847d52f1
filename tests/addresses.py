"""Every address of the site, read from its URL conf: what a test forgets is asked all the same."""

from django.urls import URLResolver, get_resolver

PIECE = "<uuid:pk>"
OTHERS = ("/beginnings/",)  # where that is something else than a piece
APART = ("/admin/",)  # staff's, with tests of its own


def all_routes(resolver=None, before="/"):
    """The routes of all views, as in "/compositions/<uuid:pk>/"."""
    for pattern in (resolver or get_resolver()).url_patterns:
        route = f"{before}{pattern.pattern}"
        if isinstance(pattern, URLResolver):
            yield from all_routes(pattern, route)
        else:
            yield route


def routes():
    """Those outside the admin."""
    return (route for route in all_routes() if not route.startswith(APART))


def routes_of_pieces():
    found = (route for route in routes() if PIECE in route)
    return sorted(route for route in found if not route.startswith(OTHERS))


def routes_without_arguments():
    return sorted(route for route in routes() if "<" not in route)


def of_piece(route, pk):
    return route.replace(PIECE, str(pk))
