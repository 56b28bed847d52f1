"""MIDI file <-> notes, through music21's low-level `midi.MidiTrack` and `midi.MidiFile`.

Not `converter.parse`: it drops the pedal and quantises (1,490 of 3,558 onset times were left of one
recorded performance), and takes thirty times as long.
"""

from collections.abc import Iterable, Iterator
from operator import itemgetter
from pathlib import Path

from music21 import midi
from music21.midi import ChannelModeMessages, ChannelVoiceMessages, MetaEvents

from ml import smf
from ml.notes import HIGHEST_PITCH, LOWEST_PITCH, Note, Piece

SUSTAIN_PEDAL = 64  # controller number
PEDAL_DOWN = 64  # controller value from which dampers are up
PERCUSSION_CHANNEL = 10
DEFAULT_TEMPO = 500_000  # microseconds per quarter note, by the MIDI standard
TICKS_PER_QUARTER = 500  # of the files we write: with the default tempo a tick is 1 ms
LONGEST_TITLE = 120  # bytes of the track name
MOST_BYTES = 128 * 1024 * 1024  # of a file; one that brings its own sounds may be large
MOST_EVENTS = 2_000_000  # of a file: over 24 hours of playing

PEDALS_UP = {ChannelModeMessages.RESET_ALL_CONTROLLERS}
# By the MIDI standard, a change of mode ends the channel's notes too.
ALL_OFF = {
    ChannelModeMessages.ALL_SOUND_OFF,
    ChannelModeMessages.ALL_NOTES_OFF,
    ChannelModeMessages.OMNI_MODE_OFF,
    ChannelModeMessages.OMNI_MODE_ON,
    ChannelModeMessages.MONO_MODE_ON,
    ChannelModeMessages.POLY_MODE_ON,
}

# (tick or second, type, channel, first parameter, second parameter): a MidiEvent takes ten times
# the memory.
Event = tuple[float, object, int, int | bytes, int | None]


def read(path: str | Path) -> Piece:
    """Read a MIDI file of any format as one piano, the sustain pedal folded into the notes' ends.

    A note ends when its key is up and the pedal too, or when its key is struck again. Notes outside
    the piano's 88 keys and the percussion channel are left out. The sequences of a format-2 file
    are played one after the other.

    Raises ValueError with one sentence if the file is no MIDI file, cut off or beyond bounds.
    """
    path = Path(path)
    if path.stat().st_size > MOST_BYTES:
        raise ValueError(f"This file has more than {MOST_BYTES:,} bytes.")
    file = smf.parse(path.read_bytes())
    together = [[track] for track in file.tracks] if file.are_sequences else [file.tracks]
    notes, start, room = [], 0.0, MOST_EVENTS
    for tracks in together:
        events = _merged(tracks, room)
        room -= len(events)
        folded, seconds = _fold(_in_seconds(events, file))
        notes += [Note(start + onset, end - onset, *rest) for onset, end, *rest in folded]
        start += seconds
    return Piece(tuple(notes))


def write(piece: Piece, path: str | Path, title: str = "") -> None:
    """Write `piece` as a MIDI file of one track, a tick a millisecond, without pedal.

    The same piece and title give the same bytes.
    """
    file = midi.MidiFile()
    file.format = 0
    file.ticksPerQuarterNote = TICKS_PER_QUARTER
    file.tracks = [_track(piece, title)]
    Path(path).write_bytes(file.writestr())


def _merged(tracks: Iterable[bytes], room: int) -> list[Event]:
    """Events of all tracks by ticks: in some files the pedal has a track of its own."""
    merged = []
    for track in tracks:
        for event in _events(track):
            merged.append(event)
            if len(merged) > room:
                raise ValueError(f"This MIDI file has more than {MOST_EVENTS:,} events.")
    merged.sort(key=itemgetter(0))  # stable: within a tick the file's order stays
    return merged


def _events(track: bytes) -> Iterator[Event]:
    tick = 0
    for block in smf.blocks(track):
        parsed = midi.MidiTrack()
        parsed.processDataToEvents(block)
        for delta, event in zip(parsed.events[::2], parsed.events[1::2], strict=True):
            tick += delta.time
            yield tick, event.type, event.channel, event.parameter1, event.parameter2


def _in_seconds(events: list[Event], file: smf.Contents) -> Iterator[Event]:
    seconds, last_tick, tempo = 0.0, 0, DEFAULT_TEMPO
    for tick, kind, *rest in events:
        if file.ticks_per_second:
            seconds = tick / file.ticks_per_second
        else:
            seconds += (tick - last_tick) * tempo / 1e6 / file.ticks_per_quarter
        last_tick = tick
        if kind == MetaEvents.SET_TEMPO:
            tempo = int.from_bytes(rest[1], "big") or DEFAULT_TEMPO
        yield seconds, kind, *rest


def _fold(events: Iterator[Event]) -> tuple[list[tuple], float]:
    """Notes as (onset, end, pitch, velocity), and when the events end, in seconds."""
    sounding = {}  # pitch -> (onset, velocity, channel)
    released = set()  # pitches whose key is up while the pedal holds them
    pedals = set()  # channels whose pedal is down; a piano has one, so any of them counts
    notes = []

    def end(pitch):
        onset, velocity, _ = sounding.pop(pitch)
        released.discard(pitch)
        if seconds > onset:
            notes.append((onset, seconds, pitch, velocity))

    def release(pitch):
        if pedals:
            released.add(pitch)
        else:
            end(pitch)

    def lift(channel):
        pedals.discard(channel)
        if not pedals:
            for pitch in sorted(released):
                end(pitch)

    seconds = 0.0
    for seconds, kind, channel, first, second in events:
        if channel == PERCUSSION_CHANNEL:
            continue
        if kind == ChannelVoiceMessages.NOTE_ON and second:
            if first in sounding:
                end(first)
            if LOWEST_PITCH <= first <= HIGHEST_PITCH:
                sounding[first] = (seconds, min(second, 127), channel)
        elif kind in (ChannelVoiceMessages.NOTE_ON, ChannelVoiceMessages.NOTE_OFF):
            if first in sounding:
                release(first)
        elif kind == ChannelVoiceMessages.CONTROLLER_CHANGE and first == SUSTAIN_PEDAL:
            if second >= PEDAL_DOWN:
                pedals.add(channel)
            else:
                lift(channel)
        elif kind in PEDALS_UP:
            lift(channel)
        elif kind in ALL_OFF:
            for pitch in [p for p, (_, _, struck_on) in sounding.items() if struck_on == channel]:
                release(pitch)
    for pitch in sorted(sounding):  # a file may forget to end its notes
        end(pitch)
    return notes, seconds


def _track(piece: Piece, title: str) -> midi.MidiTrack:
    messages = []  # (tick, 0 for an end or 1 for an onset, pitch, velocity)
    for note in piece.notes:
        onset = round(note.onset * 1000)
        messages.append((onset, 1, note.pitch, note.velocity))
        messages.append((max(round(note.end * 1000), onset + 1), 0, note.pitch, 0))
    messages.sort()

    track = midi.MidiTrack(0)
    _append(track, 0, _meta(track, MetaEvents.SEQUENCE_TRACK_NAME, _name(title)))
    _append(track, 0, _meta(track, MetaEvents.SET_TEMPO, DEFAULT_TEMPO.to_bytes(3, "big")))
    last = 0
    for tick, is_onset, pitch, velocity in messages:
        event = midi.MidiEvent(track, channel=1)
        event.type = ChannelVoiceMessages.NOTE_ON if is_onset else ChannelVoiceMessages.NOTE_OFF
        event.pitch = pitch
        event.velocity = velocity
        _append(track, tick - last, event)
        last = tick
    _append(track, 0, _meta(track, MetaEvents.END_OF_TRACK, b""))
    return track


def _append(track: midi.MidiTrack, ticks: int, event: midi.MidiEvent) -> None:
    track.events.append(midi.DeltaTime(track, time=ticks))
    track.events.append(event)


def _meta(track: midi.MidiTrack, kind: MetaEvents, data: bytes) -> midi.MidiEvent:
    event = midi.MidiEvent(track)
    event.type = kind
    event.data = data
    return event


def _name(title: str) -> bytes:
    return title.encode("utf-8")[:LONGEST_TITLE].decode("utf-8", "ignore").encode("utf-8")
