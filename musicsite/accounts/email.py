"""E-mail addresses: asked for at the sign-up or with the password, confirmed by a link sent there.

Whether an address has an account here is nowhere said, but in a mail to that address.
"""

import logging

from django.core import mail, signing
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.crypto import constant_time_compare, salted_hmac

from musicsite.accounts.models import MOST_MAILS, Turn, User

SALT = "accounts.email"
LINK_LASTS = 24 * 3600  # seconds
MAIL_ERRORS = (OSError, ValueError)  # SMTP's are OSErrors; an address may be one that has no mail

logger = logging.getLogger(__name__)


class MailError(Exception):
    """Why no mail was sent, in a sentence for the person who asked; the same for all addresses."""


def ask(request, address):
    """Mail a link to the new address, or to its owner a note. Raises MailError."""
    person = request.user
    if not Turn.objects.take_mail_for(person):
        raise MailError(f"You have asked for {MOST_MAILS} mails within the hour.")
    person.wish_email(address)
    if not Turn.objects.take_mail_to(address):
        return
    context = {"site": request.get_host()}
    if User.objects.with_email(address).exclude(pk=person.pk).exists():
        name = "taken"
    else:
        name = "link"
        link = reverse("accounts:email_confirm", args=[make_token(person, address)])
        context["link"] = request.build_absolute_uri(link)
    try:
        send(name, address, "Your e-mail address at Nocturne", context)
    except MAIL_ERRORS as problem:
        logger.warning("An address could not be asked for its confirmation: %s", problem)
        raise MailError("The mail could not be sent just now.") from problem


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
    """Changes with addresses and password: a link works once, and not after a new password."""
    addresses = f"{person.email} {person.unconfirmed_email}"
    facts = f"{addresses} {person.email_changed_at} {person.password}"
    return salted_hmac(SALT, facts, algorithm="sha256").hexdigest()[:32]
