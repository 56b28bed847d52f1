"""The command in a process of its own, as on a fresh clone: no database, no Redis."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from ml import midi
from tests.ml.tiny import write_tiny_model

ROOT = Path(__file__).resolve().parent.parent.parent


@pytest.fixture
def model(tmp_path):
    path = tmp_path / "tiny.keras"
    write_tiny_model(path)
    return path


@pytest.fixture
def compose(model, tmp_path):
    """Run `manage.py compose` with arguments; a state folder with nothing in it."""

    def run(*arguments):
        return subprocess.run(
            [sys.executable, "manage.py", "compose", "--model", str(model), *map(str, arguments)],
            cwd=ROOT,
            env=os.environ | {"DATA_DIR": str(tmp_path / "var")},
            capture_output=True,
            text=True,
            check=False,
        )

    return run


def test_it_writes_both_files_and_one_line_of_json(compose, tmp_path):
    output = tmp_path / "piece.mp3"
    answer = compose("--seconds", 10, "--style", "chopin", "--seed", 7, "--output", output)
    assert answer.returncode == 0, answer.stderr
    (line,) = answer.stdout.splitlines()
    report = json.loads(line)
    piece = midi.read(tmp_path / "piece.mid")
    assert report["notes"] == len(piece.notes) > 0
    assert piece.seconds <= report["duration"] <= piece.seconds + 6
    for step in ("composing", "writing_midi", "rendering", "encoding"):
        assert report[step] >= 0
    assert (report["seed"], report["style"], report["model"]) == (7, "chopin", "tiny")
    assert output.read_bytes()[:3] == b"ID3"
    assert not (tmp_path / "var").exists()  # neither database nor anything else

    again = compose("--seconds", 10, "--style", "chopin", "--seed", 7, "--output",
                    tmp_path / "again.mp3")  # fmt: skip
    assert again.returncode == 0, again.stderr
    assert (tmp_path / "again.mid").read_bytes() == (tmp_path / "piece.mid").read_bytes()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--seconds", "0"], "--seconds must be from 10 to 600"),
        (["--seconds", "1e9"], "--seconds must be from 10 to 600"),
        (["--seconds", "nan"], "--seconds must be from 10 to 600"),
        (["--seconds", "long"], "invalid float value"),
        (["--temperature", "9"], "--temperature must be from 0.5 to 1.5"),
        (["--seed", "-1"], "--seed must be from 0"),
        (["--style", "nobody"], "does not know 'nobody', but bach, chopin"),
        (["--output", "piece.wav"], "--output must end in .mp3"),
        (["--output", "/nowhere/piece.mp3"], "there is no folder /nowhere"),
        (["--model", "missing"], "there is no model 'missing'"),
        (["--model", "missing.keras"], "there is no model 'missing.keras'"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_a_bad_argument_is_explained(model, monkeypatch, tmp_path, arguments, words):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(CommandError, match=words):
        call_command("compose", "--model", str(model), *arguments)
    assert list(tmp_path.iterdir()) == [model]


def test_a_file_that_is_no_model_is_explained(tmp_path):
    path = tmp_path / "text.keras"
    path.write_text("no model")
    with pytest.raises(CommandError, match=r"text\.keras is not a \.keras file"):
        call_command("compose", "--model", str(path), "--output", str(tmp_path / "piece.mp3"))


def test_a_missing_soundfont_is_explained(model, tmp_path, settings):
    settings.SOUNDFONT = tmp_path / "none.sf2"
    with pytest.raises(CommandError, match=r"The soundfont none\.sf2 is missing"):
        call_command("compose", "--model", str(model), "--output", str(tmp_path / "piece.mp3"))
