"""Draw an SVG of the site's own as PNG: `python -m gallery.png 1400 < a.svg > a.png`.

A program of its own because resvg never lets go of Python's lock: a web process that drew would
stand still for half a second (measured: 0.54 s of processor for a cover, 2 busy cores).
"""

import os
import struct
import sys
import zlib

import resvg_py

MODEST = 5  # niceness: pages go first
SIGNATURE = b"\x89PNG\r\n\x1a\n"
HEADER = ">IIBBBBB"  # width, height, bits, colour type, compression, filter, interlace
RGB, RGBA = 2, 6


def draw(svg, side):
    """PNG, `side` pixels wide and high, without transparency: podcast readers refuse it."""
    return without_alpha(
        resvg_py.svg_to_bytes(svg_string=svg, width=side, height=side, skip_system_fonts=True)
    )


def without_alpha(png):
    """The same picture in three channels of eight bits instead of four.

    Rows need no decoding for it: their filters treat every channel by itself (PNG, section 9.2).
    """
    header = pixels = b""
    for kind, content in chunks(png):
        if kind == b"IHDR":
            header = content
        elif kind == b"IDAT":
            pixels += content
    width, height, bits, colours, *rest = struct.unpack(HEADER, header)
    if (bits, colours) != (8, RGBA):
        raise ValueError("This is no PNG of four channels of eight bits.")
    rows = memoryview(zlib.decompress(pixels))
    length = 1 + 4 * width  # a byte for the filter, then the channels by turns
    packed = zlib.compressobj()
    parts = []
    for start in range(0, height * length, length):
        row = rows[start : start + length]
        opaque = bytearray(1 + 3 * width)
        opaque[0] = row[0]
        for channel in (1, 2, 3):
            opaque[channel::3] = row[channel::4]
        parts.append(packed.compress(opaque))
    parts.append(packed.flush())
    return (
        SIGNATURE
        + chunk(b"IHDR", struct.pack(HEADER, width, height, bits, RGB, *rest))
        + chunk(b"IDAT", b"".join(parts))
        + chunk(b"IEND", b"")
    )


def chunks(png):
    """Kind and content of every chunk."""
    start = len(SIGNATURE)
    while start < len(png):
        (length,) = struct.unpack_from(">I", png, start)
        yield png[start + 4 : start + 8], png[start + 8 : start + 8 + length]
        start += 12 + length


def chunk(kind, content):
    checked = kind + content
    return struct.pack(">I", len(content)) + checked + struct.pack(">I", zlib.crc32(checked))


if __name__ == "__main__":
    os.nice(MODEST)
    sys.stdout.buffer.write(draw(sys.stdin.read(), int(sys.argv[1])))
