"""The real FluidSynth and FFmpeg; and what stands on the PATH in their place when they fail."""

import json
import shutil
import signal
import subprocess
import sys
import time
import wave
from pathlib import Path

import pytest

from generator import audio, children
from generator.audio import AudioError
from generator.children import CancelledError
from ml import midi
from ml.notes import Note, Piece
from tests.generator import fakes

CHORDS = Piece(
    tuple(Note(beat / 2, 0.6, 48 + beat + third, 80) for beat in range(6) for third in (0, 4, 7))
)
TAGS = {"title": "Étude = “x”", "artist": "Nocturne", "comment": "seed 7; model Concert"}
SECONDS_OF_A_RENDER = 60  # more than any of these needs


@pytest.fixture
def score(tmp_path):
    path = tmp_path / "score.mid"
    midi.write(CHORDS, path)
    return path


@pytest.fixture
def make(score, tmp_path, settings):
    """Render the score, or what else is said."""

    def make(**options):
        options = {
            "soundfont": settings.SOUNDFONT,
            "seconds": CHORDS.seconds,
            "tags": TAGS,
            "deadline": time.monotonic() + SECONDS_OF_A_RENDER,
        } | options
        return audio.render(score, tmp_path / "piece.mp3", **options)

    return make


def left_in(folder):
    return sorted(path.name for path in folder.iterdir())


def probe(path):
    command = ["ffprobe", "-v", "error", "-show_streams", "-show_format", "-of", "json", str(path)]
    return json.loads(subprocess.run(command, capture_output=True, check=True).stdout)


def packets(path):
    """Sizes of all frames."""
    command = [
        "ffprobe",
        "-v",
        "error",
        "-show_entries",
        "packet=size",
        "-of",
        "csv=p=0",
        str(path),
    ]
    return [int(line) for line in subprocess.run(command, capture_output=True, check=True)
            .stdout.decode().replace(",", "").split()]  # fmt: skip


def samples(path):
    """All samples of the MP3, both channels mixed up, as numbers from -32768 to 32767."""
    command = ["ffmpeg", "-v", "error", "-i", str(path), "-f", "s16le", "-"]
    data = subprocess.run(command, capture_output=True, check=True).stdout
    return memoryview(data).cast("h")


def loudest(sound):
    return max(max(sound), -min(sound)) / 32768


# A good render.


def test_the_mp3_is_what_we_promise(make, tmp_path):
    rendered = make()
    path = tmp_path / "piece.mp3"
    (stream,) = probe(path)["streams"]
    assert stream["codec_name"] == "mp3"
    assert stream["sample_rate"] == "44100"
    assert stream["channels"] == 2
    assert stream["bit_rate"] == "192000"
    assert set(packets(path)) <= {626, 627}  # 192 kbit/s in every single frame
    assert abs(float(stream["duration"]) - rendered.duration) < 0.05
    assert CHORDS.seconds <= rendered.duration <= CHORDS.seconds + 1.7
    assert rendered.seconds_rendering > 0
    assert rendered.seconds_encoding > 0


def test_the_tags_are_in_the_file(make, tmp_path):
    make()
    tags = probe(tmp_path / "piece.mp3")["format"]["tags"]
    assert {name: tags[name] for name in TAGS} == TAGS


def test_the_peak_is_about_minus_one_dbfs_and_the_end_is_quiet(make, tmp_path):
    rendered = make()
    sound = samples(tmp_path / "piece.mp3")
    assert 10 ** (-2 / 20) < loudest(sound) < 10 ** (-0.3 / 20)
    assert -2 < rendered.peak_dbfs < -0.3
    tenth = 2 * 4410
    assert loudest(sound[-tenth:]) < 0.001  # no click
    after_the_score = round(CHORDS.seconds * 44_100) * 2
    assert loudest(sound[after_the_score : after_the_score + tenth]) > 0.01  # the chord rings out


def test_nothing_is_left_but_the_mp3(make, tmp_path):
    make()
    assert left_in(tmp_path) == ["piece.mp3", "score.mid"]


def test_a_quiet_note_is_music_too(tmp_path, make, score):
    soft = Piece((Note(0.0, 1.0, 60, 16),))
    midi.write(soft, score)
    rendered = make(seconds=soft.seconds)
    assert -2 < rendered.peak_dbfs < -0.3


def test_it_takes_no_notice_of_the_environment(make, monkeypatch, tmp_path):
    """POSIXLY_CORRECT makes Debian's FluidSynth refuse midi2audio's order of options."""
    monkeypatch.setenv("POSIXLY_CORRECT", "1")
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / ".fluidsynth").write_text("gain 0\n")
    make()


# The same as WAV.


@pytest.fixture
def make_wav(score, tmp_path, settings):
    def make(**options):
        options = {
            "soundfont": settings.SOUNDFONT,
            "seconds": CHORDS.seconds,
            "deadline": time.monotonic() + SECONDS_OF_A_RENDER,
        } | options
        return audio.render_wav(score, tmp_path / "piece.wav", **options)

    return make


def test_the_wav_is_what_we_promise(make_wav, tmp_path):
    rendered = make_wav()
    with wave.open(str(tmp_path / "piece.wav")) as file:
        assert (file.getframerate(), file.getnchannels(), file.getsampwidth()) == (44_100, 2, 2)
        seconds = file.getnframes() / 44_100
    assert seconds == pytest.approx(rendered.duration)
    assert CHORDS.seconds <= seconds <= CHORDS.seconds + 1.7
    assert -1.2 < rendered.peak_dbfs < -0.8
    assert left_in(tmp_path) == ["piece.wav", "score.mid"]


def test_the_wav_sounds_like_the_mp3(make, make_wav, tmp_path):
    mp3, wav = make(), make_wav()
    assert abs(mp3.duration - wav.duration) < 0.1
    assert abs(mp3.peak_dbfs - wav.peak_dbfs) < 0.5


def test_a_wav_needs_no_ffmpeg(make_wav, shims):
    shims("ffmpeg", "exit 1")
    shims("ffprobe", "exit 1")
    assert make_wav().duration > CHORDS.seconds


def test_silence_is_no_wav(make_wav, shims, tmp_path):
    silence = silent_wav(5, tmp_path)
    shims("fluidsynth", f'{COPY_TO_WAV}cp "{silence}" "$output"')
    with pytest.raises(AudioError, match="FluidSynth wrote nothing but silence"):
        make_wav()
    assert "piece.wav" not in left_in(tmp_path)


def test_a_wav_has_a_deadline(make_wav, shims, tmp_path):
    pids = hanging(shims, tmp_path)
    with pytest.raises(AudioError, match="took longer than allowed"):
        make_wav(deadline=time.monotonic() + 4)
    assert_all_gone(pids)


# Soundfonts.


@pytest.mark.parametrize(
    ("content", "words"),
    [
        pytest.param(None, "is missing", id="missing"),
        pytest.param(b"", "is not a soundfont", id="empty"),
        pytest.param(b"\x00" * 5000, "is not a soundfont", id="other-bytes"),
        pytest.param("start", "is incomplete", id="first-100-kB"),
    ],
)
def test_a_bad_soundfont_is_refused(make, settings, tmp_path, content, words):
    path = tmp_path / "other.sf2"
    if content == "start":
        with Path(settings.SOUNDFONT).open("rb") as file:
            content = file.read(100_000)
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(AudioError, match=rf"other\.sf2 {words}"):
        make(soundfont=path)


def test_a_soundfont_that_cannot_be_loaded_is_refused(make, tmp_path):
    path = tmp_path / "other.sf2"
    path.write_bytes(b"RIFF" + (5004).to_bytes(4, "little") + b"sfbk" + bytes(5000))
    # FluidSynth would take Debian's default instead, and end with status 0.
    with pytest.raises(AudioError, match=r"cannot load the soundfont other\.sf2"):
        make(soundfont=path)
    assert "piece.mp3" not in left_in(tmp_path)


# Programs that fail. Exit codes prove nothing: some of these end with 0.

COPY_TO_WAV = 'for word; do case "$previous" in -F) output="$word";; esac; previous="$word"; done\n'


def silent_wav(seconds, tmp_path):
    command = ["ffmpeg", "-v", "error", "-f", "lavfi", "-i", "anullsrc=r=44100:cl=stereo"]
    path = tmp_path.parent / f"{tmp_path.name}-silence.wav"
    subprocess.run([*command, "-t", str(seconds), str(path)], check=True)
    return path


@pytest.mark.parametrize(
    ("program", "script", "words"),
    [
        pytest.param("fluidsynth", "exit 1", "FluidSynth wrote no sound", id="fluidsynth-fails"),
        pytest.param("fluidsynth", "exit 0", "FluidSynth wrote no sound", id="fluidsynth-idle"),
        pytest.param(
            "fluidsynth",
            COPY_TO_WAV + 'echo "no sound at all, but more than a header" > "$output"',
            "FluidSynth wrote no sound",
            id="fluidsynth-writes-text",
        ),
        pytest.param("ffmpeg", "exit 1", "FFmpeg could not encode", id="ffmpeg-fails"),
        pytest.param("ffmpeg", "exit 0", "no MP3 file that can be read", id="ffmpeg-idle"),
        pytest.param("ffprobe", "exit 0", "no MP3 file that can be read", id="ffprobe-idle"),
        pytest.param("fluidsynth", "kill -9 $PPID", "without a result", id="child-killed"),
    ],
)
def test_a_failing_program_is_a_sentence(make, shims, tmp_path, program, script, words):
    shims(program, script)
    with pytest.raises(AudioError, match=words):
        make()
    assert left_in(tmp_path) == ["score.mid", "shims"]


def test_silence_from_fluidsynth_is_refused(make, shims, tmp_path):
    silence = silent_wav(5, tmp_path)
    shims("fluidsynth", f'{COPY_TO_WAV}cp "{silence}" "$output"')
    with pytest.raises(AudioError, match="FluidSynth wrote nothing but silence"):
        make()


@pytest.mark.parametrize("seconds", [1, 15], ids=["too-short", "too-long"])
def test_sound_of_another_length_is_refused(make, shims, tmp_path, seconds):
    noise = tmp_path.parent / f"{tmp_path.name}-noise.wav"
    subprocess.run(
        ["ffmpeg", "-v", "error", "-f", "lavfi", "-i", f"sine=d={seconds}:r=44100", "-ac", "2",
         str(noise)],
        check=True,
    )  # fmt: skip
    shims("fluidsynth", f'{COPY_TO_WAV}cp "{noise}" "$output"')
    with pytest.raises(AudioError, match="longer than its score"):
        make()


def test_silence_from_ffmpeg_is_refused(make, shims, tmp_path):
    """All is as promised but the level; only a look into the MP3 itself tells."""
    real = shutil.which("ffmpeg")
    shims(
        "ffmpeg",
        'for word; do output="$word"; done\n'
        f'case "$output" in -) exec {real} "$@";; esac\n'
        f'exec {real} -y -v error -f wav -i "$5" -af volume=0 -b:a 192k -f mp3 "$output"',
    )
    with pytest.raises(AudioError, match="FFmpeg wrote nothing but silence"):
        make()
    assert "piece.mp3" not in left_in(tmp_path)


@pytest.mark.parametrize("program", ["fluidsynth", "ffmpeg", "ffprobe"])
def test_a_missing_program_is_a_sentence(make, monkeypatch, tmp_path, program):
    folder = tmp_path / "programs"
    folder.mkdir()
    for other in {"fluidsynth", "ffmpeg", "ffprobe"} - {program}:
        (folder / other).symlink_to("/bin/true")
    monkeypatch.setenv("PATH", str(folder))
    with pytest.raises(AudioError, match=f"is not installed .no {program} on the path"):
        make()


# Programs that hang, and people who do not want to wait.


def hanging(shims, tmp_path, program="fluidsynth"):
    """Let the program hang with a child of its own; return where their numbers will stand."""
    pids = tmp_path / "pids"
    shims(program, f'sleep 300 &\necho $$ $! > "{pids}.part"; mv "{pids}.part" "{pids}"\nwait')
    return pids


def assert_all_gone(pids):
    for pid in pids.read_text().split():
        fakes.wait_until(lambda pid=pid: not fakes.is_alive(int(pid)), seconds=2)


@pytest.mark.parametrize("program", ["fluidsynth", "ffmpeg"])
def test_a_hanging_program_ends_at_the_deadline(make, shims, tmp_path, program):
    pids = hanging(shims, tmp_path, program)
    started = time.monotonic()
    with pytest.raises(AudioError, match="took longer than allowed"):
        make(deadline=started + 4)
    assert time.monotonic() - started < 6
    assert_all_gone(pids)
    assert left_in(tmp_path) == ["pids", "score.mid", "shims"]


def test_it_can_be_cancelled(make, shims, tmp_path):
    pids = hanging(shims, tmp_path)
    with pytest.raises(CancelledError):
        make(cancelled=pids.exists)
    assert_all_gone(pids)
    assert left_in(tmp_path) == ["pids", "score.mid", "shims"]


def test_an_alarm_in_the_caller_ends_the_programs(make, shims, tmp_path):
    """As RQ's timeout does: an exception out of nowhere."""
    pids = hanging(shims, tmp_path)

    def alarm():
        if pids.exists():
            raise TimeoutError

    with pytest.raises(TimeoutError):
        make(cancelled=alarm)
    assert_all_gone(pids)


def test_the_programs_die_with_a_killed_caller(score, shims, tmp_path, settings):
    pids = hanging(shims, tmp_path)
    script = f"""
import time
from generator import audio
audio.render({str(score)!r}, {str(tmp_path / "piece.mp3")!r}, soundfont={str(settings.SOUNDFONT)!r},
             seconds=3, tags={{}}, deadline=time.monotonic() + 60)
"""
    with subprocess.Popen([sys.executable, "-c", script], cwd=children.ROOT) as caller:
        fakes.wait_until(pids.exists)
        caller.send_signal(signal.SIGKILL)
    assert_all_gone(pids)
