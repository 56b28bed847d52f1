"""What migrations make of the rows that are there. Their last state is the models' own."""

from datetime import UTC, datetime
from importlib import import_module

from django.apps import apps

from generator.models import Status, Visibility

ASKED, FINISHED = (datetime(2026, 1, day, tzinfo=UTC) for day in (1, 2))


DECOMPOSED = "E\u0301tude"


def run(migration, function):
    getattr(import_module(f"generator.migrations.{migration}"), function)(apps, None)


def test_public_pieces_were_published_when_they_were_finished(piece):
    moments = {"created_at": ASKED, "finished_at": FINISHED}
    public = piece(status=Status.READY, visibility=Visibility.PUBLIC, **moments)
    unfinished = piece(visibility=Visibility.PUBLIC, created_at=ASKED)
    unlisted = piece(status=Status.READY, visibility=Visibility.UNLISTED, **moments)

    run("0005_published", "take_for_published")

    for row, moment in ((public, FINISHED), (unfinished, ASKED), (unlisted, None)):
        row.refresh_from_db()
        assert row.published_at == moment


def test_accents_of_old_titles_and_words_are_composed(piece):
    old, plain = piece(title=DECOMPOSED, description=f"An {DECOMPOSED}"), piece(title="Moth")

    run("0006_titles", "compose_accents")

    for row, said in ((old, ("Étude", "An Étude")), (plain, ("Moth", ""))):
        row.refresh_from_db()
        assert (row.title, row.description) == said
