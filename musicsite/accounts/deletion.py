"""The end of an account: rows, files, jobs and logins."""

from axes.utils import reset as forget_failed_logins
from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db import transaction

from gallery.models import Play
from gallery.plays import digest_of_person
from generator import jobs
from generator.models import Composition
from generator.moderation import BECAUSE, without_reason
from musicsite.accounts.models import Turn, User


def delete_person(person):
    """Delete the person and all that was theirs; files and jobs go once that is committed."""
    pieces = person.compositions.all()
    with transaction.atomic():
        forget_names(person)
        jobs.forget(pieces)
        pieces.delete_with_files()
        person.beginnings.all().delete_with_files()
        Play.objects.filter(listener=digest_of_person(person.pk)).delete()
        forget_failed_logins(username=person.get_username().lower())
        Turn.objects.forget_old()
        person.delete()


def forget_names(person):
    """Leave in the staff's log what was done, but not to whom, why, nor how a piece was called."""
    pieces = person.compositions.values_list("pk", flat=True)
    for model, keys in ((User, [person.pk]), (Composition, pieces)):
        kind = ContentType.objects.get_for_model(model)
        entries = LogEntry.objects.filter(content_type=kind, object_id__in=map(str, keys))
        for entry in entries.filter(change_message__contains=BECAUSE):
            entry.change_message = without_reason(entry.change_message)
            entry.save(update_fields=["change_message"])
        entries.update(object_id=None, object_repr="deleted with the account")
