"""Stand-ins for what lies outside the generator: the composer, and the programs on the PATH."""

import os
import time
import types
from dataclasses import dataclass
from pathlib import Path

from generator.audio import Rendered
from generator.engraving import Engraved, TooFreeError
from ml.notes import Note, Piece


@dataclass(frozen=True)
class FakeRequest:
    seconds: float
    seed: int
    style: str = ""
    temperature: float = 1.0
    energy: int = 0
    loudness: int = 0
    beginning: object = None


class FakeComposer:
    """Plays a scale, two notes a second. SECONDS_A_NOTE, from the environment, is its slowness."""

    styles = (("bach", "Johann Sebastian Bach"), ("chopin", "Frédéric Chopin"))

    @classmethod
    def open(cls, path, sha256=""):
        return cls()

    def compose(self, request, on_progress=None):
        notes = []
        while (onset := len(notes) / 2) < request.seconds:
            time.sleep(float(os.environ.get("SECONDS_A_NOTE", 0)))
            notes.append(Note(onset, 0.5, 48 + (request.seed + len(notes)) % 24, 70))
            if on_progress:
                on_progress(onset / request.seconds, lambda: Piece(tuple(notes)))
        return Piece(tuple(notes))


def fake_module(composer=FakeComposer):
    """A module to put in the place of ml.composer."""
    module = types.ModuleType("ml.composer")
    module.Composer, module.Request = composer, FakeRequest
    return module


def fake_render(midi_path, mp3_path, *, seconds, **options):
    """In the place of audio.render: a file that no player would play, at once."""
    Path(mp3_path).write_bytes(b"not really an MP3")
    return Rendered(seconds + 2, -1.0, 0.1, 0.1)


def fake_render_wav(midi_path, wav_path, **options):
    """In the place of audio.render_wav."""
    Path(wav_path).write_bytes(b"RIFF" + Path(midi_path).read_bytes())
    return Rendered(2.0, -1.0, 0.1, 0.1)


def fake_engrave(notes, folder, **options):
    """In the place of engraving.engrave."""
    musicxml, svg = folder / "score.musicxml", folder / "score.svg"
    musicxml.write_text(f"<score-partwise>{len(notes)}</score-partwise>")
    svg.write_text("<svg/>")
    return Engraved(musicxml, svg, {"key": "E minor"})


def fake_refusal(notes, folder, **options):
    """In the place of engraving.engrave: at once, and without files."""
    raise TooFreeError("Nobody writes down a scale.")


def write_shim(folder, program, script):
    """Put a shell script into a folder that comes first on the PATH."""
    folder.mkdir(exist_ok=True)
    path = folder / program
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)


def wait_until(is_true, seconds=30):
    """Wait for a condition; fail if it does not come."""
    deadline = time.monotonic() + seconds
    while not is_true():
        assert time.monotonic() < deadline, "It did not happen in time."
        time.sleep(0.05)


def is_alive(pid):
    """Whether a process of that number runs; a dead one that nobody has buried does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False
