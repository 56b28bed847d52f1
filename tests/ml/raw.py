"""MIDI files byte by byte, as programs of all kinds write them."""

END_OF_TRACK = b"\xff\x2f\x00"
PEDAL_DOWN, PEDAL_UP = b"\xb0\x40\x7f", b"\xb0\x40\x00"


def on(pitch, velocity=64, channel=1):
    return bytes([0x8F + channel, pitch, velocity])


def off(pitch, channel=1):
    return bytes([0x7F + channel, pitch, 0])


def tempo(microseconds):
    return b"\xff\x51\x03" + microseconds.to_bytes(3, "big")


def delta(ticks):
    """A number as MIDI writes it, seven bits a byte."""
    digits = [ticks & 0x7F]
    while ticks := ticks >> 7:
        digits.append(ticks & 0x7F | 0x80)
    return bytes(reversed(digits))


def track(*events, end=END_OF_TRACK):
    """A track of (ticks since the event before, bytes)."""
    data = b"".join(delta(ticks) + event for ticks, event in events) + (
        b"\x00" + end if end else b""
    )
    return chunk(b"MTrk", data)


def midi_file(*tracks, division=500, kind=1, claimed=None, more_head=b""):
    """A file of these tracks; with the default tempo and division, a tick is a millisecond."""
    claimed = len(tracks) if claimed is None else claimed
    fields = [kind.to_bytes(2, "big"), claimed.to_bytes(2, "big"), division.to_bytes(2, "big")]
    return chunk(b"MThd", b"".join(fields) + more_head) + b"".join(tracks)


def chunk(name, data):
    return name + len(data).to_bytes(4, "big") + data


def riff(*chunks, kind=b"RMID"):
    """A RIFF file of (name, bytes), each filled up to an even length."""
    data = kind
    for name, content in chunks:
        data += name + len(content).to_bytes(4, "little") + content + bytes(len(content) % 2)
    return b"RIFF" + len(data).to_bytes(4, "little") + data


NOTE = track((0, on(60)), (100, off(60)))
OTHER = track((50, on(72, 80)), (100, off(72)))
