"""MIDI file <-> notes, through music21's low-level `midi.MidiFile`.

Not `converter.parse`: it drops the pedal and quantises (1,490 of 3,558 onset times were left of one
recorded performance), and takes thirty times as long.
"""

from dataclasses import dataclass
from pathlib import Path

from music21 import midi
from music21.midi import ChannelVoiceMessages, MetaEvents

from ml.notes import HIGHEST_PITCH, LOWEST_PITCH, Note, Piece

SUSTAIN_PEDAL = 64  # controller number
PEDAL_DOWN = 64  # controller value from which dampers are up
PERCUSSION_CHANNEL = 10
DEFAULT_TEMPO = 500_000  # microseconds per quarter note, by the MIDI standard
TICKS_PER_QUARTER = 500  # of the files we write: with the default tempo a tick is 1 ms
LONGEST_TITLE = 120  # bytes of the track name
LONGEST_DELTA = 0x0FFFFFFF  # ticks between two events, by the MIDI standard
FRAMES_PER_SECOND = {24: 24, 25: 25, 29: 30_000 / 1001, 30: 30}  # as a file names them: what it is
HEADER_BYTES, CHUNK_BYTES = 14, 8  # of the file's head, and of each track's


@dataclass(frozen=True, slots=True)
class _Event:
    seconds: float
    message: midi.MidiEvent


def read(path: str | Path) -> Piece:
    """Read a MIDI file as one piano, its sustain pedal folded into the notes' ends.

    A note ends when its key is up and the pedal too, or when its key is struck again. Notes outside
    the piano's 88 keys and the percussion channel are left out.

    Raises ValueError if the file is no MIDI file that can be read.
    """
    return _fold(_timed_events(_parse(Path(path).read_bytes())))


def write(piece: Piece, path: str | Path, title: str = "") -> None:
    """Write `piece` as a MIDI file of one track, a tick a millisecond, without pedal.

    The same piece and title give the same bytes.
    """
    file = midi.MidiFile()
    file.format = 0
    file.ticksPerQuarterNote = TICKS_PER_QUARTER
    file.tracks = [_track(piece, title)]
    Path(path).write_bytes(file.writestr())


def _parse(data: bytes) -> midi.MidiFile:
    _check_whole(data)
    division, ticks_per_second = data[12:14], 0
    if division[0] & 0x80:  # music21 takes the ticks of a frame for the frames of a second
        ticks_per_second = FRAMES_PER_SECOND.get(256 - division[0], 0) * division[1]
        division = TICKS_PER_QUARTER.to_bytes(2, "big") if ticks_per_second else bytes(2)
    file = midi.MidiFile()
    try:
        file.readstr(data[:12] + division + data[14:])
    except (midi.MidiException, ValueError, IndexError, TypeError) as error:
        raise ValueError(f"This is not a MIDI file that can be read: {error}") from error
    if not file.ticksPerQuarterNote:
        raise ValueError("This MIDI file does not say how long a tick is.")
    file.ticksPerSecond = ticks_per_second
    return file


def _check_whole(data: bytes) -> None:
    """Raise ValueError unless the file is as long as its tracks: music21 reads what it finds."""
    if len(data) < HEADER_BYTES or not data.startswith(b"MThd"):
        raise ValueError("This is not a MIDI file.")
    end = HEADER_BYTES
    for _ in range(int.from_bytes(data[10:12], "big")):
        end += CHUNK_BYTES + int.from_bytes(data[end + 4 : end + CHUNK_BYTES], "big")
    if end > len(data):
        raise ValueError("This MIDI file is cut off.")


def _timed_events(file: midi.MidiFile) -> list[_Event]:
    """All tracks merged: in some files the pedal has a track of its own."""
    merged = []
    for track in file.tracks:
        tick = 0
        for event in track.events:
            if event.isDeltaTime():
                if event.time > LONGEST_DELTA:
                    raise ValueError("This MIDI file waits longer than its standard allows.")
                tick += event.time
            else:
                merged.append((tick, event))
    merged.sort(key=lambda item: item[0])  # stable: within a tick the file's order stays

    seconds, last_tick, tempo = 0.0, 0, DEFAULT_TEMPO
    timed = []
    for tick, event in merged:
        if file.ticksPerSecond:
            seconds = tick / file.ticksPerSecond
        else:
            seconds += (tick - last_tick) * tempo / 1e6 / file.ticksPerQuarterNote
        last_tick = tick
        if event.type == MetaEvents.SET_TEMPO and len(event.data) == 3:
            tempo = int.from_bytes(event.data, "big") or DEFAULT_TEMPO
        timed.append(_Event(seconds, event))
    return timed


def _fold(events: list[_Event]) -> Piece:
    sounding = {}  # pitch -> (onset, velocity)
    released = set()  # pitches whose key is up while the pedal holds them
    pedals = set()  # channels whose pedal is down; a piano has one, so any of them counts
    notes = []

    def end(pitch, seconds):
        onset, velocity = sounding.pop(pitch)
        released.discard(pitch)
        if seconds > onset:
            notes.append(Note(onset, seconds - onset, pitch, velocity))

    seconds = 0.0
    for event in events:
        seconds, message = event.seconds, event.message
        if message.channel == PERCUSSION_CHANNEL:
            continue
        if message.type == ChannelVoiceMessages.CONTROLLER_CHANGE:
            if message.parameter1 != SUSTAIN_PEDAL:
                continue
            if message.parameter2 >= PEDAL_DOWN:
                pedals.add(message.channel)
            else:
                pedals.discard(message.channel)
                if not pedals:
                    for pitch in sorted(released):
                        end(pitch, seconds)
        elif message.isNoteOn():
            if message.pitch in sounding:
                end(message.pitch, seconds)
            if LOWEST_PITCH <= message.pitch <= HIGHEST_PITCH:
                sounding[message.pitch] = (seconds, min(message.velocity, 127))
        elif message.isNoteOff() and message.pitch in sounding:
            if pedals:
                released.add(message.pitch)
            else:
                end(message.pitch, seconds)
    for pitch in sorted(sounding):  # a file may forget to end its notes
        end(pitch, seconds)
    return Piece(tuple(notes))


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
