import pickle
import re
from pathlib import Path

import h5py
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ml import container, weights
from tests.ml import hostile
from tests.ml.tiny import STYLES, random_weights, tiny_architecture, write_model, write_tiny_model


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """The members of a good file, by name."""
    path = tmp_path_factory.mktemp("weights") / "tiny.keras"
    write_tiny_model(path)
    return hostile.members_of(path)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "model.keras"


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
    more = hostile.with_arrays(lambda file: file.create_dataset("optimizer/vars/0", data=[np.nan]))
    path.write_bytes(more(whole))
    assert weights.read(path)[0] == weights.check(path) == tiny_architecture()


def test_the_digest_is_sha256(tmp_path):
    (tmp_path / "a").write_bytes(b"abc")
    assert weights.digest(tmp_path / "a") == (
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    )


def test_a_file_that_is_gone_has_no_digest(tmp_path):
    with pytest.raises(ValueError, match=r"gone\.keras cannot be read"):
        weights.digest(tmp_path / "gone.keras")


# Bad files


@pytest.mark.parametrize("kind", hostile.KINDS, ids=lambda kind: kind.name)
def test_it_is_refused_by_a_sentence_of_its_own(path, whole, kind, monkeypatch):
    monkeypatch.chdir(path.parent)
    hostile.write(kind, path, whole)
    with pytest.raises(ValueError, match=re.escape(kind.sentence)) as refusal:
        weights.check(path)
    assert str(refusal.value).endswith(".")
    assert list(Path.cwd().iterdir()) == [path]  # nothing that was in it has run
    with pytest.raises(ValueError, match=re.escape(kind.sentence)):
        weights.read(path)


def test_the_trap_would_work(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    pickle.loads(pickle.dumps(hostile.Trap()))  # noqa: S301
    assert Path("executed").exists()


@pytest.mark.parametrize("there", [True, False], ids=["there", "gone"])
def test_an_external_link_is_not_followed(path, whole, tmp_path, there):
    other = tmp_path / "other.h5"
    if there:
        other.write_bytes(b"no HDF5: to open it would be another error")
    path.write_bytes(hostile.with_link(h5py.ExternalLink(str(other), "/x"))(whole))
    with pytest.raises(ValueError, match="another place"):
        weights.read(path)


@pytest.mark.parametrize("kind", hostile.ARRAYS[6:12], ids=lambda kind: kind.name)
def test_the_form_is_looked_at_before_anything_large_is_read(path, whole, kind, monkeypatch):
    read = []
    monkeypatch.setattr(container.Container, "check", lambda self, name: read.append(name))
    hostile.write(kind, path, whole)
    with pytest.raises(ValueError, match=kind.sentence):
        weights.check(path)
    assert container.WEIGHTS not in read


def test_a_file_that_is_too_large_is_refused(path, whole, monkeypatch):
    path.write_bytes(hostile.zipped(whole))
    monkeypatch.setattr(container, "MOST_BYTES", 1000)
    with pytest.raises(ValueError, match=r"model\.keras is not a \.keras file: it has more than"):
        weights.read(path)


def test_a_missing_file_is_called_missing(path):
    with pytest.raises(ValueError, match=r"There is no file .*model\.keras"):
        weights.read(path)


def test_a_folder_is_refused(path):
    path.mkdir()
    with pytest.raises(ValueError, match=r"model\.keras is not a \.keras file"):
        weights.read(path)


@pytest.mark.parametrize("name", container.MEMBERS)
def test_a_flipped_bit_is_noticed(path, whole, name):
    whole = whole | {"metadata.json": b'{"keras_version": "3.15.1"}'}
    data = bytearray(hostile.zipped(whole))
    data[data.index(whole[name]) + len(whole[name]) // 2] ^= 1
    path.write_bytes(data)
    with pytest.raises(ValueError, match=f"its {name} is damaged"):
        weights.read(path)


@pytest.mark.parametrize("share", [0.05, 0.5, 0.95])
def test_hdf5_cut_off_is_refused(path, whole, share):
    data = whole["model.weights.h5"]
    path.write_bytes(hostile.zipped(whole | {"model.weights.h5": data[: int(len(data) * share)]}))
    with pytest.raises(ValueError, match=r"cannot be read|but there are only"):
        weights.read(path)


@pytest.mark.parametrize(
    "architecture",
    [
        pytest.param([1, 2], id="list"),
        pytest.param("tiny", id="text"),
        pytest.param(None, id="nothing"),
        pytest.param({"units": 0}, id="no units"),
        pytest.param({"units": "16"}, id="units as text"),
        pytest.param({"units": float("nan")}, id="units that are no number"),
        pytest.param({"styles": 5}, id="styles as number"),
        pytest.param({"styles": [["bach"]]}, id="style without name"),
        pytest.param({"styles": [[["bach"], "Bach"]]}, id="style that is a list"),
        pytest.param({"styles": [["bäch", "Bach"]]}, id="slug that is no ASCII"),
        pytest.param({"styles": [["bach", "Bach\n"]]}, id="style of two lines"),
        pytest.param({"styles": [[1, 2]]}, id="styles as numbers"),
        pytest.param({"styles": [[f"s{i}", "S"] for i in range(201)]}, id="too many styles"),
    ],
)
def test_an_architecture_out_of_bounds_is_refused(path, whole, architecture):
    def change(config):
        config["config"]["architecture"] = architecture

    path.write_bytes(hostile.with_config(change)(whole))
    with pytest.raises(ValueError, match=r"\w+"):
        weights.read_config(path)


@given(st.data())
@settings(max_examples=60, deadline=None)
def test_whatever_is_overwritten_there_is_a_sentence_or_a_model(tmp_path_factory, whole, data):
    """Of the container and the configuration alone: HDF5 itself may crash, in its own process."""
    file = bytearray(hostile.zipped(whole))
    weights_at = file.index(whole["model.weights.h5"])
    weights_end = weights_at + len(whole["model.weights.h5"])
    places = st.integers(0, weights_at - 1) | st.integers(weights_end, len(file) - 1)
    for _ in range(data.draw(st.integers(1, 4))):
        file[data.draw(places)] = data.draw(st.integers(0, 255))
    path = tmp_path_factory.getbasetemp() / "overwritten.keras"
    path.write_bytes(file)
    try:
        weights.read_config(path)
    except ValueError as refusal:
        assert str(refusal)  # noqa: PT017  either is right
