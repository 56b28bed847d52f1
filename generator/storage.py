"""Where weights and the files of pieces lie."""

import os

from django.conf import settings
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
