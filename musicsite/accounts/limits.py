"""Limits on guessing passwords: 20 tries at a name in a day, and from an address in an hour.

Counted in the database, since every web process must see the same count. What else is limited by
the hour counts models.Turn.
"""

from datetime import timedelta
from ipaddress import ip_address, ip_network

from axes.handlers.database import AxesDatabaseHandler
from django.conf import settings

ADDRESS_FORGOTTEN_AFTER = timedelta(hours=1)  # a name after settings.AXES_COOLOFF_TIME


class LoginLimits(AxesDatabaseHandler):
    def get_user_attempts(self, request, credentials=None):
        """The failures that count against the name, and against the address."""
        by_name, by_address = super().get_user_attempts(request, credentials)
        since = request.axes_attempt_time - ADDRESS_FORGOTTEN_AFTER
        return [by_name, by_address.filter(attempt_time__gte=since)]

    def reset_user_attempts(self, request, credentials=None):
        """Forget the failures of the name that has now logged in.

        Those of its address stay: else a thief would log in to an account of his own in between.
        """
        by_name, _ = self.filter_user_attempts(request, credentials)
        return by_name.delete()[0]


def name_tried(request, credentials=None):
    """The name as limits count it: capitals make no other account, so they give no new tries."""
    name = (credentials or request.POST).get("username")
    return name and name.lower()


def client_address(request):
    """Where the request came from: the entry that our outermost proxy wrote.

    Entries before it are the client's own words and may be forged.
    """
    address = request.META.get("REMOTE_ADDR")
    forwarded = request.headers.get("X-Forwarded-For", "").split(",")
    if settings.PROXIES and len(forwarded) >= settings.PROXIES:
        address = forwarded[-settings.PROXIES].strip() or address
    return address or None


def client_network(request):
    """What stands for one client: an address, or of IPv6 the network in which one has them all."""
    words = client_address(request) or ""
    try:
        address = ip_address(words)
    except ValueError:  # a socket's, or what a proxy writes in its own way
        return words
    if address.version == 6 and not address.ipv4_mapped:
        return str(ip_network((address, 64), strict=False))
    return words
