"""Files that pass themselves off as models, each bad in one way: `KINDS` says how and what of it.

A kind is written by code from the members of a good file: `write(kind, path, members)`.
"""

import io
import json
import pickle
import struct
import warnings
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import h5py
import numpy as np

from ml.architecture import Architecture
from ml.weights import NAMES_IN_FILE
from tests.ml.tiny import tiny_architecture

NAME = "layers/dense/vars/0"  # of the weights that are tampered with: the kernel of shift_hidden
SHAPE = tiny_architecture().shapes()["shift_hidden/vars/0"]
METADATA, CONFIG, WEIGHTS = "metadata.json", "config.json", "model.weights.h5"
ZEROS = np.zeros(SHAPE, np.float32)


@dataclass(frozen=True)
class Kind:
    name: str
    sentence: str  # a part of what is said of it
    make: Callable[[dict], bytes]  # members of a good file -> the bad file


class Trap:
    """Unpickled, it would leave a file behind in the folder that is the current one."""

    def __reduce__(self):
        return Path.touch, (Path("executed"),)


def write(kind: Kind, path: Path, members: dict) -> Path:
    path.write_bytes(kind.make(members))
    return path


def members_of(path: Path) -> dict:
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def zipped(members: dict, compression=zipfile.ZIP_STORED) -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", compression) as archive:
        for name, content in members.items():
            archive.writestr(zipfile.ZipInfo(name), content, compression)
    return data.getvalue()


def with_config(change):
    """A file whose configuration `change` has changed."""

    def make(members):
        config = json.loads(members[CONFIG])
        change(config)
        return zipped(members | {CONFIG: json.dumps(config)})

    return make


def with_arrays(change):
    """A file whose HDF5 file `change` has changed."""

    def make(members):
        data = io.BytesIO(members[WEIGHTS])
        with h5py.File(data, "r+") as file:
            change(file)
        return zipped(members | {WEIGHTS: data.getvalue()})

    return make


def with_dataset(**options):
    """A file with another dataset in the place of the one called NAME."""

    def change(file):
        del file[NAME]
        file.create_dataset(NAME, **options)

    return with_arrays(change)


def with_link(link, place=NAME):
    def change(file):
        file.move(place, "moved")
        file[place] = link

    return with_arrays(change)


def with_virtual_dataset(file):
    del file[NAME]
    layout = h5py.VirtualLayout(SHAPE, np.float32)
    layout[:] = h5py.VirtualSource("elsewhere.h5", "x", SHAPE)
    file.create_virtual_dataset(NAME, layout)


def with_group(file):
    del file[NAME]
    file.create_group(NAME)


def with_compact_dataset(file):
    del file[NAME]
    plist = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    plist.set_layout(h5py.h5d.COMPACT)
    space = h5py.h5s.create_simple(SHAPE)
    h5py.h5d.create(file.id, NAME.encode(), h5py.h5t.IEEE_F32LE, space, plist)


def lambda_layer(config):
    config.clear()
    code = {"class_name": "__lambda__", "config": {"code": "4wEAAAAAAAAA", "defaults": None}}
    layer = {"module": "keras.layers", "class_name": "Lambda", "config": {"function": code}}
    config.update(class_name="Sequential", registered_name=None, config={"layers": [layer]})


def hidden_lambda(config):
    config["build_config"] = {"layers": [{"class_name": "Lambda", "config": {}}]}


def declaring(**sizes):
    """A small file that says it holds a network of other sizes."""
    return with_config(lambda config: config["config"]["architecture"].update(sizes))


def hollow(members):
    """A network of 55 million weights, of which not one is there."""
    architecture = Architecture(units=2048)
    data = io.BytesIO()
    with h5py.File(data, "w") as file:
        for name, shape in architecture.shapes().items():
            layer, rest = name.split("/", 1)
            file.create_dataset(f"{NAMES_IN_FILE.get(layer, layer)}/{rest}", shape, "<f4")
    config = json.loads(members[CONFIG])
    config["config"]["architecture"] = architecture.to_dict()
    return zipped(members | {CONFIG: json.dumps(config), WEIGHTS: data.getvalue()})


def bomb(members):
    """5 MB of zeros in 5 kB."""
    return zipped(members | {WEIGHTS: bytes(5_000_000)}, zipfile.ZIP_DEFLATED)


def patched(offset, code, *values, headers=("local", "central")):
    """A file in whose headers of config.json something else stands, as the format has it.

    `offset` is that in the local header; the directory has the same two bytes further behind, and
    the name another fourteen.
    """

    def make(members):
        data = bytearray(zipped(members))
        names = [at for at in range(len(data)) if data.startswith(CONFIG.encode(), at)]
        local, central = names[0] - 30, names[-1] - 46
        if "local" in headers:
            struct.pack_into(code, data, local + offset, *values)
        if "central" in headers:
            struct.pack_into(code, data, central + offset + 2, *values)
        return bytes(data)

    return make


def with_hidden_bytes(members):
    """Something between two members, at which nothing points."""
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        archive.writestr(zipfile.ZipInfo(METADATA), members[METADATA])
        archive.fp.write(b"#!/bin/sh")
        archive.start_dir = archive.fp.tell()
        for name in (CONFIG, WEIGHTS):
            archive.writestr(zipfile.ZipInfo(name), members[name])
    return data.getvalue()


def twice(members):
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that is what it is about
        for name in (*members, CONFIG):
            archive.writestr(zipfile.ZipInfo(name), members[name])
    return data.getvalue()


def pickled_arrays(members):
    data = io.BytesIO()
    np.savez(data, weights=np.array([Trap()], dtype=object))
    return data.getvalue()


def bit_flipped(members):
    data = bytearray(zipped(members))
    data[data.index(members[WEIGHTS]) + len(members[WEIGHTS]) // 2] ^= 4
    return bytes(data)


def cut(share):
    def make(members):
        data = zipped(members)
        return data[: int(share * len(data))]

    return make


def cut_weights(members):
    return zipped(members | {WEIGHTS: members[WEIGHTS][: len(members[WEIGHTS]) * 9 // 10]})


PROGRAM = "a Lambda layer, which is a program"
NOT_JSON, UNREADABLE = "configuration in this file is not JSON", "configuration in this file cannot"
SHAPED, PLAIN, AWAY = "have another shape", "are not stored plainly", "lie in another place"
BITS, FINITE, HOLLOW = "are not numbers of 32 bits", "are not all finite", "but not there"
IN_PLACE = "its directory does not stand at its end"
PACKED = "is compressed, which Keras does not do"

CONTAINERS = [
    Kind("empty", "it is empty", lambda members: b""),
    Kind("text", "it is not even a ZIP", lambda members: b"Dear Sir or Madam,\n" * 100),
    Kind("pickle", "it is a pickle, which is a program", lambda members: pickle.dumps(Trap(), 4)),
    Kind("npz with a pickle", "it holds 'weights.npy', which no model has", pickled_arrays),
    Kind("bare HDF5", "it is an HDF5 file", lambda members: members[WEIGHTS]),
    Kind("cut off early", "it is cut off, for its end is missing", cut(0.1)),
    Kind("cut off late", "it is cut off, for its end is missing", cut(0.999)),
    Kind("text behind", "something follows after its end",
         lambda members: zipped(members) + b"#!/bin/sh\n"),
    Kind("archive behind", IN_PLACE, lambda members: zipped(members) + zipped({"a": "b"})),
    Kind("text before", IN_PLACE, lambda members: b"#!/bin/sh\n" + zipped(members)),
    Kind("text between", "do not lie one right behind the other", with_hidden_bytes),
    Kind("extra member", "it holds 'assets/run.py', which no model has",
         lambda members: zipped(members | {"assets/run.py": "print('ha')"})),
    Kind("path upwards", "it holds '../config.json', which no model has",
         lambda members: zipped(members | {"../config.json": "{}"})),
    Kind("missing member", "it holds no config.json",
         lambda members: zipped({METADATA: b"{}", WEIGHTS: members[WEIGHTS]})),
    Kind("no members", "it holds no metadata.json", lambda members: zipped({})),
    Kind("member twice", "it holds a member twice", twice),
    Kind("compressed", PACKED, lambda members: zipped(members, zipfile.ZIP_DEFLATED)),
    Kind("ZIP bomb", PACKED, bomb),
    Kind("encrypted", "its config.json is encrypted", patched(6, "<H", 1)),
    Kind("unknown flag", "is not stored as Keras does it", patched(6, "<H", 8)),
    Kind("two names", "two different things about its config.json",
         patched(30, "<6s", b"konfig", headers=["local"])),
    Kind("two sizes", "two different things about its config.json",
         patched(18, "<II", 5, 5, headers=["local"])),
    Kind("4 GB declared", "it is cut off within its config.json",
         patched(18, "<II", 4 * 10**9, 4 * 10**9)),
    Kind("grows when unpacked", "said to become larger than it is", patched(22, "<I", 4 * 10**9)),
    Kind("flipped bit", "its model.weights.h5 is damaged", bit_flipped),
    Kind("long metadata", "its metadata.json is too long",
         lambda members: zipped(members | {METADATA: bytes(1_000_001)})),
]  # fmt: skip
CONFIGS = [
    Kind("Lambda layer", PROGRAM, with_config(lambda_layer)),
    Kind("hidden Lambda layer", PROGRAM, with_config(hidden_lambda)),
    Kind("another network", "another kind of network",
         with_config(lambda config: config.update(registered_name="Functional"))),
    Kind("no JSON", NOT_JSON, lambda members: zipped(members | {CONFIG: b"units: 512"})),
    Kind("no object", UNREADABLE, lambda members: zipped(members | {CONFIG: b"[1, 2]"})),
    Kind("brackets", UNREADABLE, lambda members: zipped(members | {CONFIG: b"[" * 100_000})),
    Kind("no text", UNREADABLE, lambda members: zipped(members | {CONFIG: b"\xff\xfe\x00"})),
    Kind("long configuration", "its config.json is too long",
         lambda members: zipped(members | {CONFIG: b" " * 1_000_001})),
    Kind("too many units", "units lies in 1 to 2048", declaring(units=10**9)),
    Kind("units of yes", "units lies in 1 to 2048", declaring(units=True)),
    Kind("unknown setting", "not the architecture of a network", declaring(layers=3)),
    Kind("another representation", "This network speaks", declaring(representation="rows-7")),
    Kind("style that is a path", "is not the name of a style", declaring(styles=[["../a", "A"]])),
    Kind("style beyond Unicode", "is not the name of a style",
         declaring(styles=[["bach", "\ud800"]])),
    Kind("style there twice", "Two styles have the same name", declaring(styles=[["b", "B"]] * 2)),
    Kind("endless style", "name of a style is too long", declaring(styles=[["b", "B" * 81]])),
]  # fmt: skip
ARRAYS = [
    Kind("no HDF5", "not an HDF5 file", lambda members: zipped(members | {WEIGHTS: b"no" * 999})),
    Kind("pickle as weights", "not an HDF5 file",
         lambda members: zipped(members | {WEIGHTS: pickle.dumps([Trap()] * 9, 4)})),
    Kind("cut off weights", "weights in this file cannot be read", cut_weights),
    Kind("larger than the file", "bytes of weights, but there are only", hollow),
    Kind("missing", "are missing", with_arrays(lambda file: file.pop(NAME))),
    Kind("all missing", "are missing", with_arrays(lambda file: file.pop("layers"))),
    Kind("group in its place", SHAPED, with_arrays(with_group)),
    Kind("wrong shape", SHAPED, with_dataset(data=np.zeros((3, 4), np.float32))),
    Kind("huge shape", SHAPED, with_dataset(shape=(2**40, 2**20), dtype="<f4")),
    Kind("hollow", HOLLOW, with_dataset(shape=SHAPE, dtype="<f4")),
    Kind("64 bits", BITS, with_dataset(data=ZEROS.astype("<f8"))),
    Kind("big end first", BITS, with_dataset(data=ZEROS.astype(">f4"))),
    Kind("texts", BITS, with_dataset(data=np.zeros(SHAPE, "S4"))),
    Kind("texts of any length", BITS, with_dataset(shape=SHAPE, dtype=h5py.string_dtype())),
    Kind("records", BITS, with_dataset(data=np.zeros(SHAPE, [("a", "<f4"), ("b", "<f4")]))),
    Kind("not a number", FINITE, with_dataset(data=ZEROS * np.nan)),
    Kind("infinite", FINITE, with_dataset(data=ZEROS + np.inf)),
    Kind("in chunks", PLAIN, with_dataset(data=ZEROS, chunks=True)),
    Kind("gzip filter", PLAIN, with_dataset(data=ZEROS, compression="gzip")),
    Kind("shuffle filter", PLAIN, with_dataset(data=ZEROS, shuffle=True)),
    Kind("in its header", PLAIN, with_arrays(with_compact_dataset)),
    Kind("kept in another file", PLAIN,
         with_dataset(shape=SHAPE, dtype="<f4", external=[("/etc/passwd", 0, 10**6)])),
    Kind("put together of others", PLAIN, with_arrays(with_virtual_dataset)),
    Kind("soft link", AWAY, with_link(h5py.SoftLink("/moved"))),
    Kind("soft link of a group", AWAY, with_link(h5py.SoftLink("/moved"), "layers/dense")),
    Kind("soft link to itself", AWAY, with_link(h5py.SoftLink(f"/{NAME}"))),
    Kind("external link", AWAY, with_link(h5py.ExternalLink("/etc/passwd", "/x"))),
    Kind("external link of a group", AWAY,
         with_link(h5py.ExternalLink("/etc/passwd", "/"), "layers")),
]  # fmt: skip
KINDS = [*CONTAINERS, *CONFIGS, *ARRAYS]
