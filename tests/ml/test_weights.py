import io
import json
import struct
import zipfile

import h5py
import numpy as np
import pytest

from ml import weights
from tests.ml.tiny import STYLES, random_weights, tiny_architecture, write_model, write_tiny_model

NAME = "layers/dense/vars/0"  # of the weights that tests tamper with: the kernel of shift_hidden
SHAPE = tiny_architecture().shapes()["shift_hidden/vars/0"]


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """The members of a good file, by name."""
    path = tmp_path_factory.mktemp("weights") / "tiny.keras"
    write_tiny_model(path)
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


@pytest.fixture
def path(tmp_path):
    return tmp_path / "model.keras"


def write(path, members, compression=zipfile.ZIP_STORED):
    with zipfile.ZipFile(path, "w", compression) as archive:
        for name, data in members.items():
            archive.writestr(name, data)


def with_config(whole, change):
    """The members with a changed configuration."""
    config = json.loads(whole["config.json"])
    change(config)
    return whole | {"config.json": json.dumps(config)}


def with_arrays(whole, change):
    """The members with a changed HDF5 file."""
    data = io.BytesIO(whole["model.weights.h5"])
    with h5py.File(data, "r+") as file:
        change(file)
    return whole | {"model.weights.h5": data.getvalue()}


def replace(**options):
    """A change that puts another dataset in the place of the one called NAME."""

    def change(file):
        del file[NAME]
        file.create_dataset(NAME, **options)

    return change


# Good files


def test_the_weights_come_by_their_names(path):
    architecture = tiny_architecture()
    written = random_weights(architecture)
    write_model(path, architecture, written)
    found_architecture, found = weights.read(path)
    assert found_architecture == architecture
    assert found.keys() == architecture.shapes().keys()
    for name, array in found.items():
        assert np.array_equal(array, written[name])
        assert array.dtype == np.float32


def test_the_configuration_alone_can_be_read(path):
    write_tiny_model(path)
    assert weights.read_config(path).styles == STYLES


def test_more_in_the_hdf5_file_than_asked_for_does_no_harm(path, whole):
    write(path, with_arrays(whole, lambda file: file.create_dataset("optimizer", data=[1.0])))
    assert weights.read(path)[0] == tiny_architecture()


def test_the_digest_is_sha256(tmp_path):
    (tmp_path / "a").write_bytes(b"abc")
    assert weights.digest(tmp_path / "a") == (
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    )


def test_a_file_that_is_gone_has_no_digest(tmp_path):
    with pytest.raises(ValueError, match=r"gone\.keras cannot be read"):
        weights.digest(tmp_path / "gone.keras")


# Files that are no archive of ours


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b"Dear Sir or Madam,\n" * 100, id="text"),
        pytest.param(b"\x89HDF\r\n\x1a\n" + bytes(100), id="HDF5"),
        pytest.param(b"PK\x05\x06" + bytes(18), id="empty archive"),
    ],
)
def test_another_kind_of_file_is_refused(path, data):
    path.write_bytes(data)
    with pytest.raises(ValueError, match=r"\.keras file"):
        weights.read_config(path)


def test_a_missing_file_is_called_missing(path):
    with pytest.raises(ValueError, match=r"There is no file .*model\.keras"):
        weights.read(path)


def test_a_folder_is_refused(path):
    path.mkdir()
    with pytest.raises(ValueError, match=r"model\.keras is not a \.keras file"):
        weights.read(path)


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9, 0.999])
def test_a_file_cut_off_is_refused(path, whole, share):
    write(path, whole)
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * share)])
    with pytest.raises(ValueError, match=r"is not a \.keras file"):
        weights.read(path)


def test_a_compressed_member_is_refused(path, whole):
    write(path, whole, zipfile.ZIP_DEFLATED)
    with pytest.raises(ValueError, match="not compressed"):
        weights.read(path)


def test_an_extra_member_is_refused(path, whole):
    write(path, whole | {"assets/run.py": "print('ha')"})
    with pytest.raises(ValueError, match="holds its metadata"):
        weights.read(path)


@pytest.mark.parametrize("name", sorted(weights.MEMBERS))
def test_a_missing_member_is_refused(path, whole, name):
    write(path, {other: data for other, data in whole.items() if other != name})
    with pytest.raises(ValueError, match="holds its metadata"):
        weights.read(path)


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_member_that_is_there_twice_is_refused(path, whole):
    write(path, whole)
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("config.json", whole["config.json"])
    with pytest.raises(ValueError, match="holds its metadata"):
        weights.read(path)


def test_a_member_that_claims_to_be_huge_is_refused(path, whole, monkeypatch):
    write(path, whole)
    monkeypatch.setattr(weights, "MOST_BYTES", 1000)
    with pytest.raises(ValueError, match="not larger than"):
        weights.read(path)


@pytest.mark.parametrize("name", ["config.json", "model.weights.h5"])
def test_a_flipped_bit_is_noticed(path, whole, name):
    write(path, whole)
    data = bytearray(path.read_bytes())
    data[data.index(whole[name]) + len(whole[name]) // 2] ^= 1
    path.write_bytes(data)
    with pytest.raises(ValueError, match=f"{name} in this file cannot be read"):
        weights.read(path)


def test_an_encrypted_member_is_refused(path, whole):
    write(path, whole)
    data = bytearray(path.read_bytes())
    for signature, flags in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        place = data.index(signature + b"\x14")
        while place >= 0:
            data[place + flags] |= 1
            place = data.find(signature + b"\x14", place + 1)
    path.write_bytes(data)
    with pytest.raises(ValueError, match="cannot be read"):
        weights.read(path)


def test_a_member_of_a_wrong_length_is_refused(path, whole):
    write(path, whole)
    data = path.read_bytes()
    length = struct.pack("<II", *[len(whole["model.weights.h5"])] * 2)
    longer = struct.pack("<II", *[len(whole["model.weights.h5"]) + 50_000] * 2)
    path.write_bytes(data.replace(length, longer))
    with pytest.raises(ValueError, match=r"cannot be read|not a \.keras file"):
        weights.read(path)


# Configurations that are not ours


@pytest.mark.parametrize(
    "config",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b"{", id="half a brace"),
        pytest.param(b"\xff\xfe", id="no text"),
        pytest.param(b"null", id="nothing"),
        pytest.param(b"[1, 2]", id="list"),
        pytest.param(b"{}", id="no class"),
        pytest.param(b'{"registered_name": "nocturne>Network"}', id="no config"),
        pytest.param(b'{"registered_name": "nocturne>Network", "config": 3}', id="number"),
        pytest.param(b"[" * 100_000, id="brackets without end"),
        pytest.param(b" " * 1_000_001, id="too long"),
    ],
)
def test_a_configuration_that_is_none_is_refused(path, whole, config):
    write(path, whole | {"config.json": config})
    with pytest.raises(ValueError, match=r"configuration|Expecting|can't decode"):
        weights.read_config(path)


def test_another_class_is_refused(path, whole):
    write(path, with_config(whole, lambda config: config.update(registered_name="Functional")))
    with pytest.raises(ValueError, match="another kind of network"):
        weights.read(path)


@pytest.mark.parametrize(
    "architecture",
    [
        pytest.param([1, 2], id="list"),
        pytest.param("tiny", id="text"),
        pytest.param({"units": 0}, id="no units"),
        pytest.param({"units": 10**9}, id="too many units"),
        pytest.param({"units": "16"}, id="units as text"),
        pytest.param({"units": True}, id="units of yes"),
        pytest.param({"layers": 3}, id="unknown setting"),
        pytest.param({"representation": "note-rows-7"}, id="another representation"),
        pytest.param({"styles": 5}, id="styles as number"),
        pytest.param({"styles": [["bach"]]}, id="style without name"),
        pytest.param({"styles": [["../bach", "Bach"]]}, id="style that is no slug"),
        pytest.param({"styles": [[1, 2]]}, id="styles as numbers"),
        pytest.param({"styles": [["bach", "B" * 81]]}, id="endless name"),
        pytest.param({"styles": [[f"s{i}", "S"] for i in range(201)]}, id="too many styles"),
    ],
)
def test_an_architecture_out_of_bounds_is_refused(path, whole, architecture):
    def change(config):
        config["config"]["architecture"] = architecture

    write(path, with_config(whole, change))
    with pytest.raises(ValueError, match=r"\w+"):
        weights.read_config(path)


# Arrays that are not ours


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        pytest.param(lambda file: file.pop(NAME), "are missing", id="missing"),
        pytest.param(lambda file: file.pop("layers"), "are missing", id="all missing"),
        pytest.param(
            replace(data=np.zeros((3, 4), np.float32)), "another shape", id="another shape"
        ),
        pytest.param(replace(data=np.zeros(SHAPE)), "another shape", id="64 bits"),
        pytest.param(replace(data=np.zeros(SHAPE, ">f4")), "another shape", id="big end first"),
        pytest.param(replace(data=np.zeros(SHAPE, "S4")), "another shape", id="text"),
        pytest.param(
            replace(data=np.full(SHAPE, np.nan, np.float32)), "finite", id="not a number"
        ),
        pytest.param(
            replace(data=np.full(SHAPE, np.inf, np.float32)), "finite", id="infinite"
        ),
        pytest.param(
            replace(data=np.zeros(SHAPE, np.float32), chunks=True), "plainly", id="chunked"
        ),
        pytest.param(
            replace(data=np.zeros(SHAPE, np.float32), compression="gzip"), "plainly",
            id="compressed",
        ),
        pytest.param(
            replace(shape=SHAPE, dtype="f4", external=[("/dev/zero", 0, 10**6)]), "plainly",
            id="kept in another file",
        ),
    ],
)  # fmt: skip
def test_other_weights_are_refused(path, whole, change, complaint):
    write(path, with_arrays(whole, change))
    with pytest.raises(ValueError, match=complaint):
        weights.read(path)


def test_a_virtual_dataset_is_refused(path, whole):
    def change(file):
        del file[NAME]
        layout = h5py.VirtualLayout(SHAPE, np.float32)
        layout[:] = h5py.VirtualSource("elsewhere.h5", "x", SHAPE)
        file.create_virtual_dataset(NAME, layout)

    write(path, with_arrays(whole, change))
    with pytest.raises(ValueError, match="plainly"):
        weights.read(path)


@pytest.mark.parametrize("place", [NAME, "layers/dense", "layers"])
def test_a_soft_link_is_refused(path, whole, place):
    def change(file):
        file.move(place, "moved")
        file[place] = h5py.SoftLink("/moved")

    write(path, with_arrays(whole, change))
    with pytest.raises(ValueError, match="another place"):
        weights.read(path)


@pytest.mark.parametrize("there", [True, False], ids=["there", "gone"])
def test_an_external_link_is_refused_and_not_followed(path, whole, tmp_path, there):
    other = tmp_path / "other.h5"
    if there:
        other.write_bytes(b"no HDF5: to open it would be another error")

    def change(file):
        del file[NAME]
        file[NAME] = h5py.ExternalLink(str(other), "/x")

    write(path, with_arrays(whole, change))
    with pytest.raises(ValueError, match="another place"):
        weights.read(path)


def test_a_group_in_the_place_of_weights_is_refused(path, whole):
    def change(file):
        del file[NAME]
        file.create_group(NAME)

    write(path, with_arrays(whole, change))
    with pytest.raises(ValueError, match="another shape"):
        weights.read(path)


def test_weights_in_the_place_of_a_group_are_refused(path, whole):
    def change(file):
        del file["layers/dense"]
        file["layers/dense"] = np.zeros(3, np.float32)

    write(path, with_arrays(whole, change))
    with pytest.raises(ValueError, match="are missing"):
        weights.read(path)


@pytest.mark.parametrize(
    "data", [pytest.param(b"", id="empty"), pytest.param(b"no arrays" * 99, id="text")]
)
def test_something_else_than_hdf5_is_refused(path, whole, data):
    write(path, whole | {"model.weights.h5": data})
    with pytest.raises(ValueError, match="cannot be read"):
        weights.read(path)


@pytest.mark.parametrize("share", [0.05, 0.5, 0.95])
def test_hdf5_cut_off_is_refused(path, whole, share):
    data = whole["model.weights.h5"]
    write(path, whole | {"model.weights.h5": data[: int(len(data) * share)]})
    with pytest.raises(ValueError, match="cannot be read"):
        weights.read(path)
