import json
import zipfile
from dataclasses import replace

import numpy as np
import pytest

from ml import weights
from ml.architecture import WITHOUT_MOTIFS
from ml.encoding import SIZES
from ml.features import BEGIN, Inputs
from ml.forward import Forward, impossible_keys
from tests.ml.feeding import inputs_of
from tests.ml.pieces import walks
from tests.ml.tiny import random_weights, tiny_architecture


@pytest.fixture(scope="module")
def rows():
    return np.stack([piece[:30] for piece in walks([1, 2])])


def silence(network, pieces):
    return [np.zeros((pieces, network.architecture.units), np.float32) for _ in range(4)]


def test_it_gives_logits_of_every_field_and_its_state(network, rows):
    logits, state = network(inputs_of(rows), silence(network, 2))
    assert [tuple(field.shape) for field in logits] == [(2, 30, size) for size in SIZES]
    assert [tuple(part.shape) for part in state] == [(2, 16)] * 4


def test_moves_that_cannot_be_are_shut(network, rows):
    rows = rows.copy()
    rows[:, 5:15, 0] = 0  # of one instant
    inputs = inputs_of(rows)
    (_, keys, _), _ = network(inputs, silence(network, 2))
    down = inputs["keys"][..., 0] == 1
    impossible = impossible_keys(down, inputs["before"][:, :, 1], rows[:, :, 0])
    keys = np.array(keys)
    assert (keys[impossible] < -1e8).all()
    assert (keys[~impossible] > -1e3).all()
    assert impossible.sum() > down.size  # more than the keys' own state shuts


@pytest.mark.parametrize("name", ["keys", "clock", "rhythm"])
def test_it_hears_the_music_so_far(network, rows, name):
    inputs = inputs_of(rows)
    spoilt = inputs | {name: inputs[name] + 0.5 * (np.arange(inputs[name].shape[-1]) > 2)}
    plain, other = (network(told, silence(network, 2))[0] for told in (inputs, spoilt))
    assert not np.allclose(plain[0], other[0])


def test_motifs_speak_for_the_keys_that_go_down(network, rows):
    inputs = inputs_of(rows)
    motifs = np.zeros_like(inputs["motifs"])
    motifs[:, :, 40] = 1
    plain, other = (
        network(inputs | {"motifs": told}, silence(network, 2))[0]
        for told in (np.zeros_like(motifs), motifs)
    )
    moved = np.abs(np.array(other[1]) - np.array(plain[1])).max(axis=(0, 1))
    assert np.flatnonzero(moved > 1e-3).tolist() == [40]
    assert np.allclose(plain[0], other[0])
    assert np.allclose(plain[2], other[2])


def test_each_head_knows_the_fields_already_drawn_and_no_other(network, rows):
    def logits_if(field, value):
        inputs = inputs_of(rows)
        inputs["rows"] = inputs["rows"].copy()
        inputs["rows"][:, :, field] = value
        return network(inputs, silence(network, 2))[0]

    def changed(field):
        pairs = zip(logits_if(field, 3), logits_if(field, 9), strict=True)
        return [not np.allclose(a, b) for a, b in pairs]

    assert changed(0) == [False, True, True]
    assert changed(1) == [False, False, True]
    assert changed(2) == [False, False, False]


@pytest.mark.parametrize("place", [0, 1, 2], ids=["style", "energy", "loudness"])
def test_it_hears_the_wish(network, rows, place):
    wish = [0, 0, 0]
    wish[place] = 2
    told = network(inputs_of(rows, wish), silence(network, 2))[0]
    untold = network(inputs_of(rows), silence(network, 2))[0]
    assert not np.allclose(told[0], untold[0])


def test_it_hears_the_time_left(network, rows):
    near = network(inputs_of(rows, left=np.full((2, 30), 2.0)), silence(network, 2))[0]
    unknown = network(inputs_of(rows), silence(network, 2))[0]
    assert not np.allclose(near[0], unknown[0])


def test_a_row_changes_nothing_before_it(network, rows):
    spoilt = rows.copy()
    spoilt[:, 20:] = rows[:, :10]
    whole, _ = network(inputs_of(rows), silence(network, 2))
    other, _ = network(inputs_of(spoilt), silence(network, 2))
    for a, b in zip(whole, other, strict=True):
        np.testing.assert_allclose(a[:, :20, 0], b[:, :20, 0], atol=1e-5)


def test_its_weights_have_the_shapes_that_the_architecture_tells(network):
    from ml.trainer import arrays

    found = {name: array.shape for name, array in arrays(network).items()}
    assert found == tiny_architecture().shapes()


def test_its_file_holds_what_numpy_reads(network, model_file):
    from ml.trainer import arrays

    architecture, found = weights.read(model_file)
    assert architecture == network.architecture
    expected = arrays(network)
    assert found.keys() == expected.keys()
    for name, array in found.items():
        assert np.array_equal(array, expected[name]), name


def test_a_network_from_before_the_motifs_still_plays_as_numpy_does(tmp_path, rows):
    import keras

    from ml.network import Network
    from ml.trainer import assign, save

    before = replace(tiny_architecture(), representation=WITHOUT_MOTIFS)
    learnt = random_weights(before)
    old = Network(before)
    old.build()
    assign(old, learnt)
    save(old, tmp_path / "old.keras")
    opened, found = weights.read(tmp_path / "old.keras")
    assert opened == before
    logits, _ = keras.saving.load_model(tmp_path / "old.keras")(inputs_of(rows), silence(old, 2))
    notes = [np.array(field) for field in logits]
    grown = Network(weights.grown(opened, found)[0])
    grown.build()
    assign(grown, weights.grown(opened, found)[1])
    again, _ = grown(inputs_of(rows), silence(old, 2))
    told = Inputs(*(inputs_of(rows)[name][:, 0] for name in Inputs._fields))
    forward = Forward(opened, found)
    state = forward.start(2)
    wish, ending = forward.wish(np.zeros((2, 3), int)), np.zeros((2, 4), np.float32)
    heard = forward.hear(np.tile(BEGIN, (2, 1)), wish, ending, told, state)
    keys, _ = forward.key_logits(heard, told, np.full(2, BEGIN[1]), rows[:, 0, 0])
    for one, two in zip(notes, again, strict=True):
        np.testing.assert_allclose(one, np.array(two), atol=1e-5)
    np.testing.assert_allclose(notes[0][:, 0], forward.shift_logits(heard, told), atol=1e-4)
    np.testing.assert_allclose(notes[1][:, 0], keys, atol=1e-4)


def test_its_file_is_three_plain_members(model_file):
    with zipfile.ZipFile(model_file) as archive:
        assert set(archive.namelist()) == set(weights.MEMBERS)
        config = json.loads(archive.read("config.json"))
    assert config["registered_name"] == weights.CLASS


def test_keras_opens_its_file(network, model_file, rows):
    import keras

    again = keras.saving.load_model(model_file)
    assert again.architecture == network.architecture
    one, _ = network(inputs_of(rows), silence(network, 2))
    two, _ = again(inputs_of(rows), silence(network, 2))
    for a, b in zip(one, two, strict=True):
        np.testing.assert_allclose(a, b, atol=1e-6)
