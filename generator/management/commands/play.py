import os
import shutil
import subprocess
import sys
import uuid
from pathlib import Path

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from generator.audio import AudioError, check_soundfont
from generator.models import Composition

MIDI = (".mid", ".midi")
SOUND_CARDS = Path("/proc/asound/cards")


class Command(BaseCommand):
    help = "Play a piece, or a MIDI or MP3 file, on this machine's audio output."
    requires_system_checks = []

    def add_arguments(self, parser):
        parser.add_argument("piece", help="the id of a piece, or a .mid or .mp3 file")

    def handle(self, *, piece, **options):
        path = find_file(piece)
        output = find_output()
        if output is None:
            raise CommandError("This machine has no audio output that can be reached.")
        command = player(path, output)
        self.stdout.write(f"Playing {path.name}. Ctrl-C stops it.")
        try:
            ended = subprocess.run(command, stdin=subprocess.DEVNULL, check=False)
        except KeyboardInterrupt:
            return
        if ended.returncode:
            raise CommandError(f"{command[0]} could not play it (status {ended.returncode}).")


def find_file(piece):
    """The file of that name, or the MP3 of the piece with that id. Raises CommandError."""
    try:
        wanted = uuid.UUID(piece)
    except ValueError:
        return check_file(Path(piece))
    composition = Composition.objects.filter(pk=wanted).first()
    if composition is None:
        raise CommandError(f"There is no piece {piece}.")
    if not composition.is_ready:
        raise CommandError(f"The piece {piece} is not ready but {composition.status}.")
    return check_file(Path(composition.mp3.path))


def check_file(path):
    if not path.is_file():
        raise CommandError(f"There is no file {path}.")
    if path.suffix.lower() not in (*MIDI, ".mp3"):
        raise CommandError(f"{path.name} is neither a MIDI file (.mid) nor an .mp3 file.")
    return path


def find_output():
    """The sound system by FluidSynth's name for it, or None where there is no sound.

    Asked beforehand: FluidSynth and ffplay may end with status 0 although nobody heard anything.
    """
    if sys.platform == "darwin":
        return "coreaudio"
    runtime = Path(os.environ.get("XDG_RUNTIME_DIR", "/nonexistent"))
    if os.environ.get("PULSE_SERVER") or (runtime / "pulse" / "native").exists():
        return "pulseaudio"  # PipeWire answers here, too
    if SOUND_CARDS.exists() and "no soundcards" not in SOUND_CARDS.read_text():
        return "alsa"
    return None


def player(path, output):
    """The command that plays the file. Raises CommandError if a program is missing."""
    if path.suffix.lower() in MIDI:
        try:
            check_soundfont(settings.SOUNDFONT)
        except AudioError as problem:
            raise CommandError(str(problem)) from problem
        command = ["fluidsynth", "-n", "-i", "-q", "-a", output, settings.SOUNDFONT, path]
    else:
        command = ["ffplay", "-nodisp", "-autoexit", "-loglevel", "error", path]
    if shutil.which(command[0]) is None:
        raise CommandError(f"{command[0]} is not installed: run `make setup`.")
    return [str(word) for word in command]
