import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ml import encoding, midi, smf
from ml.notes import Note, Piece
from tests.ml.pieces import plain_pieces
from tests.ml.raw import (
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

# One file with most of what occurs in files, to be spoilt in all ways.
RICH = midi_file(
    track((0, b"\xff\x03\x05title"), (0, tempo(400_000)), (500, tempo(600_000))),
    track((0, b"\xc0\x00"), (0, on(60)), (10, b"\x40\x50"), (90, PEDAL_DOWN), (0, b"\x43\x00")),
    track((5, b"\xf0\x03\x7e\x7f\xf7"), (0, on(72, channel=2)), (200, off(72, channel=2))),
    track((0, b"\xe0\x00\x40"), (0, b"\xd0\x30"), (0, b"\xa0\x3c\x20"), (300, PEDAL_UP)),
)


@pytest.fixture
def read(tmp_path):
    """Read bytes as a file; its notes as (onset, end, pitch, velocity), ms."""

    def read(data):
        path = tmp_path / "piece.mid"
        path.write_bytes(data)
        notes = midi.read(path).notes
        return [
            (round(note.onset * 1000, 3), round(note.end * 1000, 3), note.pitch, note.velocity)
            for note in notes
        ]

    return read


def test_a_note_lasts_from_its_on_to_its_off(read):
    data = midi_file(track((100, on(60, 50)), (250, off(60))))
    assert read(data) == [(100, 350, 60, 50)]


def test_a_note_on_of_velocity_0_is_a_note_off(read):
    data = midi_file(track((0, on(60)), (250, on(60, 0))))
    assert read(data) == [(0, 250, 60, 64)]


def test_running_status_is_understood(read):
    data = midi_file(track((0, on(60)), (10, b"\x40\x50"), (90, b"\x3c\x00"), (10, b"\x40\x00")))
    assert read(data) == [(0, 100, 60, 64), (10, 110, 64, 80)]


def test_a_key_struck_again_ends_the_note_before(read):
    data = midi_file(track((0, on(60)), (100, on(60, 90)), (100, off(60))))
    assert read(data) == [(0, 100, 60, 64), (100, 200, 60, 90)]


def test_a_note_never_released_ends_with_the_file(read):
    data = midi_file(track((0, on(60)), (100, on(72)), (100, off(72)), (300, b"\xff\x06\x00")))
    assert read(data) == [(0, 500, 60, 64), (100, 200, 72, 64)]


def test_a_note_without_length_is_left_out(read):
    assert read(midi_file(track((0, on(60)), (0, off(60))))) == []


def test_an_off_of_a_silent_key_changes_nothing(read):
    assert read(midi_file(track((0, off(60)), (0, on(62)), (5, off(62))))) == [(0, 5, 62, 64)]


def test_the_percussion_channel_is_left_out(read):
    data = midi_file(track((0, on(60, channel=10)), (0, on(62, channel=9)), (100, off(62, 9))))
    assert read(data) == [(0, 100, 62, 64)]


def test_keys_that_no_piano_has_are_left_out(read):
    data = midi_file(track((0, on(20)), (0, on(109)), (0, on(21)), (9, off(21)), (0, off(20))))
    assert read(data) == [(0, 9, 21, 64)]


def test_the_same_key_on_two_channels_is_one_key(read):
    data = midi_file(track((0, on(60)), (50, on(60, channel=2)), (50, off(60))))
    assert read(data) == [(0, 50, 60, 64), (50, 100, 60, 64)]


def test_the_pedal_holds_a_note_until_it_rises(read):
    data = midi_file(track((0, PEDAL_DOWN), (0, on(60)), (100, off(60)), (400, PEDAL_UP)))
    assert read(data) == [(0, 500, 60, 64)]


def test_the_pedal_does_not_end_a_key_that_is_down(read):
    data = midi_file(track((0, PEDAL_DOWN), (0, on(60)), (100, PEDAL_UP), (100, off(60))))
    assert read(data) == [(0, 200, 60, 64)]


def test_a_key_struck_again_ends_the_note_that_the_pedal_held(read):
    again = track(
        (0, PEDAL_DOWN), (0, on(60)), (100, off(60)), (100, on(60)), (100, PEDAL_UP), (50, off(60))
    )
    assert read(midi_file(again)) == [(0, 200, 60, 64), (200, 350, 60, 64)]


@pytest.mark.parametrize(
    ("value", "end"),
    [pytest.param(63, 100, id="just up"), pytest.param(64, 500, id="just down")],
)
def test_the_pedal_is_down_from_64(read, value, end):
    pedal = bytes([0xB0, 64, value])
    data = midi_file(track((0, pedal), (0, on(60)), (100, off(60)), (400, PEDAL_UP)))
    assert read(data) == [(0, end, 60, 64)]


def test_other_controllers_are_no_pedal(read):
    soft = b"\xb0\x43\x7f"
    data = midi_file(track((0, soft), (0, on(60)), (100, off(60)), (400, b"\xb0\x43\x00")))
    assert read(data) == [(0, 100, 60, 64)]


def test_a_pedal_in_a_track_of_its_own_counts(read):
    pedal = track((0, b"\xb1\x40\x7f"), (500, b"\xb1\x40\x00"))
    assert read(midi_file(pedal, track((0, on(60)), (100, off(60))))) == [(0, 500, 60, 64)]


def test_notes_are_held_until_the_last_of_two_pedals_rises(read):
    pedals = track((0, PEDAL_DOWN), (0, b"\xb1\x40\x7f"), (300, PEDAL_UP), (300, b"\xb1\x40\x00"))
    assert read(midi_file(pedals, track((0, on(60)), (100, off(60))))) == [(0, 600, 60, 64)]


def test_tempo_changes_hold_for_all_tracks_from_their_tick_on(read):
    tempos = track((0, tempo(1_000_000)), (500, tempo(250_000)))
    notes = track((250, on(60)), (500, off(60)))
    assert read(midi_file(tempos, notes)) == [(500, 1125, 60, 64)]


def test_a_tempo_of_0_is_the_default_one(read):
    assert read(midi_file(track((0, tempo(0)), (0, on(60)), (7, off(60))))) == [(0, 7, 60, 64)]


@pytest.mark.parametrize(
    ("frames", "ticks", "milliseconds"),
    [
        pytest.param(25, 40, 1000, id="25 frames of 40 ticks"),
        pytest.param(24, 25, 1666.667, id="24 frames of 25 ticks"),
        pytest.param(30, 100, 333.333, id="30 frames of 100 ticks"),
        pytest.param(29, 80, 417.083, id="29.97 frames of 80 ticks"),
    ],
)
def test_time_may_be_counted_in_frames(read, frames, ticks, milliseconds):
    division = (256 - frames) << 8 | ticks
    notes = track((0, tempo(1)), (0, on(60)), (1000, off(60)))
    assert read(midi_file(notes, division=division)) == [(0, milliseconds, 60, 64)]


def test_one_maximal_delta_is_read_at_once(read, tmp_path):
    [(_, end, _, _)] = read(midi_file(track((0, on(60)), (0x0FFFFFFF, off(60))), division=1))
    assert end == pytest.approx(0x0FFFFFFF * 500)
    assert len(encoding.encode(midi.read(tmp_path / "piece.mid"))) == 2


def test_bytes_after_the_last_track_do_no_harm(read):
    data = midi_file(track((0, on(60)), (100, off(60))))
    assert read(data + b"something else") == read(data)


@pytest.mark.parametrize("behind", [b"", b"\x05"], ids=["nothing", "a pause"])
def test_a_track_may_lack_its_end(read, behind):
    data = chunk(b"MTrk", b"\x00" + on(60) + b"\x09" + off(60) + behind)
    assert read(midi_file(data)) == [(0, 9, 60, 64)]


def test_what_follows_the_end_of_a_track_does_not_count(read):
    ended = track((0, on(60)), (9, off(60)), (0, b"\xff\x2f\x00"), (5, on(72)), (9, off(72)))
    assert read(midi_file(ended)) == [(0, 9, 60, 64)]


def test_a_pause_without_an_end_is_part_of_the_piece(read):
    data = chunk(b"MTrk", b"\x00" + on(60) + b"\x64")
    assert read(midi_file(data)) == [(0, 100, 60, 64)]


# All that the standard allows


NOTE = track((0, on(60)), (100, off(60)))
OTHER = track((50, on(72, 80)), (100, off(72)))
TOGETHER = [(0, 100, 60, 64), (50, 150, 72, 80)]


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


def test_the_sequences_of_format_2_are_played_one_after_the_other(read):
    first = track((0, tempo(1_000_000)), (0, PEDAL_DOWN), (0, on(60)), (100, off(60)), (50, off(9)))
    second = track((0, on(60)), (100, off(60)), (100, b"\xff\x06\x00"))
    data = midi_file(first, second, NOTE, kind=2)
    assert read(data) == [(0, 300, 60, 64), (300, 400, 60, 64), (500, 600, 60, 64)]


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


@pytest.mark.parametrize("mode", [120, 123, 124, 125, 126, 127])
def test_all_notes_off_ends_the_notes_of_its_channel(read, mode):
    quiet = bytes([0xB0, mode, 0])
    data = midi_file(track((0, on(60)), (0, on(64, channel=2)), (100, quiet), (100, off(64))))
    assert read(data) == [(0, 100, 60, 64), (0, 200, 64, 64)]


def test_a_reset_of_the_controllers_lifts_the_pedal(read):
    reset = b"\xb0\x79\x00"
    data = midi_file(track((0, PEDAL_DOWN), (0, on(60)), (100, off(60)), (100, reset), (9, reset)))
    assert read(data) == [(0, 200, 60, 64)]


def test_all_notes_off_leaves_to_the_pedal_what_it_holds(read):
    quiet = b"\xb0\x7b\x00"
    data = midi_file(track((0, PEDAL_DOWN), (0, on(60)), (100, quiet), (100, PEDAL_UP)))
    assert read(data) == [(0, 200, 60, 64)]


# Long and hostile files


def test_music21_never_gets_more_than_a_few_kilobytes_at_once():
    """It copies what is left for every event: one block of 200,000 would take quadratic time."""
    notes = [(10, on(21 + i % 88) if i % 2 else off(21 + (i - 1) % 88)) for i in range(20_000)]
    notes.insert(5, (0, b"\xff\x01" + delta(500_000) + bytes(500_000)))
    sizes = [len(block) for block in smf.blocks(track(*notes)[8:])]
    assert len(sizes) == 79  # 20,002 events of 256 each
    assert max(sizes) < 2048


def test_notes_on_both_sides_of_a_block_are_one_track(read):
    keys = [21 + i % 88 for i in range(1000)]
    events = [event for key in keys for event in ((1, on(key)), (1, bytes([key, 0])))]
    assert read(midi_file(track(*events))) == [
        (2 * i + 1, 2 * i + 2, key, 64) for i, key in enumerate(keys)
    ]


def test_more_events_than_a_day_of_playing_are_refused(read, monkeypatch):
    monkeypatch.setattr(midi, "MOST_EVENTS", 10)
    assert len(read(midi_file(NOTE, NOTE, NOTE, kind=2))) == 3
    for kind in (1, 2):
        with pytest.raises(ValueError, match="more than 10 events"):
            read(midi_file(NOTE, NOTE, NOTE, NOTE, kind=kind))


def test_a_file_of_many_bytes_is_refused_unread(read, monkeypatch):
    monkeypatch.setattr(midi, "MOST_BYTES", 50)
    with pytest.raises(ValueError, match="more than 50 bytes"):
        read(midi_file(NOTE, OTHER))


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


@settings(max_examples=40, deadline=None)
@given(plain_pieces(1000))
def test_what_is_written_is_read(tmp_path_factory, piece):
    path = tmp_path_factory.getbasetemp() / "written.mid"
    midi.write(piece, path)
    again = midi.read(path)
    assert [(n.pitch, n.velocity) for n in again.notes] == [
        (n.pitch, n.velocity) for n in piece.notes
    ]
    for was, now in zip(piece.notes, again.notes, strict=True):
        assert now.onset == pytest.approx(was.onset, abs=1e-6)
        assert now.end == pytest.approx(was.end, abs=1e-6)


def test_a_file_is_the_same_to_the_byte(tmp_path):
    midi.write(Piece((Note(0.5, 0.25, 60, 70),)), tmp_path / "a.mid", "Étude")
    name = b"\xff\x03\x06" + "Étude".encode()
    assert (tmp_path / "a.mid").read_bytes() == (
        b"MThd\x00\x00\x00\x06\x00\x00\x00\x01\x01\xf4"
        + track((0, name), (0, tempo(500_000)), (500, on(60, 70)), (250, off(60)))
    )


def test_a_written_note_lasts_at_least_a_millisecond(tmp_path):
    midi.write(Piece((Note(0, 0.0001, 60, 70),)), tmp_path / "short.mid")
    assert midi.read(tmp_path / "short.mid").seconds == pytest.approx(0.001)


@pytest.mark.parametrize(
    "title",
    [pytest.param("x" * 10_000, id="long"), pytest.param("é" * 10_000, id="two bytes a letter")],
)
def test_a_long_title_is_cut_between_letters(tmp_path, title):
    midi.write(Piece(()), tmp_path / "a.mid", title)
    data = (tmp_path / "a.mid").read_bytes()
    start = data.index(b"\xff\x03") + 3
    name = data[start : start + data[start - 1]].decode()
    assert len(name.encode()) == 120
    assert title.startswith(name)


def test_a_piece_without_notes_is_a_file_without_notes(tmp_path):
    midi.write(Piece(()), tmp_path / "a.mid")
    assert midi.read(tmp_path / "a.mid").notes == ()


def test_the_test_writes_numbers_as_the_standard_shows_them():
    shown = {0: "00", 0x7F: "7f", 0x80: "8100", 0x3FFF: "ff7f", 0x0FFFFFFF: "ffffff7f"}
    assert {number: delta(number).hex() for number in shown} == shown
