"""MIDI files as bytes: containers, chunks, and the events of a track in blocks.

music21 refuses format 2, long heads and foreign chunks, believes the number of tracks that the head
claims, and copies the rest of a track for every event of it: 200,000 events took 8 s. Here any file
that keeps to the standard (Standard MIDI Files 1.0, RP-001) is cut so that music21 reads it all, in
linear time.
"""

from collections.abc import Iterator
from dataclasses import dataclass

CHUNK_BYTES = 8  # of a chunk's name and length
HEAD_BYTES = 6  # of the head's fields; a longer head has more behind them
MOST_TRACKS = 65_535  # that a head can claim
LONGEST_NUMBER = 4  # bytes, by the standard
FRAMES_PER_SECOND = {24: 24, 25: 25, 29: 30_000 / 1001, 30: 30}  # as a file names them: what it is
BLOCK = 256  # events

SYSEX, ESCAPE, META = 0xF0, 0xF7, 0xFF
END_OF_TRACK, SET_TEMPO = 0x2F, 0x51  # kinds of meta events
CHANNEL_DATA = {0x8: 2, 0x9: 2, 0xA: 2, 0xB: 2, 0xC: 1, 0xD: 1, 0xE: 2}  # bytes after a status
TELLING = {0x8, 0x9, 0xB}  # keys and pedals; the others bend and colour tones
# Messages for cables, not for files. Some recorders kept them all the same.
CABLE_DATA = {0xF1: 1, 0xF2: 2, 0xF3: 1, 0xF6: 0} | dict.fromkeys(range(0xF8, 0xFF), 0)
NOTHING = bytes([ESCAPE, 0])  # an empty message, in the place of one that tells us nothing
ENDING = bytes([META, END_OF_TRACK, 0])

CUT_OFF = "This MIDI file is cut off."


@dataclass(frozen=True, slots=True)
class Contents:
    """The tracks of a file, without their heads, and how long a tick is."""

    tracks: tuple[bytes, ...]
    are_sequences: bool  # format 2: they are played one after the other, not together
    ticks_per_quarter: int  # 0 where time is counted in frames of a film
    ticks_per_second: float  # 0 where the tempo tells


def parse(data: bytes) -> Contents:
    """Cut a MIDI file, or a RIFF file around one, into its tracks.

    Raises ValueError with a sentence if it is none, or not whole.
    """
    data = _unwrapped(data)
    if not data.startswith(b"MThd") or len(data) < CHUNK_BYTES + HEAD_BYTES:
        raise ValueError("This is not a MIDI file.")
    length = int.from_bytes(data[4:CHUNK_BYTES], "big")
    head = data[CHUNK_BYTES : CHUNK_BYTES + HEAD_BYTES]
    kind, claimed = int.from_bytes(head[:2], "big"), int.from_bytes(head[2:4], "big")
    if length < HEAD_BYTES or kind > 2:
        raise ValueError("The head of this MIDI file is none that the standard knows.")
    ticks_per_quarter, ticks_per_second = _division(head[4:])
    tracks = tuple(_tracks(data, CHUNK_BYTES + length, claimed))
    if not tracks:
        raise ValueError("This MIDI file has no track.")
    return Contents(tracks, kind == 2, ticks_per_quarter, ticks_per_second)


def blocks(track: bytes) -> Iterator[bytes]:
    """The events of a track, as `messages` gives them, `BLOCK` at a time."""
    block = []
    for _, pause, message in messages(track):
        block.append(pause + message)
        if len(block) == BLOCK and message != ENDING:
            yield b"".join(block)
            block = []
    yield b"".join(block)


def messages(track: bytes) -> Iterator[tuple[int, bytes, bytes]]:
    """Each event of a track up to its end: ticks since the one before, these as bytes, a message.

    Every message has its status, and the last one ends the track, whether the file wrote them or
    not. What tells nothing of keys, pedals and tempo is an empty message. Raises ValueError if
    there is something that is no event, or half of one.
    """
    place, running = 0, None
    while place < len(track):
        start, (ticks, place) = place, _number(track, place)
        pause = track[start:place]
        message, place, running = _message(track, place, running)
        yield ticks, pause, message
        if message == ENDING:
            return
    yield 0, b"\0", ENDING


def _unwrapped(data: bytes) -> bytes:
    """The MIDI file in a RIFF file; other data as they are."""
    if data[:4] != b"RIFF" or data[8:12] != b"RMID":
        return data
    place = 12
    while place + CHUNK_BYTES <= len(data):
        start = place + CHUNK_BYTES
        length = int.from_bytes(data[place + 4 : start], "little")
        if data[place : place + 4] == b"data":
            return data[start : start + length]
        place = start + length + length % 2
    raise ValueError("There is no MIDI file in this RIFF file.")


def _tracks(data: bytes, place: int, claimed: int) -> Iterator[bytes]:
    """The bytes of each track from `place` on; other chunks are passed over.

    What comes after the tracks that the head claims need not be a chunk.
    """
    found = 0
    while place < len(data):
        start = place + CHUNK_BYTES
        name, length = data[place : place + 4], int.from_bytes(data[place + 4 : start], "big")
        if start + length > len(data):
            if found >= claimed and name != b"MTrk":
                return
            raise ValueError(CUT_OFF)
        place = start + length
        if name == b"MTrk":
            found += 1
            if found > MOST_TRACKS:
                raise ValueError("This MIDI file has more tracks than its standard allows.")
            yield data[start:place]


def _division(data: bytes) -> tuple[int, float]:
    """Ticks a quarter note or ticks a second, the other one 0, of the head's last two bytes."""
    quarter, second = int.from_bytes(data, "big"), 0.0
    if quarter & 0x8000:
        quarter, second = 0, FRAMES_PER_SECOND.get(256 - data[0], 0) * data[1]
    if not (quarter or second):
        raise ValueError("This MIDI file does not say how long a tick is.")
    return quarter, second


def _message(track: bytes, place: int, running: int | None) -> tuple[bytes, int, int | None]:
    """The message at `place`, the place after it, and the status that goes on running."""
    if place == len(track):  # a pause with nothing after it
        return ENDING, place, running
    status = track[place]
    if status >= 0x80:
        place += 1
    elif running is None:
        raise ValueError("This MIDI file is spoilt: a message lacks its beginning.")
    else:
        status = running

    message = NOTHING
    if status < SYSEX:
        end, running = place + CHANNEL_DATA[status >> 4], status
        if status >> 4 in TELLING:
            message = bytes([status]) + track[place:end]
    elif status in CABLE_DATA:
        end = place + CABLE_DATA[status]
    elif status in (SYSEX, ESCAPE, META):
        kind = None
        if status == META:
            kind, place = track[place : place + 1], place + 1
        length, start = _number(track, place)
        end = start + length
        if kind == bytes([END_OF_TRACK]):
            message = ENDING
        elif kind == bytes([SET_TEMPO]) and length == 3:
            message = bytes([META, SET_TEMPO, 3]) + track[start:end]
    else:
        raise ValueError(f"This MIDI file is spoilt: {status:#x} begins no message.")
    if end > len(track):
        raise ValueError(CUT_OFF)
    return message, end, running


def _number(track: bytes, place: int) -> tuple[int, int]:
    """The number written in seven bits a byte at `place`, and the place after it."""
    value = 0
    for byte in track[place : place + LONGEST_NUMBER]:
        value, place = value << 7 | byte & 0x7F, place + 1
        if byte < 0x80:
            return value, place
    if place == len(track):
        raise ValueError(CUT_OFF)
    raise ValueError("This MIDI file has a number longer than its standard allows.")
