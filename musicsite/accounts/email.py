"""Another e-mail address: asked for with the password, confirmed by a link sent to it.

Whether an address has an account here is nowhere said, but in a mail to that address.
"""

import logging
from smtplib import SMTPException

from django.core import mail, signing
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.crypto import constant_time_compare, salted_hmac

from musicsite.accounts.models import SentMail, User

SALT = "accounts.email"
LINK_LASTS = 24 * 3600  # seconds
MAIL_ERRORS = (SMTPException, OSError)

logger = logging.getLogger(__name__)


def ask(request, address):
    """Mail a link to the new address, or to its owner a note. Raises one of MAIL_ERRORS."""
    if not SentMail.objects.note(address):
        return
    person = request.user
    context = {"person": person, "site": request.get_host()}
    if User.objects.with_email(address).exclude(pk=person.pk).exists():
        send("taken", address, "Your e-mail address at Nocturne", context)
    else:
        link = reverse("accounts:email_confirm", args=[make_token(person, address)])
        context["link"] = request.build_absolute_uri(link)
        send("link", address, "Your e-mail address at Nocturne", context)


def tell_old_address(request, person, old):
    """Say to the address that was left that it was; to it this is news that nobody may hold up."""
    context = {"person": person, "site": request.get_host()}
    try:
        send("changed", old, "Your e-mail address at Nocturne has changed", context)
    except MAIL_ERRORS as problem:
        logger.warning("An old address was not told of its change: %s", problem)


def send(name, recipient, subject, context):
    body = render_to_string(f"accounts/email_{name}.txt", context)
    mail.send_mail(subject, body, None, [recipient])


def make_token(person, address):
    wish = {"person": person.pk, "address": address, "state": _state(person)}
    return signing.dumps(wish, salt=SALT)


def read_token(token):
    """(person, new address) of a link that still works, or None."""
    try:
        wish = signing.loads(token, salt=SALT, max_age=LINK_LASTS)
    except signing.BadSignature:
        return None
    person = User.objects.filter(pk=wish["person"], is_active=True).first()
    if person is None or not constant_time_compare(wish["state"], _state(person)):
        return None
    return person, wish["address"]


def _state(person):
    """Changes with address and password: a link works once, and not after a new password."""
    facts = f"{person.email} {person.email_changed_at} {person.password}"
    return salted_hmac(SALT, facts, algorithm="sha256").hexdigest()[:32]
