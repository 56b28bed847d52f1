"""What tests of auditions have in common."""

import json

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage

from generator.models import Status
from tests.conftest import MP3_FRAME, NOTES

AUDITIONS = "/admin/generator/audition/"


def finish(audition, **wanted):
    for piece in audition.pieces.filter(**wanted):
        folder = f"compositions/{piece.pk}"
        piece.mp3 = default_storage.save(f"{folder}/a.mp3", ContentFile(MP3_FRAME))
        piece.notes = default_storage.save(
            f"{folder}/a.json", ContentFile(json.dumps(NOTES).encode())
        )
        piece.status, piece.duration, piece.note_count = Status.READY, 2.0, 3
        piece.save(update_fields=["mp3", "notes", "status", "duration", "note_count"])


def page_of(audition):
    return f"{AUDITIONS}{audition.pk}/change/"


def vote(client, audition, row, choice, **headers):
    data = {"row": row, "choice": choice}
    return client.post(f"{AUDITIONS}{audition.pk}/vote/", data, headers=headers, follow=True)


def vote_on_all(client, audition, choice="A"):
    for row in range(1, 5):
        answer = vote(client, audition, row, choice)
    return answer


def words(answer):
    return [str(message) for message in answer.context["messages"]]


def names_in(answer, models):
    """Names, file names and checksums of models that a page tells."""
    marks = [mark for m in models for mark in (m.name, m.file.name, m.sha256)]
    return {mark for mark in marks if mark in answer.text}
