"""The ZIP around a model: three stored members, one right behind the other, and nothing else.

Every byte of such a file has one meaning only. A general reader of ZIP files takes the file's word
for where a member lies, how it is packed and how large it becomes; here all of that is known
beforehand, and whatever differs is refused before it is read.
"""

import io
import os
import struct
import zlib
from collections.abc import Sequence
from typing import BinaryIO, NamedTuple

METADATA, CONFIG, WEIGHTS = "metadata.json", "config.json", "model.weights.h5"
MEMBERS = (METADATA, CONFIG, WEIGHTS)
MOST_BYTES = 400_000_000
MOST_TEXT_BYTES = 1_000_000  # of the metadata and of the configuration
MOST_ENTRIES = 1000  # that are looked at, to name one that does not belong there
READ_AT_ONCE = 1 << 20  # bytes

# APPNOTE.TXT of PKWARE, sections 4.3.7, 4.3.12 and 4.3.16. Each begins with its signature.
LOCAL, LOCAL_MARK = struct.Struct("<4s5H3I2H"), b"PK\x03\x04"
CENTRAL, CENTRAL_MARK = struct.Struct("<4s6H3I5H2I"), b"PK\x01\x02"
END, END_MARK = struct.Struct("<4s4H2IH"), b"PK\x05\x06"
LONGEST_TAIL = END.size + (1 << 16)  # bytes that are searched for the end of the archive
ENCRYPTED, SIZES_BEHIND = 1 << 0, 1 << 3  # bits of a member's flags
STORED = 0
PICKLE_PROTOCOLS = range(2, 6)  # what follows \x80 at the beginning of a pickle


class ContainerError(ValueError):
    """What is wrong with a file, as a clause without a full stop: "it is empty"."""


class Entry(NamedTuple):
    """What the directory says of a member."""

    name: str
    flags: int
    method: int
    checksum: int  # CRC-32
    packed: int  # bytes
    size: int  # bytes
    offset: int  # of its local header
    more: int  # bytes of extra fields and comment


class Container:
    """The members of an open `.keras` file. Raises ContainerError if it is none."""

    def __init__(self, file: BinaryIO):
        self.file = file
        self.size = file.seek(0, io.SEEK_END)
        if self.size > MOST_BYTES:
            raise ContainerError(f"it has more than {MOST_BYTES // 1_000_000} MB")
        start, entries = self._directory()
        _check(entries)
        self.places = {}  # name: (first byte, bytes, CRC-32)
        behind = 0
        for entry in sorted(entries, key=lambda entry: entry.offset):
            if entry.offset != behind:
                raise ContainerError("its members do not lie one right behind the other")
            first = self._first_byte(entry)
            behind = first + entry.size
            self.places[entry.name] = (first, entry.size, entry.checksum)
        if behind != start:
            raise ContainerError("its members do not lie one right behind the other")

    def read(self, name: str) -> bytes:
        """The metadata or the configuration."""
        first, size, _ = self.places[name]
        if size > MOST_TEXT_BYTES:
            raise ContainerError(f"its {name} is too long")
        self.check(name)
        return self._bytes(first, size)

    def check(self, name: str) -> None:
        """Raise ContainerError if a member, of any length, is not as it was written."""
        first, size, checksum = self.places[name]
        found, end = 0, first + size
        for start in range(first, end, READ_AT_ONCE):
            found = zlib.crc32(self._bytes(start, min(READ_AT_ONCE, end - start)), found)
        if found != checksum:
            raise ContainerError(f"its {name} is damaged, for the checksum is another")

    def window(self, name: str) -> "Window":
        """A member as a file of its own, of which only what is asked for is read."""
        return Window(self.file, *self.places[name][:2])

    def _directory(self) -> tuple[int, list[Entry]]:
        """Where the directory begins, and its entries."""
        end = self.size - END.size
        fields = END.unpack(self._bytes(end, END.size)) if end >= 0 else (b"",)
        if fields[0] != END_MARK:
            raise ContainerError(self._what_it_is())
        _, disk, first_disk, here, count, length, start, comment = fields
        if disk or first_disk or here != count or comment or start + length != end:
            raise ContainerError("its directory does not stand at its end, where Keras puts it")
        entries, data = [], self._bytes(start, min(length, MOST_ENTRIES * CENTRAL.size))
        for _ in range(min(count, MOST_ENTRIES)):
            entry, data = _entry(data)
            entries.append(entry)
        if data:
            raise ContainerError("its directory is longer than its members need")
        return start, entries

    def _what_it_is(self) -> str:
        """What is said of a file that does not end as an archive does."""
        head = self._bytes(0, min(self.size, 8))
        if not head:
            return "it is empty"
        if head.startswith(LOCAL_MARK):
            tail = self._bytes(max(self.size - LONGEST_TAIL, 0), min(self.size, LONGEST_TAIL))
            if END_MARK in tail:
                return "something follows after its end"
            return "it is cut off, for its end is missing"
        if head.startswith(b"\x89HDF\r\n\x1a\n"):
            return "it is an HDF5 file, and a model is more than its weights"
        if head[0] == 0x80 and head[1:2] and head[1] in PICKLE_PROTOCOLS:
            return "it is a pickle, which is a program; it was not opened"
        return "it is not even a ZIP archive"

    def _first_byte(self, entry: Entry) -> int:
        """Where a member's content begins. What stands before it must repeat the directory."""
        length = LOCAL.size + len(entry.name)
        if entry.offset + length + entry.size > self.size:
            raise ContainerError(f"it is cut off within its {entry.name}")
        header = self._bytes(entry.offset, length)
        mark, _, flags, method, _, _, checksum, packed, size, name, more = LOCAL.unpack(
            header[: LOCAL.size]
        )
        said = (mark, flags, method, checksum, packed, size, name, more, header[LOCAL.size :])
        expected = (LOCAL_MARK, *entry[1:6], len(entry.name), 0, entry.name.encode())
        if said != expected:
            raise ContainerError(f"it says two different things about its {entry.name}")
        return entry.offset + length

    def _bytes(self, start: int, count: int) -> bytes:
        self.file.seek(start)
        data = self.file.read(count)
        if len(data) != count:
            raise ContainerError("it is cut off")
        return data


def _entry(data: bytes) -> tuple[Entry, bytes]:
    """The first entry of a directory, and the rest of it."""
    if len(data) < CENTRAL.size or not data.startswith(CENTRAL_MARK):
        raise ContainerError("its directory cannot be read")
    _, _, _, flags, method, _, _, checksum, packed, size, *lengths, disk, _, _, offset = (
        CENTRAL.unpack(data[: CENTRAL.size])
    )
    end = CENTRAL.size + sum(lengths)
    name, *more = lengths
    called = data[CENTRAL.size : CENTRAL.size + name].decode("ascii", "replace")
    more = sum(more) + disk
    return Entry(called, flags, method, checksum, packed, size, offset, more), data[end:]


def _check(entries: Sequence[Entry]) -> None:
    """Raise ContainerError unless these are the members of a model, each plainly stored."""
    names = [entry.name for entry in entries]
    if strange := sorted(set(names) - set(MEMBERS)):
        raise ContainerError(f"it holds {strange[0][:80]!a}, which no model has")
    if missing := [name for name in MEMBERS if name not in names]:
        raise ContainerError(f"it holds no {missing[0]}")
    if len(names) > len(MEMBERS):
        raise ContainerError("it holds a member twice")
    for entry in entries:
        if entry.flags & ENCRYPTED:
            raise ContainerError(f"its {entry.name} is encrypted")
        if entry.method != STORED:
            raise ContainerError(f"its {entry.name} is compressed, which Keras does not do")
        if entry.packed != entry.size:
            raise ContainerError(f"its {entry.name} is said to become larger than it is")
        if entry.flags or entry.more:
            raise ContainerError(f"its {entry.name} is not stored as Keras does it")


class Window(io.RawIOBase):
    """A part of an open file, read-only."""

    def __init__(self, file: BinaryIO, first: int, size: int):
        self.file, self.first, self.size, self.at = file, first, size, 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        base = {os.SEEK_SET: 0, os.SEEK_CUR: self.at, os.SEEK_END: self.size}[whence]
        self.at = max(base + offset, 0)
        return self.at

    def tell(self) -> int:
        return self.at

    def readinto(self, target) -> int:
        count = max(min(len(target), self.size - self.at), 0)
        self.file.seek(self.first + self.at)
        found = self.file.readinto(memoryview(target)[:count])
        self.at += found
        return found
