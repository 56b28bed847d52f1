"""Where weights and the files of pieces lie."""

import errno
import os
import tempfile
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings
from django.core.files import File
from django.core.files.storage import FileSystemStorage, default_storage


class ModelStorage(FileSystemStorage):
    """Files of weights, where MODELS_ROOT says."""

    @property
    def base_location(self):
        return settings.MODELS_ROOT

    @property
    def location(self):
        return os.path.abspath(self.base_location)  # noqa: PTH100  a string, as Django has it


def model_storage():
    return ModelStorage()


def list_folder(folder):
    """The names of all files in a folder of the media; none if there is no such folder."""
    try:
        return {f"{folder}/{name}" for name in default_storage.listdir(folder)[1]}
    except FileNotFoundError:
        return set()


def remove(names, folder):
    """Delete files of the media, and their folder if nothing else is in it."""
    for name in names:
        default_storage.delete(name)
    try:
        default_storage.delete(folder)
    except OSError:
        pass  # files of another attempt are in it


class Finished(File):
    """A finished local file; a storage on the same disk renames it instead of copying."""

    def temporary_file_path(self):
        return self.name


def keep(path, name):
    """Store a finished local file under `name`."""
    with path.open("rb") as file:
        os.fsync(file.fileno())
        default_storage.save(name, Finished(file, str(path)))


@contextmanager
def scratch_folder(token):
    """A folder for one attempt, on the disk of the media so that files can be renamed there."""
    scratch = scratch_root()
    scratch.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f"{token}-", dir=scratch) as folder:
        yield Path(folder)


def scratch_root():
    return Path(settings.MEDIA_ROOT) / "scratch"


def explain(problem):
    """An OSError as a sentence for people."""
    if problem.errno in (errno.ENOSPC, errno.EDQUOT):
        return "The disk of the server is full."
    return f"The server could not read or write a file: {problem.strerror or problem}."
