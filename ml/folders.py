"""What MIDI files there are in a folder, and what a csv or their names say of them."""

import csv
import os
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

from ml import works
from ml.findings import Findings

MIDI_SUFFIXES = (".mid", ".midi", ".smf", ".rmi", ".kar")
MOST_FILES = 100_000
FOREIGN = "__MACOSX"  # folder in which a Mac puts what is no file of ours


@dataclass(frozen=True, slots=True)
class Source:
    """One performance before it is read."""

    path: str
    composer: str
    title: str
    split: str
    work: str = ""  # no two of one work on both sides of a split; empty: the piece is its own
    name: str = ""  # of the file in its folder, for people

    def __str__(self):
        return self.name or self.path


def find(folder: Path, findings: Findings | None = None) -> list[Source]:
    """Performances below `folder`, by a csv (MAESTRO's or piano-midi.de's) or by file names.

    A csv speaks for the files beside and below it; those that it does not list are left out. Their
    split is empty where no csv tells it. Raises ValueError if there are none.
    """
    findings = Findings() if findings is None else findings
    files = sorted(_files(folder))
    tables = [path for path in files if path.suffix.lower() == ".csv"]
    music = [path for path in files if path.suffix.lower() in MIDI_SUFFIXES]
    if len(music) > MOST_FILES:
        raise ValueError(f"There are more than {MOST_FILES:,} MIDI files.")
    listed, spoken_for = {}, {}
    for table in tables:
        of_table = _listed(table, folder, findings)
        if of_table:
            spoken_for[table.parent] = table.name
            for source in of_table:
                listed.setdefault(source.path, source)
    unlisted = []
    for path in (path for path in music if str(path) not in listed):
        table = next((spoken_for[place] for place in path.parents if place in spoken_for), None)
        if table:
            findings.bad.append((_name(path, folder), f"{table} does not list it."))
        else:
            unlisted.append(_unlisted(path, folder))
    if not listed and not unlisted:
        raise ValueError(f"There are no MIDI files in {folder}.")
    findings.files += len(music)
    return [*listed.values(), *_unless_one_work(unlisted)]


def _files(folder: Path) -> Iterator[Path]:
    """All that could be opened at once: no pipes, nothing hidden, no links to folders."""
    for place, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith(".") and name != FOREIGN]
        for path in (Path(place, name) for name in names if not name.startswith(".")):
            if path.is_file():
                yield path


def _listed(table: Path, folder: Path, findings: Findings) -> list[Source]:
    try:
        with table.open(encoding="utf-8-sig", newline="") as file:  # a spreadsheet marks its UTF-8
            lines = list(csv.DictReader(file))
    except (UnicodeDecodeError, csv.Error) as error:
        raise ValueError(f"{_name(table, folder)} cannot be read: {error}") from error
    sources, beside = [], {}
    for line in lines:
        name = line.get("midi_filename") or line.get("midi") or ""
        if not name:
            continue
        path = _existing(table.parent, name, beside)
        if path is None:
            findings.missing += 1
            continue
        composer = line.get("canonical_composer") or works.full_name(line.get("composer") or "")
        title = line.get("canonical_title") or line.get("title") or path.stem
        split, work = (line.get("split") or "").strip().lower(), works.work(composer, title)
        sources.append(Source(str(path), composer, title, split, work, _name(path, folder)))
    return _unless_one_work(sources)


def _existing(folder: Path, name: str, beside: dict) -> Path | None:
    """The file, also where the csv and the disk disagree about capitals. None if there is none.

    `beside` keeps what lies in each folder, by names in small letters.
    """
    inside = PurePosixPath(name)
    if inside.is_absolute() or ".." in inside.parts:
        return None
    path = folder / inside
    if path.parent not in beside:
        try:
            names = os.listdir(path.parent)  # noqa: PTH208  names are all that is needed
        except (OSError, ValueError):  # no such folder, or no name for one
            names = []
        beside[path.parent] = {found.lower(): found for found in names}, set(names)
    by_small, names = beside[path.parent]
    found = path.name if path.name in names else by_small.get(path.name.lower())
    path = path.parent / found if found else None
    return path if path and path.is_file() else None


def _unlisted(path: Path, folder: Path) -> Source:
    places = path.relative_to(folder).parts[:-1]
    composer = next(filter(None, map(works.composer_of_folder, reversed(places))), "")
    work = works.of_file(path.stem, places[-1] if places else "")
    work = f"{composer}: {work}" if work else ""
    return Source(str(path), composer, path.stem, "", work, _name(path, folder))


def _unless_one_work(sources: list[Source]) -> list[Source]:
    """All of one work, a list of one cycle: its pieces are works, then."""
    if len({source.work for source in sources}) == 1:
        return [replace(source, work="") for source in sources]
    return sources


def _name(path: Path, folder: Path) -> str:
    return path.relative_to(folder).as_posix()
