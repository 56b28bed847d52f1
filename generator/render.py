"""The child process that makes sound: `python -m generator.render FOLDER`, started by audio.py.

Leaves FOLDER/piece.mp3, or piece.wav where no tags are asked for, and an answer with what was
measured on it, see children.py. Imports neither Django nor settings.
"""

import json
import re
import subprocess
import sys
import time
from pathlib import Path

from midi2audio import FluidSynth
from pydub import AudioSegment
from pydub.effects import normalize
from pydub.exceptions import CouldntEncodeError

from generator.children import answer, die_with_parent, limit_resources

SAMPLE_RATE = 44_100  # Hz
CHANNELS = 2
BIT_RATE = 192_000  # bits per second, constant, so that seeking is exact
HEADROOM = 1.0  # decibels between the loudest sample and full scale
QUIETEST_PEAK = -70.0  # dBFS; one soft note gives -57, a missing soundfont -90 (measured)
LONGEST_TAIL = 6.0  # seconds of sound after the score; 2.0 to 3.2 measured
LONGEST_RING = 1500  # milliseconds of sound that we keep after the score
SHORTEST_RING = 300  # milliseconds, enough to fade without a click
INAUDIBLE = -60.0  # dBFS; what rings more softly is not kept
MOMENT = 20  # milliseconds in which the level of the ringing is taken
TOLERANCE = 0.1  # seconds; an MP3 has whole frames of 26 ms and its encoder's delay
LEAST_CPU = 60  # seconds; a longer piece may use its own length


class RenderError(Exception):
    """No sound; the message is a sentence for people."""


def main(folder: Path) -> None:
    die_with_parent()
    request = json.loads((folder / "request.json").read_text())
    limit_resources(int(max(LEAST_CPU, request["seconds"])))
    try:
        found = make(folder, **request)
    except RenderError as problem:
        found = {"error": str(problem)}
    answer(folder, found)


def make(
    folder: Path, midi: str, soundfont: str, seconds: float, tags: dict[str, str] | None
) -> dict:
    """Make FOLDER/piece.mp3, or piece.wav without tags; return what was measured.

    Raises RenderError.
    """
    started = time.monotonic()
    sound = synthesize(midi, soundfont, folder / "fluidsynth.wav")
    check_soundfont_was_used(folder / "log", soundfont)
    rendered = time.monotonic()
    check_sound(sound, seconds)
    polished = polish(sound, seconds)
    if tags is None:
        file = folder / "piece.wav"
        duration, peak = write_wav(polished, file)
    else:
        file = folder / "piece.mp3"
        encode(polished, file, tags)
        duration, peak = check_mp3(file, len(polished) / 1000), check_level(file)
    return {
        "file": file.name,
        "duration": duration,
        "peak_dbfs": peak,
        "seconds_rendering": rendered - started,
        "seconds_encoding": time.monotonic() - rendered,
    }


def synthesize(midi: str, soundfont: str, wav: Path) -> AudioSegment:
    """Let FluidSynth play the MIDI file into `wav`, and read that."""
    try:
        FluidSynth(soundfont, SAMPLE_RATE).midi_to_audio(midi, str(wav))
    except OSError as problem:
        raise RenderError("FluidSynth could not be started.") from problem
    # pydub would hand anything that is not a WAV file to FFmpeg, and guess.
    if not wav.exists() or wav.stat().st_size <= 44 or wav.open("rb").read(4) != b"RIFF":
        raise RenderError("FluidSynth wrote no sound.")
    sound = AudioSegment.from_wav(str(wav))
    wav.unlink()
    return sound


def check_soundfont_was_used(log: Path, soundfont: str) -> None:
    """Raise RenderError if FluidSynth could not load the soundfont: it then plays another."""
    if b"Failed to load the SoundFont" in log.read_bytes():
        raise RenderError(f"FluidSynth cannot load the soundfont {Path(soundfont).name}.")


def check_sound(sound: AudioSegment, seconds: float) -> None:
    """Raise RenderError unless level and length are those of a score of `seconds`."""
    if (sound.frame_rate, sound.channels) != (SAMPLE_RATE, CHANNELS):
        raise RenderError("FluidSynth wrote sound of another kind than asked for.")
    if sound.max_dBFS < QUIETEST_PEAK:
        raise RenderError("FluidSynth wrote nothing but silence.")
    tail = len(sound) / 1000 - seconds
    if not -TOLERANCE <= tail <= LONGEST_TAIL:
        raise RenderError(f"The sound is {tail:+.1f} s longer than its score.")


def polish(sound: AudioSegment, seconds: float) -> AudioSegment:
    """Bring the peak to -1 dBFS; after the score, keep what rings audibly, fading to nothing."""
    end = round(seconds * 1000)  # milliseconds
    sound = normalize(sound, headroom=HEADROOM)
    rings = [
        moment
        for moment in range(end, min(len(sound), end + LONGEST_RING), MOMENT)
        if sound[moment : moment + MOMENT].max_dBFS > INAUDIBLE
    ]
    kept = sound[: max(end + SHORTEST_RING, (rings[-1] if rings else end) + MOMENT)]
    return kept.fade_out(max(len(kept) - end, 1))


def encode(sound: AudioSegment, mp3: Path, tags: dict[str, str]) -> None:
    try:
        file = sound.export(
            str(mp3),
            format="mp3",
            bitrate=f"{BIT_RATE // 1000}k",
            tags=tags,
            id3v2_version="3",  # the one that every player reads
        )
    except CouldntEncodeError as problem:
        complain(problem)
        raise RenderError("FFmpeg could not encode the sound.") from problem
    except OSError as problem:
        raise RenderError(f"FFmpeg could not be run: {problem.strerror}.") from problem
    file.close()


def write_wav(sound: AudioSegment, path: Path) -> tuple[float, float]:
    """Write the samples as they are; return seconds and peak in dBFS, as the file has them."""
    sound.export(str(path), format="wav").close()
    written = AudioSegment.from_wav(str(path))
    kinds = [(one.frame_rate, one.channels, one.sample_width) for one in (written, sound)]
    if kinds[0] != kinds[1] or written.frame_count() != sound.frame_count():
        raise RenderError("The WAV file is of another kind or length than asked for.")
    if written.max_dBFS < QUIETEST_PEAK:
        raise RenderError("The WAV file holds nothing but silence.")
    return written.duration_seconds, written.max_dBFS


def check_mp3(mp3: Path, seconds: float) -> float:
    """Return the MP3's length in seconds. Raises RenderError unless it is what we promise."""
    fields = "stream=codec_name,sample_rate,channels,bit_rate:format=duration"
    command = ["ffprobe", "-v", "error", "-of", "json", "-show_entries", fields, str(mp3)]
    try:
        found = json.loads(subprocess.run(command, capture_output=True, check=False).stdout)
        stream, duration = found["streams"][0], float(found["format"]["duration"])
    except (OSError, ValueError, LookupError) as problem:
        raise RenderError("FFmpeg wrote no MP3 file that can be read.") from problem
    promised = {
        "codec_name": "mp3",
        "sample_rate": str(SAMPLE_RATE),
        "channels": CHANNELS,
        "bit_rate": str(BIT_RATE),
    }
    if stream != promised or abs(duration - seconds) > TOLERANCE:
        complain(found)
        raise RenderError("FFmpeg wrote an MP3 file of another kind or length than asked for.")
    return duration


def check_level(mp3: Path) -> float:
    """Return the MP3's peak in dBFS. Raises RenderError if it decodes to silence or not at all."""
    command = ["ffmpeg", "-nostdin", "-hide_banner", "-i", str(mp3)]
    command += ["-af", "volumedetect", "-f", "null", "-"]
    output = subprocess.run(command, capture_output=True, check=False).stderr
    peak = re.search(rb"max_volume: (-?[0-9.]+) dB", output)
    if peak is None or float(peak[1]) < QUIETEST_PEAK:
        raise RenderError("FFmpeg wrote nothing but silence.")
    return float(peak[1])


def complain(details) -> None:
    """Write for the log of the parent, see audio.py."""
    sys.stderr.write(f"{details}\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
