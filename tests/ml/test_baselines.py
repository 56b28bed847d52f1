import numpy as np
import pytest

from ml import baselines
from ml.baselines import Chain
from ml.encoding import KEYS
from tests.ml.pieces import walks


def text(*values):
    return np.array(values)


def test_the_unigram_of_nothing_is_uniform():
    assert Chain.fit(8, []).nats(text(1, 2, 3), 0) == pytest.approx(3 * np.log(8))


def test_the_unigram_counts_values_and_one_of_each():
    chain = Chain.fit(3, [text(0, 0, 0, 1)])
    assert chain.nats(text(0, 1, 2), 0) == pytest.approx(-np.log(4 / 7 * 2 / 7 * 1 / 7))


def test_the_unigram_of_a_known_distribution_comes_to_its_entropy():
    rng = np.random.default_rng(1)
    chances = np.array([0.5, 0.25, 0.125, 0.125])
    chain = Chain.fit(4, [rng.choice(4, 20_000, p=chances)])
    asked = rng.choice(4, 20_000, p=chances)
    entropy = -(chances * np.log(chances)).sum()
    assert chain.nats(asked, 0) / len(asked) == pytest.approx(entropy, rel=0.01)


def test_a_sequence_that_cannot_go_otherwise_is_foretold_almost_surely():
    chain = Chain.fit(10, [text(*list(range(10)) * 200)])
    asked = text(*list(range(10)) * 20)
    assert chain.nats(asked, 2) / len(asked) < 0.1
    assert chain.nats(asked, 0) / len(asked) == pytest.approx(np.log(10), rel=1e-3)


def test_two_values_before_can_say_what_one_cannot():
    learnt = text(*[0, 0, 1, 1] * 200)
    chain = Chain.fit(2, [learnt])
    assert chain.nats(learnt, 1) / len(learnt) == pytest.approx(np.log(2), rel=0.02)
    assert chain.nats(learnt, 2) / len(learnt) < 0.1


def test_orders_are_blended_by_witten_and_bell():
    chain = Chain.fit(3, [text(0, 1, 0, 1, 0, 2)])
    unigram = {0: 4 / 9, 1: 3 / 9, 2: 2 / 9}
    after_0 = {value: (seen + 2 * unigram[value]) / 5 for value, seen in ((0, 0), (1, 2), (2, 1))}
    asked = -np.log(unigram[0] * after_0[1])
    assert chain.nats(text(0, 1), 1) == pytest.approx(asked)
    assert chain.nats(text(0, 1), 2) == pytest.approx(asked)  # nothing stands before the two


def test_a_context_never_seen_leaves_it_to_the_shorter_one():
    chain = Chain.fit(4, [text(0, 1, 2, 0, 1, 2)])
    assert chain.nats(text(3, 3, 3), 2) == pytest.approx(chain.nats(text(3, 3, 3), 0))


def test_chances_add_up_to_1_whatever_came_before():
    rng = np.random.default_rng(1)
    chain = Chain.fit(5, [rng.integers(4, size=60)])
    for before in ((0, 1), (3, 3), (4, 0)):
        given = chain.nats(text(*before), 2)
        chances = [np.exp(given - chain.nats(text(*before, value), 2)) for value in range(5)]
        assert sum(chances) == pytest.approx(1)


@pytest.mark.parametrize("length", [0, 1, 2])
def test_a_text_shorter_than_the_order_has_its_nats(length):
    chain = Chain.fit(2, [text(0, 1)[:length]])
    assert np.isfinite(chain.nats(np.zeros(length, int), 2))


def test_the_fields_of_a_piece_are_texts_the_velocities_those_of_onsets():
    rows = np.array([[0, 39, 16], [20, 39 + KEYS, 0], [5, 40, 9], [1, 40 + KEYS, 0]], np.uint8)
    shifts, keys, velocities = baselines.sequences(rows)
    assert shifts.tolist() == [0, 20, 5, 1]
    assert keys.tolist() == [39, 127, 40, 128]
    assert velocities.tolist() == [16, 9]


def test_the_chain_beats_the_unigram_on_music():
    found = baselines.measure(walks(range(6)), walks(range(6, 8)))
    assert found["markov_2"] < found["unigram"] < 2 * np.log(125 * 176) + np.log(32)


def test_nats_are_per_note():
    piece = walks([1])[0]
    once, twice = baselines.measure([piece], [piece]), baselines.measure([piece], [piece] * 2)
    assert once == pytest.approx(twice)


def test_without_training_pieces_each_half_is_foretold_by_the_other():
    one, two = walks([1, 2])
    found = baselines.halves([one, two])
    forth, back = baselines.measure([one], [two]), baselines.measure([two], [one])
    assert found["unigram"] == pytest.approx((forth["unigram"] + back["unigram"]) / 2)


def test_one_piece_has_no_halves():
    with pytest.raises(ValueError, match="at least two pieces"):
        baselines.halves(walks([1]))
