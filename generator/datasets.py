"""Checking a data set: its ZIP is unpacked, every file is read, and what is good becomes arrays.

An attempt works in a folder of its own, which goes with it: the next one begins anew. Corpus and
summary are there only once all of it is done.
"""

import functools
import json
import os
import shutil
import time
from pathlib import Path

from django.conf import settings

from generator import labour, tasks, unpack
from generator.children import Child
from generator.models import DataSet
from generator.tasks import LostError, StopAskedError, TaskError

CHECK = "generator.datasets.check"
MOST_TOLD = 500  # bad files and duplicates each that are listed; all are counted
MOST_COMPOSERS = 200
MOST_FOLDERS = 200  # of the server that are offered
DEEPEST_OFFERED = 4  # folders below those of the settings
MOST_LOOKED_AT = 20_000  # files, for a page's sake
UNPACKING_SECONDS = 600
UNPACKER = Child(
    "generator.unpack",
    error=TaskError,
    too_long="Unpacking the ZIP took longer than allowed.",
    no_result="The program that unpacks the ZIP stopped without a result.",
)


def check(pk: int, attempt: int) -> None:
    """Make one attempt at it. The ZIP goes once all of it is checked."""
    tasks.perform(DataSet, pk, attempt, look_through)
    data_set = DataSet.objects.filter(pk=pk).first()
    if data_set and data_set.is_done:
        data_set.upload.unlink(missing_ok=True)


def look_through(data_set: DataSet) -> dict:
    """Unpack and read it all. Returns the fields of the row; see tasks.perform for what is raised.

    The bad files are kept on the row also where there is nothing to learn from.
    """
    for left in data_set.folder.glob("work-*"):  # by an attempt whose worker was killed
        shutil.rmtree(left, ignore_errors=True)
    work = data_set.folder / f"work-{data_set.token}"
    work.mkdir(parents=True)
    try:
        found = read(data_set, work)
        tell(data_set, {"what": "Keeping the music", "share": 1})
        (work / "corpus.npz").replace(data_set.corpus)
    finally:
        shutil.rmtree(work, ignore_errors=True)
    return found


def read(data_set: DataSet, work: Path) -> dict:
    """Make `work`/corpus.npz; the fields of the row."""
    unpacked = {"others": 0, "bad": [], "bad_count": 0}
    files = Path(data_set.server_folder)
    if not data_set.server_folder:
        unpacked, files = unzip(data_set, work), work / "files"
    elif is_allowed(files):
        files = files.resolve()
    else:
        raise TaskError("This folder is gone, or is no longer below one of DATA_FOLDERS.")
    report = work / "report.json"
    try:
        labour.run(
            ["prepare", str(files), "--output", str(work / "corpus.npz"), "--report", str(report)],
            data_set.folder,
            functools.partial(tell, data_set),
            cores=settings.TRAINING_CORES,
            memory=settings.TRAINING_MEMORY * 2**20,
        )
    except TaskError as problem:
        if report.exists():
            data_set.advance(
                data_set.progress, **as_fields(json.loads(report.read_text()), unpacked)
            )
        raise TaskError(str(problem).replace(str(files), data_set.source)) from problem
    return as_fields(json.loads(report.read_text()), unpacked)


def unzip(data_set: DataSet, work: Path) -> dict:
    """Fill `work`/files; what the child tells of it."""
    if not data_set.upload.exists():
        raise TaskError("The ZIP of this data set is gone. Add the data set again.")
    progress = {"what": "Unpacking", "share": 0}
    return UNPACKER.run(
        work,
        {"archive": str(data_set.upload)},
        time.monotonic() + UNPACKING_SECONDS,
        lambda: tell(data_set, progress),  # it is cancelled by what this raises
    )


def tell(data_set: DataSet, progress: dict) -> None:
    """Tell how far it is. Raises LostError or StopAskedError."""
    if "total" in progress:
        progress = progress | {"what": f"Reading file {progress['done']} of {progress['total']}"}
    if not data_set.advance(progress or data_set.progress):
        raise LostError
    if data_set.is_to_stop():
        raise StopAskedError


def as_fields(report: dict, unpacked: dict) -> dict:
    """The fields of the row, of what `prepare` and the unpacking tell; long lists cut short."""
    bad = unpacked["bad"] + report.pop("bad")
    duplicates = report.pop("duplicates")
    composers = report.pop("composers")
    counts = {
        "files": report["files"] + unpacked["bad_count"],
        "others": unpacked["others"],
        "bad": len(bad) - len(unpacked["bad"]) + unpacked["bad_count"],
        "duplicates": len(duplicates),
        "composers": composers[:MOST_COMPOSERS],
        "composers_count": sum(1 for name, pieces in composers if name),
    }
    return {
        "summary": report | counts,
        "bad_files": bad[:MOST_TOLD],
        "duplicates": duplicates[:MOST_TOLD],
    }


# Folders of the server.


def is_allowed(folder: Path) -> bool:
    """Whether it is one of DATA_FOLDERS or below, wherever links lead."""
    try:
        real = folder.resolve(strict=True)
    except (OSError, ValueError, RuntimeError):  # none, no name for one, links in a circle
        return False
    return real.is_dir() and any(real.is_relative_to(root) for root in settings.DATA_FOLDERS)


def offered_folders() -> list[tuple[str, str]]:
    """(path, words) of the folders with music below those of the settings: at most MOST_FOLDERS.

    A folder with a csv is one whole. Looks at MOST_LOOKED_AT files at most, however many there are.
    """
    offered, looked_at = [], 0
    for root in settings.DATA_FOLDERS:
        with_music = set()
        for place, folders, names in os.walk(root):
            place = Path(place)
            folders[:] = sorted(name for name in folders if not name.startswith("."))
            looked_at += 1 + len(names)
            suffixes = {Path(name).suffix.lower() for name in names}
            if suffixes.intersection(unpack.WANTED):
                with_music |= {one for one in (place, *place.parents) if one.is_relative_to(root)}
            if ".csv" in suffixes or len(place.relative_to(root).parts) == DEEPEST_OFFERED:
                folders.clear()
            if looked_at > MOST_LOOKED_AT:
                break
        offered += sorted(with_music)
    return [(str(folder), called(folder)) for folder in offered[:MOST_FOLDERS]]


def called(folder: Path) -> str:
    """A folder for people: from that of the settings on."""
    root = next((root for root in settings.DATA_FOLDERS if folder.is_relative_to(root)), folder)
    return folder.relative_to(root.parent).as_posix()
