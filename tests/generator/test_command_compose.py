"""The command in a process of its own, as on a fresh clone: no database, no Redis."""

import hashlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from generator import audio
from ml import midi
from ml.beginning import to_lists
from tests.generator.fakes import fake_render
from tests.ml.pieces import walk
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
        (["--energy", "6"], "--energy must be from 0 to 5, not 6"),
        (["--loudness", "-1"], "--loudness must be from 0 to 5"),
        (["--continue", "piece.mid"], "--continue and --at go together"),
        (["--at", "20"], "--continue and --at go together"),
        (["--continue", "gone.mid", "--at", "20"], r"gone\.mid cannot be read: No such file"),
        (["--from", "gone.json"], r"gone\.json cannot be read: No such file"),
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


# Going on, and again


@pytest.fixture
def at_once(monkeypatch):
    """Sound takes no time."""
    monkeypatch.setattr(audio, "render", fake_render)


@pytest.fixture
def registered(settings, model):
    """The tiny model as the site has it: under a name that ends in its SHA-256."""
    digest = hashlib.sha256(model.read_bytes()).hexdigest()
    folder = Path(settings.MODELS_ROOT)
    folder.mkdir()
    shutil.copy(model, folder / f"tiny-{digest[:8]}.keras")
    return {"model": "tiny", "model_sha256": digest}


@pytest.fixture
def make(at_once, tmp_path, capsys):
    """Compose in this process: the report, and the notes of the MIDI file."""

    def make(*arguments, name="piece.mp3"):
        output = tmp_path / name
        call_command("compose", *map(str, arguments), "--output", str(output))
        report = json.loads(capsys.readouterr().out)
        return report, to_lists(midi.read(output.with_suffix(".mid")).notes)

    return make


@pytest.fixture
def written(tmp_path):
    """Write a file of settings."""

    def write(told):
        path = tmp_path / "settings.json"
        path.write_text(told if isinstance(told, str) else json.dumps(told))
        return path

    return write


def test_it_goes_on_from_a_midi_file(make, model, tmp_path):
    midi.write(walk(1), tmp_path / "walk.mid")
    going_on = ["--continue", tmp_path / "walk.mid", "--at", 5, "--seconds", 10]
    report, notes = make("--model", model, "--seed", 7, *going_on)
    given = [note for note in to_lists(walk(1).notes) if note[0] < 5000]
    assert notes[: len(given) - 1] == given[:-1]  # the last one may still sound
    assert report["beginning"]["seconds"] == 5
    assert len(report["beginning"]["notes"]) == len(given) == 25
    assert report["notes"] == len(notes) > len(given)
    assert 13_000 <= max(onset + length for onset, length, _, _ in notes) <= 15_000


def test_what_it_prints_makes_the_piece_again(make, registered, written, tmp_path):
    midi.write(walk(1), tmp_path / "walk.mid")
    wish = ["--style", "bach", "--temperature", 0.9, "--energy", 2, "--loudness", 4]
    wish += ["--continue", tmp_path / "walk.mid", "--at", 5.55, "--seconds", 10]
    settings = written(registered | {"title": "Moth"})
    report, notes = make("--from", settings, *wish)
    again, same = make("--from", written(report), name="again.mp3")
    assert same == notes
    for told in (
        "title", "model", "model_sha256", "style", "seed", "temperature", "seconds", "energy",
        "loudness", "beginning",
    ):  # fmt: skip
        assert again[told] == report[told]
    assert report["title"] == "Moth"


def test_settings_of_the_site_make_a_piece(make, registered, written):
    told = registered | {
        "title": "Moth", "style": "any", "seed": 11, "temperature": 1, "seconds": 10, "energy": 0,
        "loudness": 0, "beginning": None,
    }  # fmt: skip
    report, notes = make("--from", written(told))
    assert report["beginning"] is None
    assert report["seed"] == 11
    assert make("--from", written(told), name="again.mp3")[1] == notes


def test_an_option_goes_before_the_settings(make, registered, written):
    settings = written(registered | {"seed": 11, "seconds": 20, "style": "bach", "energy": 5})
    options = ["--seed", 0, "--seconds", 10, "--style", "any", "--energy", 0]
    report, _ = make("--from", settings, *options)
    assert (report["seed"], report["seconds"]) == (0, 10)
    assert (report["style"], report["energy"]) == ("any", 0)


def test_a_model_of_the_options_need_not_be_that_of_the_settings(make, model, written):
    settings = written({"model": "gone", "model_sha256": "0" * 64, "seconds": 10})
    report, _ = make("--from", settings, "--model", model)
    assert report["model"] == "tiny"
    assert report["model_sha256"] == hashlib.sha256(model.read_bytes()).hexdigest()


def test_other_weights_of_the_same_name_are_refused(make, settings, model, written):
    Path(settings.MODELS_ROOT).mkdir()
    shutil.copy(model, settings.MODELS_ROOT)
    with pytest.raises(CommandError, match="weights of 'tiny' here are others than those"):
        make("--from", written({"model": "tiny", "model_sha256": "0" * 64}))


@pytest.mark.parametrize(
    ("told", "words"),
    [
        ("no JSON", r"settings\.json is not a file of settings in JSON"),
        ("[" * 100_000, r"settings\.json is not a file of settings in JSON"),
        ("[7]", "should be a JSON object"),
        ({"tempo": 120}, "there is no setting 'tempo', but title, model"),
        ({"seed": "7"}, "'seed' should be a whole number"),
        ({"seed": 7.0}, "'seed' should be a whole number"),
        ({"energy": True}, "'energy' should be a whole number"),
        ({"seconds": "60"}, "'seconds' should be a number"),
        ({"style": ["bach"]}, "'style' should be a text"),
        ({"beginning": []}, "'beginning' should be an object"),
        ({"beginning": {"seconds": 5}}, 'A beginning has "seconds" and "notes"'),
        ({"beginning": {"seconds": 5, "notes": []}}, "has no note in its first 5 s"),
        ({"beginning": {"seconds": 5, "notes": [[0, 1, 2]]}}, "Notes are a list of"),
        ({"seed": 2**32}, "--seed must be from 0 to 4294967295"),
        ('{"seconds": NaN}', "--seconds must be from 10 to 600"),
        ({"temperature": 2}, "--temperature must be from 0.5 to 1.5"),
        ({"energy": 6}, "--energy must be from 0 to 5"),
        ({"title": "x" * 121}, "A title has 120 letters at most"),
        ({"title": "<b>bold"}, "Titles are plain text"),
        ({"title": "\ud800"}, "Titles are plain text"),
        ({"style": "nobody"}, "does not know 'nobody'"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_settings_that_are_wrong_are_explained(make, registered, written, told, words):
    path = written(registered | told if isinstance(told, dict) else told)
    with pytest.raises(CommandError, match=words):
        make("--from", path)
