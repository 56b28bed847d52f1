import pytest
from hypothesis import given, settings

from ml import encoding, midi
from ml.notes import Note, Piece
from tests.ml.pieces import plain_pieces
from tests.ml.raw import (
    NOTE,
    OTHER,
    PEDAL_DOWN,
    PEDAL_UP,
    chunk,
    midi_file,
    off,
    on,
    tempo,
    track,
)


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


def test_the_sequences_of_format_2_are_played_one_after_the_other(read):
    first = track((0, tempo(1_000_000)), (0, PEDAL_DOWN), (0, on(60)), (100, off(60)), (50, off(9)))
    second = track((0, on(60)), (100, off(60)), (100, b"\xff\x06\x00"))
    data = midi_file(first, second, NOTE, kind=2)
    assert read(data) == [(0, 300, 60, 64), (300, 400, 60, 64), (500, 600, 60, 64)]


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
