"""The title in the tags of an MP3: ID3 2.3, as render.py has them written.

Source: id3.org, "ID3 tag version 2.3.0".
"""

import shutil
import struct
from typing import BinaryIO

TAG = struct.Struct(">3sBBB4s")  # "ID3", version, revision, flags, size
FRAME = struct.Struct(">4sIH")  # name, size, flags
TITLE = b"TIT2"
UTF_16 = b"\x01"


def retitle(source: BinaryIO, target: BinaryIO, title: str) -> None:
    """Copy an MP3 from one open file to another, with this title in its tags.

    Tags of another kind than ours are left out.
    """
    start = source.read(TAG.size)
    frames = []
    if start[:3] == b"ID3":
        _, version, _, flags, size = TAG.unpack(start)
        content = source.read(_from_sevens(size))
        if (version, flags) == (3, 0):
            frames = [(name, body) for name, body in read_frames(content) if name != TITLE]
    else:
        source.seek(0)
    target.write(write_tag([(TITLE, UTF_16 + title.encode("utf-16")), *frames]))
    shutil.copyfileobj(source, target)


def read_frames(content: bytes) -> list[tuple[bytes, bytes]]:
    """Name and body of every frame, as far as the padding."""
    frames, start = [], 0
    while content[start : start + 1].isalnum():
        name, size, _ = FRAME.unpack_from(content, start)
        start += FRAME.size
        frames.append((name, content[start : start + size]))
        start += size
    return frames


def write_tag(frames: list[tuple[bytes, bytes]]) -> bytes:
    content = b"".join(FRAME.pack(name, len(body), 0) + body for name, body in frames)
    return TAG.pack(b"ID3", 3, 0, 0, _in_sevens(len(content))) + content


def _in_sevens(size):
    """A size as the tag's header has it: seven bits a byte, lest it look like sound."""
    return bytes(size >> shift & 0x7F for shift in (21, 14, 7, 0))


def _from_sevens(size):
    return sum(byte << shift for byte, shift in zip(size, (21, 14, 7, 0), strict=True))
