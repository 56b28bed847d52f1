"""MIDI files of strangers: good ones are read, all others are refused with a sentence."""

import json
import resource
import subprocess
import sys
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ml import midi, upload
from ml.beginning import Beginning
from ml.notes import Note
from tests.ml.raw import (
    NOTE,
    OTHER,
    PEDAL_DOWN,
    PEDAL_UP,
    chunk,
    delta,
    midi_file,
    off,
    on,
    riff,
    tempo,
    track,
)

ROOT = Path(__file__).resolve().parent.parent.parent
GOOD = midi_file(NOTE)
HOUR = 3_600_000  # ticks of a millisecond


@pytest.fixture
def read(tmp_path):
    """Read bytes as an upload; its notes as (onset, end, pitch, velocity), ms."""

    def read(data):
        path = tmp_path / "upload.mid"
        path.write_bytes(data)
        return [
            (round(note.onset * 1000, 3), round(note.end * 1000, 3), note.pitch, note.velocity)
            for note in upload.read(path).notes
        ]

    return read


def quick_notes(count, gap):
    """So many notes, one after the other, each of `gap` ms."""
    return [
        event
        for i in range(count)
        for event in ((0, on(21 + i % 88)), (gap, bytes([21 + i % 88, 0])))
    ]


# What is read


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(midi_file(NOTE, kind=0), id="format 0"),
        pytest.param(midi_file(NOTE, kind=1), id="format 1"),
        pytest.param(midi_file(NOTE, kind=2), id="format 2"),
        pytest.param(midi_file(NOTE, division=(256 - 25) << 8 | 40), id="frames of a film"),
        pytest.param(riff((b"data", GOOD)), id="RMID"),
        pytest.param(midi_file(track((0, on(60)), (100, off(60)), end=b"")), id="no end of track"),
        pytest.param(midi_file(NOTE, claimed=65_535), id="65,535 tracks claimed"),
        pytest.param(midi_file(track((0, tempo(0))), NOTE), id="tempo 0"),
        pytest.param(
            midi_file(track((0, PEDAL_DOWN), (0, on(60)), (9, off(60)), (91, PEDAL_UP))), id="pedal"
        ),
    ],
)
def test_a_good_file_of_any_kind_is_read(read, data):
    assert read(data) == [(0, 100, 60, 64)]


def test_the_music_begins_at_0(read):
    late = track((5000, on(60)), (100, off(60)), (100, on(64)), (50, off(64)))
    assert read(midi_file(late)) == [(0, 100, 60, 64), (200, 250, 64, 64)]


def test_sequences_are_played_one_after_the_other(read):
    assert read(midi_file(NOTE, OTHER, kind=2)) == [(0, 100, 60, 64), (150, 250, 72, 80)]


def test_a_note_never_released_ends_after_30_s(read):
    hanging = track((0, on(60)), (40_000, on(62)), (100, off(62)))
    assert read(midi_file(hanging)) == [(0, 30_000, 60, 64), (40_000, 40_100, 62, 64)]


def test_twenty_thousand_notes_are_read_and_can_be_gone_on_from(read):
    notes = read(midi_file(track(*quick_notes(20_000, 50))))
    assert len(notes) == 20_000
    played = [Note(onset / 1000, 0.05, pitch, 64) for onset, _, pitch, _ in notes]
    assert len(Beginning.cut(played, 290).notes) == 5_800


# What is refused

NOTELESS = "no note that a piano could play"
LONG = "lasts longer than 30 minutes"
REFUSED = {
    "empty": (b"", "not a MIDI file"),
    "text": (b"Dear pianist,\n" * 100, "not a MIDI file"),
    "no header": (NOTE, "not a MIDI file"),
    "a picture": (b"\x89PNG\r\n\x1a\n" + bytes(1000), "not a MIDI file"),
    "truncated": (GOOD[:-9], "cut off"),
    "a track of 2 GB": (GOOD[:18] + b"\x7f\xff\xff\xff" + GOOD[22:], "cut off"),
    "a text of 256 MB": (midi_file(chunk(b"MTrk", b"\0\xff\x01\xff\xff\xff\x7fabc")), "cut off"),
    "division 0": (midi_file(NOTE, division=0), "how long a tick is"),
    "one delta without end": (midi_file(track((0, on(60)), (0x0FFFFFFF, off(60)))), LONG),
    "one delta, one tick a beat": (
        midi_file(track((0, on(60)), (0x0FFFFFFF, off(60))), division=1),
        LONG,
    ),
    "an hour's gap": (midi_file(track((0, on(60)), (9, off(60)), (HOUR, on(60)))), LONG),
    "an hour by tempo": (
        midi_file(track((0, tempo(0xFFFFFF)), (0, on(60)), (110_000, off(60)))),
        LONG,
    ),
    "two sequences of 20 minutes": (
        midi_file(*[track((0, on(60)), (HOUR // 3, off(60)))] * 2, kind=2),
        LONG,
    ),
    "5,000 notes at one tick": (
        midi_file(track(*quick_notes(5_000, 0))),
        "More than 200 notes of this MIDI file begin at once",
    ),
    "500 notes in 5 ms": (
        midi_file(track((0, tempo(5_000)), *quick_notes(500, 1))),
        "More than 200 notes of this MIDI file begin at once",
    ),
    "20,001 notes": (midi_file(track(*quick_notes(20_001, 20))), "more than 20,000 notes"),
    "300,000 events": (
        midi_file(track((0, on(60)), *[(1, b"\x3c\x00")] * 300_000)),
        "more than 150,000 events",
    ),
    "500,000 programs": (
        midi_file(track((0, b"\xc0\x01"), *[(0, b"\x02")] * 490_000)),
        "more than 150,000 events",
    ),
    "65,000 tracks": (midi_file(*[track()] * 65_000), NOTELESS),
    "no note": (midi_file(track((0, PEDAL_DOWN))), NOTELESS),
    "drums alone": (midi_file(track((0, on(60, channel=10)), (9, off(60, 10)))), NOTELESS),
    "no length": (midi_file(track((0, on(60)), (0, off(60)))), NOTELESS),
    "tones that only dogs hear": (midi_file(track((0, on(120)), (9, off(120)))), NOTELESS),
    "a megabyte": (midi_file(NOTE) + bytes(1_000_000), "more than 1,000,000 bytes"),
    "a megabyte of text": (
        midi_file(track((0, b"\xff\x01" + delta(999_970) + bytes(999_970)))),
        "more than 1,000,000 bytes",
    ),
}


@pytest.mark.parametrize(("data", "words"), REFUSED.values(), ids=REFUSED)
def test_what_is_wrong_or_too_much_is_refused_at_once(read, data, words):
    began = time.process_time()
    with pytest.raises(ValueError, match=words) as refusal:
        read(data)
    assert time.process_time() - began < 1
    sentence = str(refusal.value)
    assert sentence.endswith(".")
    assert len(sentence) < 100


def test_music21_sees_nothing_of_what_is_refused(read, monkeypatch):
    monkeypatch.setattr(midi, "read", lambda path: pytest.fail("It was read."))
    for name, (data, words) in REFUSED.items():
        if name != "no length":  # which shows only when it is played
            with pytest.raises(ValueError, match=words):
                read(data)


RICH = midi_file(
    track((0, b"\xff\x03\x05title"), (0, tempo(400_000)), (500, tempo(600_000))),
    track((0, b"\xc0\x00"), (0, on(60)), (10, b"\x40\x50"), (90, PEDAL_DOWN), (0, b"\x43\x00")),
    track((5, b"\xf0\x03\x7e\x7f\xf7"), (0, on(72, channel=2)), (200, off(72, channel=2))),
    track((0, b"\xe0\x00\x40"), (0, b"\xd0\x30"), (0, b"\xa0\x3c\x20"), (300, PEDAL_UP)),
)
PACKED = (RICH, RICH[:8] + b"\0\2" + RICH[10:], riff((b"DISP", b"\1\0\0\0x"), (b"data", RICH)))


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_spoilt_files_are_read_or_are_a_value_error(tmp_path_factory, data):
    spoilt = bytearray(data.draw(st.sampled_from(PACKED)))
    places = st.integers(0, len(spoilt) - 1)
    for place, byte in data.draw(st.lists(st.tuples(places, st.integers(0, 255)), max_size=12)):
        spoilt[place] = byte
    if data.draw(st.booleans()):
        del spoilt[data.draw(places) :]
    path = tmp_path_factory.getbasetemp() / "spoilt.mid"
    path.write_bytes(spoilt)
    piece = read_or_refused(path)
    if piece:
        assert piece.notes[0].onset == 0
        assert piece.seconds <= upload.LONGEST_MINUTES * 60 + 1
        Beginning.cut(piece.notes, 300)


def read_or_refused(path):
    """The piece, or None if there is a sentence instead."""
    sentence = ""
    try:
        return upload.read(path)
    except ValueError as refusal:
        sentence = str(refusal)
    assert sentence.endswith(".")
    assert len(sentence) < 100
    return None


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=300))
def test_any_bytes_after_a_head_are_read_or_are_a_value_error(tmp_path_factory, data):
    path = tmp_path_factory.getbasetemp() / "any.mid"
    path.write_bytes(midi_file(chunk(b"MTrk", data)))
    piece = read_or_refused(path)
    assert piece is None or piece.notes


# As the site runs it


def notes_of(path, **limits):
    """Run `python -m ml notes` within limits of a process: kind of limit -> how much."""

    def limit():
        for name, most in limits.items():
            resource.setrlimit(getattr(resource, name), (most, most))

    return subprocess.run(
        [sys.executable, "-m", "ml", "notes", path],
        cwd=ROOT, capture_output=True, text=True, check=False, preexec_fn=limit,
    )  # fmt: skip


def test_the_command_prints_the_notes_as_json(tmp_path):
    path = tmp_path / "two.mid"
    path.write_bytes(midi_file(track((70, on(60)), (100, off(60))), OTHER))
    answer = notes_of(path)
    assert answer.returncode == 0, answer.stderr
    assert json.loads(answer.stdout) == {
        "duration": 0.12,
        "notes": [[0, 100, 72, 80], [20, 100, 60, 64]],
    }


def test_the_command_says_why_it_refuses(tmp_path):
    path = tmp_path / "text.mid"
    path.write_text("no music")
    answer = notes_of(path)
    assert (answer.returncode, answer.stdout) == (1, "")
    assert answer.stderr == "ml: This is not a MIDI file.\n"


def test_the_largest_file_needs_little_memory(tmp_path):
    path = tmp_path / "large.mid"
    path.write_bytes(midi_file(track(*quick_notes(20_000, 20))))
    answer = notes_of(path, RLIMIT_DATA=300 * 1024**2)
    assert answer.returncode == 0, answer.stderr
    assert len(json.loads(answer.stdout)["notes"]) == 20_000
