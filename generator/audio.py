"""MIDI file -> WAV or MP3, checked. Knows neither records nor settings.

FluidSynth (through midi2audio) and FFmpeg (through pydub) run in one child process, see render.py:
an exit code of 0 proves nothing with either, both can hang, and both leave files behind.
"""

import os
import shutil
import tempfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from generator.children import Child

PROGRAMS = {"fluidsynth": "FluidSynth", "ffmpeg": "FFmpeg", "ffprobe": "FFmpeg"}


class AudioError(Exception):
    """Sound could not be made; the message is a sentence for people."""


CHILD = Child(
    "generator.render",
    error=AudioError,
    too_long="Making the sound took longer than allowed.",
    no_result="The programs that make the sound stopped without a result.",
)


@dataclass(frozen=True, slots=True)
class Rendered:
    """What was measured on a finished file."""

    duration: float  # seconds of sound
    peak_dbfs: float  # loudest sample, in decibels below full scale
    seconds_rendering: float  # spent by FluidSynth
    seconds_encoding: float  # spent on levels, the last format and checks


def render(
    midi_path: str | Path,
    mp3_path: str | Path,
    *,
    soundfont: str | Path,
    seconds: float,
    tags: dict[str, str],
    deadline: float,
    cancelled: Callable[[], bool] | None = None,
) -> Rendered:
    """Make an MP3 of a MIDI file that our own writer made.

    `seconds` is the score's length, `deadline` a time of `time.monotonic()`; `cancelled` is asked
    several times a second. The MP3 appears under its name complete and checked, or not at all.

    Raises AudioError with a sentence, or CancelledError.
    """
    check_programs()
    return _make(midi_path, mp3_path, soundfont, seconds, tags, deadline, cancelled)


def render_wav(
    midi_path: str | Path,
    wav_path: str | Path,
    *,
    soundfont: str | Path,
    seconds: float,
    deadline: float,
    cancelled: Callable[[], bool] | None = None,
) -> Rendered:
    """Make the same sound as `render`, as WAV: 16 bits, 44.1 kHz, stereo, 10.6 MB a minute.

    Raises AudioError with a sentence, or CancelledError.
    """
    check_programs(("fluidsynth",))
    return _make(midi_path, wav_path, soundfont, seconds, None, deadline, cancelled)


def _make(midi_path, target, soundfont, seconds, tags, deadline, cancelled):
    check_soundfont(soundfont)
    target = Path(target).absolute()
    request = {
        "midi": str(Path(midi_path).absolute()),
        "soundfont": str(Path(soundfont).absolute()),
        "seconds": seconds,
        "tags": tags,
    }
    # Beside the target: one file system, so that the last step is a rename.
    with tempfile.TemporaryDirectory(prefix="render-", dir=target.parent) as scratch:
        folder = Path(scratch)
        answer = CHILD.run(folder, request, deadline, cancelled)
        made = folder / answer.pop("file")
        _flush(made)
        made.replace(target)
    return Rendered(**answer)


def check_soundfont(path: str | Path) -> None:
    """Raise AudioError unless the file looks like a whole soundfont.

    FluidSynth itself would shrug and write silence (measured). A download that was cut short is
    found by the length that stands in the file's own header.
    """
    path = Path(path)
    try:
        with path.open("rb") as file:
            header = file.read(12)
            size = file.seek(0, os.SEEK_END)
    except FileNotFoundError:
        raise AudioError(f"The soundfont {path.name} is missing.") from None
    except OSError as problem:
        raise AudioError(f"The soundfont {path.name} cannot be read.") from problem
    if header[:4] != b"RIFF" or header[8:] != b"sfbk":
        raise AudioError(f"The file {path.name} is not a soundfont.")
    if size < int.from_bytes(header[4:8], "little") + 8:
        raise AudioError(f"The soundfont {path.name} is incomplete.")


def check_programs(programs: Iterable[str] = PROGRAMS) -> None:
    """Raise AudioError unless FluidSynth and FFmpeg, or those named, are on the path."""
    for program in programs:
        if shutil.which(program) is None:
            raise AudioError(f"{PROGRAMS[program]} is not installed (no {program} on the path).")


def _flush(path):
    """Have the bytes on disk before any record can name them."""
    with path.open("rb") as file:
        os.fsync(file.fileno())
