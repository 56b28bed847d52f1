"""`.keras` file -> checked numpy arrays. The file is data: Keras never opens it here.

A `.keras` file is a ZIP of exactly three stored members, see container.py. Of its configuration we
read only our own `Architecture`; of its HDF5 file only the arrays that this architecture has, each
with the name, type and shape that it must have.
"""

import hashlib
import json
import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import h5py
import numpy as np
from h5py import h5d, h5t

from ml.architecture import REPRESENTATION, Architecture
from ml.container import CONFIG, MEMBERS, METADATA, MOST_BYTES, WEIGHTS, Container, ContainerError

__all__ = ["MEMBERS", "MOST_BYTES", "check", "digest", "grown", "read", "read_config"]

CLASS = "nocturne>Network"
HDF5_MARK = b"\x89HDF\r\n\x1a\n"
NUMBER = np.dtype("<f4")

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
    with _opened(path) as container:
        return _architecture(container)


def read(path: str | Path) -> tuple[Architecture, dict[str, np.ndarray]]:
    """The architecture and all its weights, float32, by the names of `Architecture.shapes`.

    Raises ValueError with a sentence if the file is anything else than a network that this program
    saved.
    """
    with _opened(path) as container:
        architecture = _architecture(container)
        with _stored(container, architecture) as stored:
            return architecture, {name: _array(dataset) for name, dataset in stored.items()}


def grown(
    architecture: Architecture, learnt: dict[str, np.ndarray]
) -> tuple[Architecture, dict[str, np.ndarray]]:
    """The same network in the latest representation; what it has more is 0 and changes nothing."""
    latest = replace(architecture, representation=REPRESENTATION)
    weights = {name: np.zeros(shape, np.float32) for name, shape in latest.shapes().items()}
    for name, values in learnt.items():
        weights[name][tuple(slice(size) for size in values.shape)] = values
    return latest, weights


def check(path: str | Path) -> Architecture:
    """Read all that `read` would, but keep none of it; sentences do not name the file."""
    with _opened(path, "This") as container:
        architecture = _architecture(container)
        with _stored(container, architecture) as stored:
            for dataset in stored.values():
                _array(dataset)
        return architecture


@contextmanager
def _opened(path: str | Path, called: str = "") -> Iterator[Container]:
    called = called or Path(path).name
    try:
        with Path(path).open("rb") as file:
            yield Container(file)
    except FileNotFoundError:
        raise ValueError(f"There is no file {path}.") from None
    except (ContainerError, OSError) as problem:
        words = getattr(problem, "strerror", None) or problem
        raise ValueError(f"{called} is not a .keras file: {words}.") from problem


def _architecture(container: Container) -> Architecture:
    container.read(METADATA)  # nothing in it matters
    try:
        config = json.loads(container.read(CONFIG))
        if _holds_program(config):
            raise ValueError("This .keras file holds a Lambda layer, which is a program.")
        if config["registered_name"] != CLASS:
            raise ValueError("This .keras file holds another kind of network.")
        return Architecture.from_dict(config["config"]["architecture"])
    except json.JSONDecodeError as error:
        raise ValueError(f"The configuration in this file is not JSON: {error}.") from error
    except (KeyError, TypeError, UnicodeDecodeError, RecursionError) as error:
        raise ValueError(f"The configuration in this file cannot be read: {error}.") from error


def _holds_program(config: object) -> bool:
    """Whether Keras would find a function in the configuration. We would not even look for one."""
    if isinstance(config, dict):
        named = {str(config.get("class_name")), str(config.get("registered_name"))}
        if any(name.rpartition(">")[2].strip("_").lower() == "lambda" for name in named):
            return True
        return any(_holds_program(value) for value in config.values())
    return isinstance(config, list) and any(_holds_program(value) for value in config)


@contextmanager
def _stored(container: Container, architecture: Architecture) -> Iterator[dict[str, h5py.Dataset]]:
    """The weights by their names, each of the form that it must have, and none of them read."""
    shapes = architecture.shapes()
    window = container.window(WEIGHTS)
    if window.read(len(HDF5_MARK)) != HDF5_MARK:
        raise ValueError("The weights in this file are not an HDF5 file.")
    needed = NUMBER.itemsize * sum(map(math.prod, shapes.values()))
    if needed > window.size:
        raise ValueError(
            f"The network that this file declares has {needed:,} bytes of weights, "
            f"but there are only {window.size:,}."
        )
    try:
        with h5py.File(window, "r") as file:
            found = {name: _dataset(file, name, shape) for name, shape in shapes.items()}
            container.check(WEIGHTS)
            yield found
    except (OSError, RuntimeError, KeyError, TypeError) as error:  # what h5py has for broken files
        raise ValueError(f"The weights in this file cannot be read: {error}.") from error


def _array(dataset: h5py.Dataset) -> np.ndarray:
    array = dataset[()]
    if not np.isfinite(array).all():
        raise ValueError(f"The weights {dataset.name} are not all finite numbers.")
    return array


def _dataset(file: h5py.File, name: str, shape: tuple[int, ...]) -> h5py.Dataset:
    """The weights of that name, not yet read: plainly stored, and of that shape."""
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
    if not isinstance(node, h5py.Dataset) or node.shape != shape:
        raise ValueError(f"The weights {walked} have another shape than {shape}.")
    if not node.id.get_type().equal(h5t.IEEE_F32LE):
        raise ValueError(f"The weights {walked} are not numbers of 32 bits.")
    stored = node.id.get_create_plist()
    if stored.get_layout() != h5d.CONTIGUOUS or stored.get_external_count():
        raise ValueError(f"The weights {walked} are not stored plainly.")
    if node.id.get_offset() is None or node.id.get_storage_size() != node.nbytes:
        raise ValueError(f"The weights {walked} are declared but not there.")
    return node
