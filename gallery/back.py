"""Where a form leads when it is done."""

from django.utils.http import url_has_allowed_host_and_scheme


def way_back(request, otherwise):
    """The page of this site that the form names as `next`, or else `otherwise`."""
    address = request.POST.get("next", "")
    is_ours = url_has_allowed_host_and_scheme(
        address, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    # Any other start could be read as the name of a view, by Django's redirect.
    return address if is_ours and address.startswith("/") else otherwise
