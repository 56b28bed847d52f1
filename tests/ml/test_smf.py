"""Files of all kinds as bytes, read to the end: what the standard allows, and what it does not."""

import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ml import encoding, midi, smf
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

TOGETHER = [(0, 100, 60, 64), (50, 150, 72, 80)]

# One file with most of what occurs in files, to be spoilt in all ways.
RICH = midi_file(
    track((0, b"\xff\x03\x05title"), (0, tempo(400_000)), (500, tempo(600_000))),
    track((0, b"\xc0\x00"), (0, on(60)), (10, b"\x40\x50"), (90, PEDAL_DOWN), (0, b"\x43\x00")),
    track((5, b"\xf0\x03\x7e\x7f\xf7"), (0, on(72, channel=2)), (200, off(72, channel=2))),
    track((0, b"\xe0\x00\x40"), (0, b"\xd0\x30"), (0, b"\xa0\x3c\x20"), (300, PEDAL_UP)),
)


# All that the standard allows


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(midi_file(NOTE, OTHER), id="format 1"),
        pytest.param(midi_file(NOTE, OTHER, kind=0), id="format 0 of two tracks"),
        pytest.param(midi_file(NOTE, OTHER, more_head=b"new!"), id="a longer head"),
        pytest.param(midi_file(NOTE, OTHER, claimed=1), id="one track claimed"),
        pytest.param(midi_file(NOTE, OTHER, claimed=0), id="no track claimed"),
        pytest.param(midi_file(NOTE, OTHER, claimed=9), id="nine tracks claimed"),
        pytest.param(
            midi_file(chunk(b"Info", b"x" * 33), NOTE, chunk(b"XFIH", b""), OTHER, claimed=2),
            id="foreign chunks before and between",
        ),
        pytest.param(midi_file(NOTE, OTHER) + chunk(b"XFKM", b"abc"), id="a foreign chunk behind"),
        pytest.param(midi_file(NOTE, OTHER) + bytes(100), id="filled up with zeros"),
        pytest.param(midi_file(NOTE, OTHER) + b"\x1a" * 47, id="filled up with ends of file"),
        pytest.param(midi_file(NOTE, track(), OTHER), id="a track without events"),
        pytest.param(midi_file(NOTE, chunk(b"MTrk", b""), OTHER), id="a track without bytes"),
        pytest.param(riff((b"data", midi_file(NOTE, OTHER))), id="RMID"),
        pytest.param(
            riff(
                (b"DISP", b"\x01\0\0\0odd"),
                (b"data", midi_file(NOTE, OTHER)),
                (b"LIST", b"INFOICOP\x02\0\0\0me"),
            ),
            id="RMID with other chunks",
        ),
        pytest.param(riff((b"data", midi_file(NOTE, OTHER)))[:-1] + b"\0", id="RMID, as it ends"),
    ],
)
def test_a_file_may_be_packed_as_the_standard_allows(read, data):
    assert read(data) == TOGETHER


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("Für Elise".encode("latin-1"), id="latin-1"),
        pytest.param("月光".encode("shift-jis"), id="shift-jis"),
        pytest.param("月光".encode("utf-16"), id="utf-16"),
        pytest.param(b"\xff\xfe\x00\x80", id="no text at all"),
        pytest.param(b"x" * 100_000, id="long"),
        pytest.param(b"", id="empty"),
    ],
)
@pytest.mark.parametrize("kind", [0x01, 0x02, 0x03, 0x04, 0x05, 0x07, 0x09, 0x0F])
def test_texts_may_be_anything(read, kind, text):
    event = bytes([0xFF, kind]) + delta(len(text)) + text
    assert read(midi_file(track((0, event), (0, on(60)), (100, event), (0, off(60))))) == [
        (0, 100, 60, 64)
    ]


@pytest.mark.parametrize(
    "event",
    [
        pytest.param(b"\xff\x00\x02\x00\x07", id="sequence number"),
        pytest.param(b"\xff\x00\x00", id="sequence number left to the place"),
        pytest.param(b"\xff\x20\x01\x05", id="channel prefix"),
        pytest.param(b"\xff\x21\x01\x01", id="port"),
        pytest.param(b"\xff\x54\x05\x60\x00\x00\x00\x00", id="SMPTE offset"),
        pytest.param(b"\xff\x58\x04\x03\x02\x18\x08", id="time signature"),
        pytest.param(b"\xff\x59\x02\xfc\x01", id="key signature"),
        pytest.param(b"\xff\x7f\x03\x00\x00\x41", id="a maker's own"),
        pytest.param(b"\xff\x4b\x01\x00", id="one that nobody knows"),
        pytest.param(b"\xff\x51\x04\x00\x00\x00\x01", id="a tempo of four bytes"),
        pytest.param(b"\xf0\x05\x7e\x7f\x09\x01\xf7", id="a whole system message"),
        pytest.param(
            b"\xf0\x03\x43\x12\x00\x00\xf7\x02\x43\xf7", id="a system message in two parts"
        ),
        pytest.param(b"\xf7\x01\xf8", id="an escaped clock"),
        pytest.param(b"\xf0\x00", id="an empty system message"),
        pytest.param(b"\xf8", id="a clock of the cable"),
        pytest.param(b"\xf2\x00\x10", id="a song position of the cable"),
        pytest.param(b"\xc5\x10", id="program"),
        pytest.param(b"\xd0\xff", id="pressure beyond the standard"),
        pytest.param(b"\xa0\x3c\x7f", id="pressure of a key"),
        pytest.param(b"\xe0\x00\x7f", id="pitch bend"),
        pytest.param(b"\xb0\x7a\x7f", id="local control"),
        pytest.param(b"\xb0\x40\x00", id="a pedal already up"),
        pytest.param(b"\xb1\x7b\x00", id="notes off on another channel"),
    ],
)
def test_events_that_are_no_notes_change_nothing(read, event):
    notes = track((0, event), (0, on(60)), (50, event), (50, off(60)), (0, event))
    assert read(midi_file(notes)) == [(0, 100, 60, 64)]


@pytest.mark.parametrize(
    "event",
    [
        pytest.param(b"\xff\x06\x03abc", id="text"),
        pytest.param(b"\xf0\x02\x43\xf7", id="system message"),
        pytest.param(b"\xf8", id="clock"),
    ],
)
def test_a_status_runs_on_over_what_has_no_channel(read, event):
    data = midi_file(track((0, on(60)), (50, event), (50, b"\x3c\x00"), (0, b"\x40\x40")))
    assert read(data)[0] == (0, 100, 60, 64)


# Long and hostile files


def test_music21_never_gets_more_than_a_few_kilobytes_at_once():
    """It copies what is left for every event: one block of 200,000 would take quadratic time."""
    notes = [(10, on(21 + i % 88) if i % 2 else off(21 + (i - 1) % 88)) for i in range(20_000)]
    notes.insert(5, (0, b"\xff\x01" + delta(500_000) + bytes(500_000)))
    sizes = [len(block) for block in smf.blocks(track(*notes)[8:])]
    assert len(sizes) == 79  # 20,002 events of 256 each
    assert max(sizes) < 2048


def test_more_tracks_than_a_head_can_claim_are_refused(read, monkeypatch):
    monkeypatch.setattr(smf, "MOST_TRACKS", 2)
    with pytest.raises(ValueError, match="more tracks"):
        read(midi_file(NOTE, NOTE, NOTE))


GOOD = midi_file(NOTE)


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b"MThd", id="four letters"),
        pytest.param("Für Elise\n".encode() * 20, id="text"),
        pytest.param(GOOD[14:], id="no header"),
        pytest.param(GOOD[:14], id="no track"),
        pytest.param(GOOD[:-1], id="last byte missing"),
        pytest.param(GOOD[:25], id="cut off in a note"),
        pytest.param(GOOD[:4] + b"\x00\x00\x00\x07" + GOOD[8:], id="another header"),
        pytest.param(GOOD[:8] + b"\x00\x03" + GOOD[10:], id="format 3"),
        pytest.param(midi_file(NOTE, OTHER)[:-30], id="cut off in the last track"),
        pytest.param(midi_file(NOTE, OTHER)[:-31] + b"MTr", id="cut off in a chunk's name"),
        pytest.param(GOOD + NOTE[:-5], id="an unclaimed track cut off"),
        pytest.param(riff((b"data", GOOD))[:-4], id="RMID cut off"),
        pytest.param(riff((b"DISP", b"data")), id="RMID without MIDI"),
        pytest.param(riff((b"data", b"RIFF" + GOOD)), id="RMID of something else"),
        pytest.param(riff((b"data", GOOD), kind=b"WAVE"), id="another RIFF file"),
        pytest.param(b"RIFF\0\0\0\0RMID" + b"data" + b"\xff" * 4, id="RMID that only claims"),
        pytest.param(midi_file(chunk(b"MTrk", b"\x00\x90\x3c")), id="half a note"),
        pytest.param(midi_file(chunk(b"MTrk", b"\x00\x90")), id="a status alone"),
        pytest.param(midi_file(chunk(b"MTrk", b"\x00\xff")), id="the mark of a meta event alone"),
        pytest.param(midi_file(chunk(b"MTrk", b"\x00\xff\x01\x05abc")), id="half a text"),
        pytest.param(midi_file(chunk(b"MTrk", b"\x00\xf0\x7f\x43")), id="half a system message"),
        pytest.param(midi_file(chunk(b"MTrk", b"\x81\x82")), id="half a pause"),
        pytest.param(midi_file(track((0, b"\x3c\x40"))), id="data without a status"),
        pytest.param(midi_file(track((0, b"\xf4"))), id="a status that nobody knows"),
        pytest.param(GOOD[:12] + b"\x00\x00" + GOOD[14:], id="division 0"),
        pytest.param(GOOD[:12] + b"\xe7\x00" + GOOD[14:], id="frames of 0 ticks"),
        pytest.param(GOOD[:12] + b"\x80\x28" + GOOD[14:], id="128 frames a second"),
        pytest.param(GOOD.replace(b"MTrk", b"XTrk"), id="another chunk"),
        pytest.param(midi_file(track((1 << 40, on(60)))), id="a delta beyond the standard"),
        pytest.param(midi_file(track((1 << 5000, on(60)))), id="a delta beyond all floats"),
        pytest.param(midi_file(track((0, b"\xf0" + b"\xff" * 1200))), id="a length without end"),
        pytest.param(b"MThd" + struct.pack(">IHHH", 0xFFFFFFFF, 1, 1, 500), id="a head of 4 GB"),
        pytest.param(b"MThd" + struct.pack(">IHHH", 5, 1, 1, 500) + NOTE, id="a head too short"),
    ],
)
def test_what_is_no_midi_file_is_a_value_error(read, data):
    with pytest.raises(ValueError, match="MIDI file") as refusal:
        read(data)
    sentence = str(refusal.value)
    assert sentence.endswith(".")
    assert len(sentence) < 100


@settings(max_examples=120, deadline=None)
@given(st.data())
def test_spoilt_files_are_read_or_are_a_value_error(tmp_path_factory, data):
    spoilt = bytearray(RICH)
    places = st.integers(0, len(RICH) - 1)
    for place, byte in data.draw(st.lists(st.tuples(places, st.integers(0, 255)), max_size=12)):
        spoilt[place] = byte
    if data.draw(st.booleans()):
        del spoilt[data.draw(places) :]
    path = tmp_path_factory.getbasetemp() / "spoilt.mid"
    path.write_bytes(spoilt)
    try:
        piece = midi.read(path)
    except ValueError:
        return
    encoding.encode(piece)


def test_the_test_writes_numbers_as_the_standard_shows_them():
    shown = {0: "00", 0x7F: "7f", 0x80: "8100", 0x3FFF: "ff7f", 0x0FFFFFFF: "ffffff7f"}
    assert {number: delta(number).hex() for number in shown} == shown
