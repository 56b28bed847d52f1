"""MIDI file -> WAV -> MP3, checked. Knows neither records nor settings.

FluidSynth (through midi2audio) and FFmpeg (through pydub) run in one child process, see render.py:
an exit code of 0 proves nothing with either, both can hang, and both leave files behind. The child
has a process group, a deadline, a scratch folder and limits of its own, and dies with its parent.
"""

import json
import logging
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

LOOK_EVERY = 0.2  # seconds between looks at deadline and cancellation
PROGRAMS = {"fluidsynth": "FluidSynth", "ffmpeg": "FFmpeg", "ffprobe": "FFmpeg"}
LONGEST_LOG = 2000  # characters of a failed child's output that go to our log
ROOT = Path(__file__).resolve().parent.parent  # where `-m generator.render` is found

logger = logging.getLogger(__name__)


class AudioError(Exception):
    """Sound could not be made; the message is a sentence for people."""


class CancelledError(Exception):
    """The caller no longer wants the sound."""


@dataclass(frozen=True, slots=True)
class Rendered:
    """What was measured on a finished MP3 file."""

    duration: float  # seconds of sound
    peak_dbfs: float  # loudest sample, in decibels below full scale
    seconds_rendering: float  # spent by FluidSynth
    seconds_encoding: float  # spent on levels, FFmpeg and checks


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
    check_soundfont(soundfont)
    check_programs()
    mp3_path = Path(mp3_path).absolute()
    request = {
        "midi": str(Path(midi_path).absolute()),
        "soundfont": str(Path(soundfont).absolute()),
        "seconds": seconds,
        "tags": tags,
    }
    # Beside the target: one file system, so that the last step is a rename.
    with tempfile.TemporaryDirectory(prefix="render-", dir=mp3_path.parent) as scratch:
        folder = Path(scratch)
        (folder / "request.json").write_text(json.dumps(request))
        _run_child(folder, deadline, cancelled)
        answer = _read_answer(folder)
        _flush(folder / "piece.mp3")
        (folder / "piece.mp3").replace(mp3_path)
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


def check_programs() -> None:
    """Raise AudioError unless FluidSynth and FFmpeg are on the path."""
    for program, owner in PROGRAMS.items():
        if shutil.which(program) is None:
            raise AudioError(f"{owner} is not installed (no {program} on the path).")


def _run_child(folder, deadline, cancelled):
    environment = {  # clean: POSIXLY_CORRECT or a ~/.fluidsynth would change what the programs do
        "PATH": os.environ.get("PATH", os.defpath),
        "HOME": str(folder),
        "TMPDIR": str(folder),
        "LANG": "C.UTF-8",
    }
    with (
        (folder / "log").open("wb") as log,
        subprocess.Popen(
            [sys.executable, "-m", "generator.render", str(folder)],
            cwd=ROOT,
            env=environment,
            stdin=subprocess.PIPE,  # a lifeline: the child kills its group at end of file
            stdout=log,
            stderr=subprocess.STDOUT,
            process_group=0,
        ) as child,
    ):
        try:
            while child.poll() is None:
                if time.monotonic() > deadline:
                    raise AudioError("Making the sound took longer than allowed.")
                if cancelled is not None and cancelled():
                    raise CancelledError
                _wait(child)
        finally:
            _kill_group(child.pid)


def _wait(child):
    try:
        child.wait(LOOK_EVERY)
    except subprocess.TimeoutExpired:
        pass


def _kill_group(leader):
    try:
        os.killpg(leader, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):  # macOS says the latter of a group of zombies
        pass


def _read_answer(folder):
    try:
        answer = json.loads((folder / "answer.json").read_text())
    except (FileNotFoundError, ValueError):
        _log_output(folder)
        raise AudioError("The programs that make the sound stopped without a result.") from None
    if "error" in answer:
        _log_output(folder)
        raise AudioError(answer["error"])
    return answer


def _log_output(folder):
    output = (folder / "log").read_text(errors="replace").strip()
    logger.warning("The render child said: %s", output[-LONGEST_LOG:] or "nothing")


def _flush(path):
    """Have the bytes on disk before any record can name them."""
    with path.open("rb") as file:
        os.fsync(file.fileno())
