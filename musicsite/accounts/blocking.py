"""Shutting somebody out, and letting them in again. All that is theirs stays where it is."""

from django.db import transaction

from generator import jobs
from generator.models import Composition
from musicsite.accounts.models import Session, User


def obstacle_to_blocking(person, staff):
    """The sentence that says why `staff` may not block or unblock the person, or an empty one."""
    if person == staff:
        return "You cannot block yourself."
    if person.is_superuser:
        return "A superuser cannot be blocked. Take that status from them first."
    if person.is_staff and not staff.is_superuser:
        return "Only a superuser can block or unblock somebody of the staff."
    return ""


def block(person, reason):
    """End all logins of a person and what is being made for them. False: they are blocked already.

    What others could hear of theirs is gone for these at once: see `CompositionQuerySet`.
    """
    with transaction.atomic():
        if not _set(person, is_active=True, to={"is_active": False, "blocked_reason": reason}):
            return False
        Session.objects.filter(user=person).delete()
        unfinished = Composition.objects.owned_by(person).unfinished().defer("draft")
        jobs.forget(unfinished)
        for piece in unfinished:
            piece.cancel()
    return True


def unblock(person):
    """Let a person in again. False: they are not blocked."""
    return _set(person, is_active=False, to={"is_active": True, "blocked_reason": ""})


def _set(person, is_active, to):
    rows = User.objects.filter(pk=person.pk, is_active=is_active, is_superuser=False)
    return rows.update(**to) == 1
