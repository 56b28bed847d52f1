"""The child process that unpacks music: `python -m generator.unpack FOLDER`, by datasets.py.

Out of the ZIP that FOLDER/request.json names, it writes what may be MIDI files and csv lists into
FOLDER/files, and nothing outside of it; see children.py. Whoever made the ZIP may mean ill: names
lead nowhere else, links stay unmade, and sizes are those of the bytes that come out, not of what
the ZIP says. Imports no Django.
"""

import errno
import json
import stat
import sys
import zipfile
import zlib
from pathlib import Path, PurePosixPath

from generator.children import answer, die_with_parent, limit_resources

MOST_CPU = 300  # seconds
MOST_MEMBERS = 100_000
MOST_BYTES = 20_000_000  # of a file; the largest of MAESTRO has 416 kB
MOST_TOTAL = 3_000_000_000  # bytes of all files
HIGHEST_RATIO = 200  # of what comes out to what went in; MIDI files shrink to a third
UNSUSPECTED = 1_000_000  # bytes that may come out at any ratio
CHUNK = 64 * 1024  # bytes
DEEPEST = 12  # folders within folders
LONGEST_NAME = 200  # bytes of a file's or folder's name
LONGEST_TOLD = 200  # characters of a name in our words
MOST_TOLD = 1000  # files of which it is told what is wrong
WANTED = (".mid", ".midi", ".smf", ".rmi", ".kar", ".csv")  # see ml/folders.py
METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
SYSTEM_FOLDER = "__MACOSX"  # what a Mac adds to a ZIP
NO_ROOM = (errno.ENOSPC, errno.EDQUOT)
NO_ZIP = "This is not a ZIP file, or it is damaged."


class RefusedError(Exception):
    """The whole ZIP is; the message is a sentence for people."""


def main(folder: Path) -> None:
    die_with_parent()
    limit_resources(MOST_CPU)
    request = json.loads((folder / "request.json").read_text())
    answer(folder, attempt(Path(request["archive"]), folder / "files"))


def attempt(archive: Path, target: Path) -> dict:
    """What `unpack` tells, or the sentence that says why it does not."""
    try:
        return unpack(archive, target)
    except RefusedError as problem:
        return {"error": str(problem)}
    except MemoryError:
        return {"error": "The list of files in this ZIP is too long."}


def unpack(archive: Path, target: Path) -> dict:
    """Write the files that are wanted; how many, how many are not, and what is wrong with others.

    Raises RefusedError if nothing of the ZIP can be trusted.
    """
    target.mkdir()
    files, others, bad, room, written = 0, 0, [], MOST_TOTAL, set()
    try:
        with zipfile.ZipFile(archive) as zipped:
            members = zipped.infolist()
            if len(members) > MOST_MEMBERS:
                raise RefusedError(f"There are more than {MOST_MEMBERS:,} files in this ZIP.")
            for member in members:
                if not is_wanted(member):
                    others += not member.is_dir()
                    continue
                try:
                    room -= extract(zipped, member, target, written, room)
                    files += 1
                except ValueError as reason:
                    bad.append([printable(member.filename), str(reason)])
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, UnicodeError) as problem:
        raise RefusedError(NO_ZIP) from problem
    return {"files": files, "others": others, "bad": bad[:MOST_TOLD], "bad_count": len(bad)}


def is_wanted(member: zipfile.ZipInfo) -> bool:
    """Whether it is music or a list, by its name; what systems put in beside is neither."""
    path = PurePosixPath(member.filename.replace("\\", "/"))
    hidden = path.name.startswith(".") or SYSTEM_FOLDER in path.parts
    return not (member.is_dir() or hidden) and path.suffix.lower() in WANTED


def extract(zipped, member, target: Path, written: set[str], room: int) -> int:
    """Write one member below `target`; the bytes. Raises ValueError with the reason if it is bad.

    `written` are the names so far, in small letters: a disk may know no others.
    """
    parts = parts_of(member)
    check(member)
    path = target.joinpath(*parts)
    if (name := "/".join(parts).lower()) in written:
        raise ValueError("There is another file of this name in the ZIP.")
    written.add(name)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with zipped.open(member) as packed, path.open("xb") as file:
            return copy(packed, file, member.compress_size, room)
    except RefusedError:
        raise
    except OSError as problem:
        if problem.errno in NO_ROOM:
            raise RefusedError("The disk of the server is full.") from problem
        raise ValueError(f"It cannot be written: {problem.strerror}.") from problem
    except ValueError:
        path.unlink(missing_ok=True)
        raise
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError) as problem:
        path.unlink(missing_ok=True)
        raise ValueError("It is damaged in the ZIP.") from problem


def parts_of(member: zipfile.ZipInfo) -> list[str]:
    """The folders and the name of a member that stays where it is put. Raises ValueError."""
    name = member.filename
    parts = name.split("/")
    if name.startswith("/") or ".." in parts or "\\" in name or ":" in parts[0]:
        raise ValueError("Its name leads out of the ZIP.")
    if not name.isprintable() or any(not part or part == "." for part in parts):
        raise ValueError("Its name is none that can be kept.")
    if len(parts) > DEEPEST or max(len(part.encode()) for part in parts) > LONGEST_NAME:
        raise ValueError("Its name is too long, or too deep in folders.")
    return parts


def check(member: zipfile.ZipInfo) -> None:
    """Raise ValueError if it is no plain file that could be read."""
    kind = stat.S_IFMT(member.external_attr >> 16)
    if kind not in (0, stat.S_IFREG):
        raise ValueError("It is a link or something else that is no file.")
    if member.flag_bits & 0x1:
        raise ValueError("It is encrypted.")
    if member.compress_type not in METHODS:
        raise ValueError("It is packed in a way that is not read here: use plain ZIP.")
    if member.file_size > MOST_BYTES:
        raise ValueError(too_large())


def copy(packed, file, packed_size: int, room: int) -> int:
    """Copy within bounds; the bytes. Raises ValueError, or RefusedError if all is too much."""
    size = 0
    while chunk := packed.read(CHUNK):
        size += len(chunk)
        if size > MOST_BYTES:
            raise ValueError(too_large())
        if size > UNSUSPECTED and size > HIGHEST_RATIO * packed_size:
            raise ValueError(f"It is packed to less than 1/{HIGHEST_RATIO}: no music is.")
        if size > room:
            raise RefusedError(f"Unpacked, this ZIP has more than {MOST_TOTAL // 10**9} GB.")
        file.write(chunk)
    return size


def too_large() -> str:
    return f"It has more than {MOST_BYTES // 10**6} MB."


def printable(name: str) -> str:
    return "".join(c if c.isprintable() else "�" for c in name)[:LONGEST_TOLD]


if __name__ == "__main__":
    main(Path(sys.argv[1]))
