import subprocess
import sys
import uuid

import pytest
from django.core.management import CommandError, call_command

from generator.management.commands import play
from generator.models import Status


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "piece.mp3"
    path.write_bytes(b"x")
    return path


@pytest.fixture
def output(monkeypatch):
    """Let there be sound, and programs that play it; return their commands."""
    commands = []

    def run(command, **options):
        commands.append(command)
        return subprocess.CompletedProcess(command, 0)

    monkeypatch.setattr(play, "find_output", lambda: "alsa")
    monkeypatch.setattr(play.shutil, "which", lambda program: f"/usr/bin/{program}")
    monkeypatch.setattr(play.subprocess, "run", run)
    return commands


def test_it_plays_an_mp3_file(file, output):
    call_command("play", str(file))
    (command,) = output
    assert command[0] == "ffplay"
    assert command[-1] == str(file)


def test_it_plays_a_midi_file(tmp_path, output, settings):
    path = tmp_path / "score.mid"
    path.write_bytes(b"x")
    call_command("play", str(path))
    (command,) = output
    assert command[0] == "fluidsynth"
    assert command[-2:] == [str(settings.SOUNDFONT), str(path)]
    assert "alsa" in command


def test_it_plays_a_piece_by_its_id(ready_piece, output):
    made = ready_piece()
    call_command("play", str(made.pk))
    assert output[0][-1] == made.mp3.path


def test_an_unfinished_piece_is_explained(piece, output):
    made = piece(status=Status.COMPOSING)
    with pytest.raises(CommandError, match="is not ready but composing"):
        call_command("play", str(made.pk))


@pytest.mark.django_db
def test_an_unknown_piece_is_explained(output):
    with pytest.raises(CommandError, match="There is no piece"):
        call_command("play", str(uuid.uuid4()))


def test_a_missing_file_is_explained(output):
    with pytest.raises(CommandError, match=r"There is no file none\.mp3"):
        call_command("play", "none.mp3")


def test_another_kind_of_file_is_explained(tmp_path, output):
    path = tmp_path / "notes.txt"
    path.write_text("x")
    with pytest.raises(CommandError, match="neither a MIDI file"):
        call_command("play", str(path))


def test_it_says_when_there_is_no_audio_output(file, monkeypatch):
    monkeypatch.setattr(play, "find_output", lambda: None)
    with pytest.raises(CommandError, match="no audio output"):
        call_command("play", str(file))


def test_a_missing_player_is_explained(file, output, monkeypatch):
    monkeypatch.setattr(play.shutil, "which", lambda program: None)
    with pytest.raises(CommandError, match="ffplay is not installed"):
        call_command("play", str(file))


def test_a_player_that_fails_is_explained(file, output, monkeypatch):
    failed = subprocess.CompletedProcess([], 1)
    monkeypatch.setattr(play.subprocess, "run", lambda command, **options: failed)
    with pytest.raises(CommandError, match="ffplay could not play it"):
        call_command("play", str(file))


def test_ctrl_c_stops_it_in_peace(file, output, monkeypatch):
    def interrupted(command, **options):
        raise KeyboardInterrupt

    monkeypatch.setattr(play.subprocess, "run", interrupted)
    call_command("play", str(file))


@pytest.mark.skipif(sys.platform == "darwin", reason="a Mac always has an audio output")
@pytest.mark.parametrize(
    ("cards", "pulse", "expected"),
    [
        (None, False, None),
        ("--- no soundcards ---\n", False, None),
        (" 0 [PCH]: HDA-Intel\n", False, "alsa"),
        (None, True, "pulseaudio"),
    ],
    ids=["nothing", "no-cards", "card", "pulse"],
)
def test_it_finds_the_audio_output(monkeypatch, tmp_path, cards, pulse, expected):
    path = tmp_path / "cards"
    if cards:
        path.write_text(cards)
    if pulse:
        (tmp_path / "pulse").mkdir()
        (tmp_path / "pulse" / "native").touch()
    monkeypatch.setattr(play, "SOUND_CARDS", path)
    monkeypatch.delenv("PULSE_SERVER", raising=False)
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    assert play.find_output() == expected
