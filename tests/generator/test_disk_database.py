"""The fixtures that put another database in the place of the tests' own."""

import shutil

import pytest
from django.contrib.contenttypes.models import ContentType

from generator.models import Composition
from tests.generator.conftest import DatabaseAt


@pytest.mark.usefixtures("db")
def test_what_kinds_of_rows_there_are_is_asked_of_each_database_anew(migrated_database, tmp_path):
    here = ContentType.objects.get_for_model(Composition).pk
    path = shutil.copy(migrated_database, tmp_path / "other.sqlite3")
    with DatabaseAt(path):
        ContentType.objects.get(model="composition").delete()
        ContentType.objects.clear_cache()
        there = ContentType.objects.get_for_model(Composition).pk  # made anew, so with another id
    assert there != here
    assert ContentType.objects.get_for_model(Composition).pk == here
