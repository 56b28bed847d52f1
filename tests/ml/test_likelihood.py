import numpy as np
import pytest

from ml import likelihood, weights
from ml.encoding import FIELDS, KEYS, encode, note_count
from ml.forward import Forward
from ml.notes import Note, Piece
from tests.ml.feeding import inputs_of
from tests.ml.pieces import walks
from tests.ml.rigged import no_weights
from tests.ml.tiny import random_weights, tiny_architecture


@pytest.fixture(scope="module")
def forward():
    architecture = tiny_architecture()
    return Forward(architecture, random_weights(architecture))


@pytest.fixture(scope="module")
def uniform():
    return Forward(tiny_architecture(), no_weights())


def pieces_of(*lengths):
    return [
        piece[:length] for piece, length in zip(walks(range(len(lengths))), lengths, strict=True)
    ]


def test_a_network_that_knows_nothing_tells_the_logarithms_of_the_bins(uniform):
    """A key can only go up or down, so of 176 moves 88 are possible where time has moved on."""
    pieces = [piece[:200] for piece in walks([1, 2])]
    for piece in pieces:
        piece[:, 0] = np.maximum(piece[:, 0], 1)
    found = likelihood.measure(uniform, pieces)
    notes = sum(map(note_count, pieces)) / sum(map(len, pieces))
    assert found.by_field == pytest.approx(
        {
            "shift": np.log(125) / notes,
            "key": np.log(88) / notes,
            "velocity": np.log(32),
        },
        rel=1e-6,
    )
    assert found.correction == 0
    assert found.nats_per_note == pytest.approx(sum(found.by_field.values()))


def test_what_cannot_follow_in_one_instant_costs_nothing(uniform):
    """The second of two keys that go down together is one of the 87 - 39 above the first."""
    rows = np.array([[0, 39, 9], [0, 43, 9]], np.uint8)
    found = likelihood.measure(uniform, [rows])
    assert found.by_field["key"] == pytest.approx((np.log(88) + np.log(87 - 39)) / 2, rel=1e-6)


def test_a_wide_bin_counts_as_uniform_inside(uniform):
    rows = encode(Piece((Note(0, 0.5, 60, 64), Note(5, 0.5, 60, 64))))
    width = likelihood.SHIFT_WIDTH[rows[2, 0]]
    assert width > 20
    found = likelihood.measure(uniform, [rows])
    assert found.correction == pytest.approx(np.log(width) / 2)
    assert found.nats_per_note == pytest.approx(sum(found.by_field.values()) + found.correction)


def test_a_network_that_knows_the_next_shift_is_told_so(uniform):
    told = no_weights()
    told["shift_head/vars/1"][15] = 3
    sure = Forward(tiny_architecture(), told)
    rows = np.array([[15, 39, 9], [15, 39 + KEYS, 0]] * 40, np.uint8)
    found = likelihood.measure(sure, [rows])
    assert found.by_field["shift"] == pytest.approx(
        -2 * np.log(np.e**3 / (np.e**3 + 124)), rel=1e-6
    )


def test_it_counts_notes_and_files(forward):
    pieces = pieces_of(100, 37, 80)
    found = likelihood.measure(forward, pieces)
    assert found.files == 3
    assert found.notes == sum(map(note_count, pieces))


def test_a_piece_is_worth_the_same_alone_and_among_others(forward):
    pieces = pieces_of(64, 100, 20, 65, 119)
    together = likelihood.measure(forward, pieces)
    alone = [likelihood.measure(forward, [piece]) for piece in pieces]
    for field in FIELDS:
        total = sum(one.by_field[field] * one.notes for one in alone)
        assert together.by_field[field] == pytest.approx(total / together.notes, rel=1e-5)


def test_the_order_of_the_pieces_does_not_matter(forward):
    pieces = pieces_of(64, 100, 20, 65)
    one = likelihood.measure(forward, pieces)
    other = likelihood.measure(forward, pieces[::-1])
    assert one.by_field == pytest.approx(other.by_field, rel=1e-6)


def test_wishes_go_with_their_pieces(forward):
    pieces = pieces_of(30, 100)
    wishes = [np.array([1, 5, 1]), np.array([2, 0, 3])]
    one = likelihood.measure(forward, pieces, wishes)
    other = likelihood.measure(forward, pieces[::-1], wishes[::-1])
    untold = likelihood.measure(forward, pieces)
    assert one.by_field == pytest.approx(other.by_field, rel=1e-6)
    assert abs(one.nats_per_note - untold.nats_per_note) > 1e-3


def test_only_the_beginnings_can_be_asked_for(forward):
    pieces = pieces_of(100, 110)
    short = likelihood.measure(forward, pieces, most_rows=70)
    same = likelihood.measure(forward, [piece[:70] for piece in pieces])
    assert short.by_field == pytest.approx(same.by_field, rel=1e-6)
    assert short.notes == same.notes


def test_progress_rises_to_1(forward):
    told = []
    likelihood.measure(forward, pieces_of(100, 65), on_progress=told.append)
    assert told == sorted(told)
    assert told[-1] == 1


def test_it_is_what_keras_loses_on_the_same_rows(network, model_file):
    """The state carried over blocks, and every row counted once, velocities of onsets only."""
    import keras

    rows = np.stack([piece[:110] for piece in walks([1, 2])])
    state = [np.zeros((2, network.architecture.units), np.float32) for _ in range(4)]
    logits, _ = network(inputs_of(rows), state)
    struck = rows[:, :, 1] < KEYS
    lost = {}
    for field, name in enumerate(FIELDS):
        nats = keras.losses.sparse_categorical_crossentropy(
            rows[:, :, field].astype(np.int32), logits[field], from_logits=True
        ).numpy()
        lost[name] = nats[struck if name == "velocity" else slice(None)].sum() / struck.sum()
    found = likelihood.measure(Forward(*weights.read(model_file)), list(rows))
    assert found.by_field == pytest.approx(lost, rel=1e-4)
