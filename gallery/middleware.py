"""What is done to every answer."""


def keep_out_of_searches(get_response):
    """Ask search engines to forget what only those who have the link shall find."""

    def middleware(request):
        response = get_response(request)
        if getattr(request, "is_unlisted", False):  # see gallery/pieces.py
            response["X-Robots-Tag"] = "noindex"
        return response

    return middleware
