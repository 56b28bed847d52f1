"""What /compositions/<uuid>/settings.json says is enough for `manage.py compose --from`.

The composer is real, its network tiny.
"""

import json
from pathlib import Path

import pytest
from django.core.management import call_command

from generator import beginnings, jobs
from generator.models import Composition
from ml import midi
from ml.beginning import to_lists

pytestmark = pytest.mark.usefixtures("weights", "fake_render", "fake_renditions")


@pytest.fixture
def made(piece):
    """A maker of pieces by the real composer."""

    def make(**fields):
        composition = piece(requested_duration=10, **fields)
        jobs.compose(str(composition.pk), 1)
        row = Composition.objects.get(pk=composition.pk)
        assert row.is_ready, row.error
        return row

    return make


@pytest.fixture
def again(as_alice, tmp_path, capsys):
    """Download the settings of a piece, and compose by them; returns the notes."""

    def compose(piece):
        file, output = tmp_path / "settings.json", tmp_path / "again.mp3"
        file.write_bytes(as_alice.get(f"/compositions/{piece.pk}/settings.json?download").content)
        call_command("compose", "--from", str(file), "--output", str(output))
        report = json.loads(capsys.readouterr().out)
        assert report["title"] == piece.title
        return to_lists(midi.read(output.with_suffix(".mid")).notes)

    return compose


def notes_of(piece):
    return json.loads(Path(piece.notes.path).read_text())["notes"]


@pytest.mark.parametrize(
    "wish",
    [
        {"seed": 5, "style": "bach", "temperature": 1.2},
        {"seed": 2**32 - 1, "title": "Étude “Ω”", "energy": 5, "loudness": 1},
    ],
    ids=["style", "levels"],
)
def test_the_settings_of_a_piece_make_it_again(made, again, wish):
    piece = made(**wish)
    assert again(piece) == notes_of(piece) != []


def test_those_of_a_continued_piece_bring_its_beginning(made, again):
    first = made(seed=3)
    beginning = beginnings.take_from(first)
    onset = notes_of(first)[len(notes_of(first)) // 2][0] / 1000
    piece = made(seed=4, beginning=beginning, takeover=round(onset + 0.037, 3))
    assert again(piece) == notes_of(piece)
    assert notes_of(piece)[0][2] == notes_of(first)[0][2]  # the same key; it may sound on longer


def test_another_seed_would_be_heard(made, again):
    piece = made(seed=5)
    notes = notes_of(piece)
    Composition.objects.filter(pk=piece.pk).update(seed=6)
    assert again(piece) != notes
