"""`.keras` file -> checked numpy arrays. The file is data: Keras never opens it here.

A `.keras` file is a ZIP of exactly three stored members: metadata.json, config.json and
model.weights.h5. Of the config we read only our own `Architecture`; of the HDF5 file only the
arrays that this architecture has, each with the name, type and shape that it must have.
"""

import hashlib
import io
import json
import zipfile
from pathlib import Path

import h5py
import numpy as np

from ml.architecture import Architecture

MEMBERS = {"metadata.json", "config.json", "model.weights.h5"}
MOST_BYTES = 400_000_000
MOST_CONFIG_BYTES = 1_000_000
CLASS = "nocturne>Network"
NOT_ZIP = (zipfile.BadZipFile, EOFError, RuntimeError)  # RuntimeError: encrypted, or a new method

# Keras walks a model's attributes by name: those before "layers" under their own, the others as
# members of the list of that name, called after their class and counted in order of creation.
NAMES_IN_FILE = {
    "shift_table": "layers/embedding",
    "velocity_table": "layers/embedding_2",
    "style_table": "layers/embedding_3",
    "loudness_table": "layers/embedding_5",
    "lower": "layers/lstm",
    "upper": "layers/lstm_1",
    "shift_hidden": "layers/dense",
    "shift_head": "layers/dense_1",
    "velocity_hidden": "layers/dense_4",
    "velocity_head": "layers/dense_5",
    "rhythm_reading": "layers/dense_6",
    "rhythm_around": "layers/neighbourhood",
}


def digest(path: str | Path) -> str:
    """SHA-256 of a file, in hexadecimal. Raises ValueError if it cannot be read."""
    try:
        with Path(path).open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise ValueError(f"{Path(path).name} cannot be read: {error.strerror}.") from error


def read_config(path: str | Path) -> Architecture:
    """The architecture that a `.keras` file declares. Raises ValueError if it is not ours."""
    with _opened(path) as archive:
        return _architecture(archive)


def read(path: str | Path) -> tuple[Architecture, dict[str, np.ndarray]]:
    """The architecture and all its weights, float32, by the names of `Architecture.shapes`.

    Raises ValueError with a sentence if the file is anything else than a network that this program
    saved.
    """
    with _opened(path) as archive:
        architecture = _architecture(archive)
        data = _member(archive, "model.weights.h5")
    try:
        with h5py.File(io.BytesIO(data), "r") as file:
            shapes = architecture.shapes()
            return architecture, {name: _array(file, name, shape) for name, shape in shapes.items()}
    except (OSError, RuntimeError, KeyError, TypeError) as error:  # what h5py has for broken files
        raise ValueError(f"The weights in this file cannot be read: {error}") from error


def _opened(path: str | Path) -> zipfile.ZipFile:
    try:
        archive = zipfile.ZipFile(path)
    except FileNotFoundError:
        raise ValueError(f"There is no file {path}.") from None
    except (*NOT_ZIP, OSError) as error:
        raise ValueError(f"{Path(path).name} is not a .keras file: {error}") from error
    members = archive.infolist()
    if {m.filename for m in members} != MEMBERS or len(members) != len(MEMBERS):
        raise ValueError("A .keras file holds its metadata, its configuration and its weights.")
    if any(m.compress_type != zipfile.ZIP_STORED or m.file_size > MOST_BYTES for m in members):
        raise ValueError("A .keras file is not compressed, and not larger than 400 MB.")
    return archive


def _architecture(archive: zipfile.ZipFile) -> Architecture:
    if archive.getinfo("config.json").file_size > MOST_CONFIG_BYTES:
        raise ValueError("The configuration in this file is too long.")
    data = _member(archive, "config.json")
    try:
        config = json.loads(data)
        if config["registered_name"] != CLASS:
            raise ValueError("This .keras file holds another kind of network.")
        return Architecture.from_dict(config["config"]["architecture"])
    except (KeyError, TypeError, UnicodeDecodeError, RecursionError) as error:
        raise ValueError(f"The configuration in this file cannot be read: {error}") from error


def _member(archive: zipfile.ZipFile, name: str) -> bytes:
    try:
        return archive.read(name)
    except (*NOT_ZIP, OSError) as error:
        raise ValueError(f"{name} in this file cannot be read: {error}") from error


def _array(file: h5py.File, name: str, shape: tuple[int, ...]) -> np.ndarray:
    layer, rest = name.split("/", 1)
    node, walked = file, ""
    for part in f"{NAMES_IN_FILE.get(layer, layer)}/{rest}".split("/"):
        walked = f"{walked}/{part}"
        # The link is looked at before it is followed: it might lead into another file.
        link = node.get(part, getlink=True) if isinstance(node, h5py.Group) else None
        if link is None:
            raise ValueError(f"The weights {walked} are missing.")
        if not isinstance(link, h5py.HardLink):
            raise ValueError(f"The weights {walked} lie in another place.")
        node = node[part]
    if not isinstance(node, h5py.Dataset) or node.shape != shape or node.dtype != np.float32:
        raise ValueError(f"The weights {walked} have another shape than {shape}.")
    if node.external or node.is_virtual or node.chunks is not None:
        raise ValueError(f"The weights {walked} are not stored plainly.")
    array = node[()]
    if not np.isfinite(array).all():
        raise ValueError(f"The weights {walked} are not all finite numbers.")
    return array
