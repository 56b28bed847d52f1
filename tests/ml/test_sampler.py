import numpy as np
import pytest

from ml.sampler import Taste, draw, probabilities

DRAWS = 4000


def frequencies(logits, taste, allowed=None, seed=1):
    rng = np.random.default_rng(seed)
    values = [draw(logits, taste, rng, allowed) for _ in range(DRAWS)]
    return np.bincount(values, minlength=len(logits)) / DRAWS


def chi_square(found, expected):
    """Pearson's statistic of frequencies against chances that are all above 0."""
    return DRAWS * ((found - expected) ** 2 / expected).sum()


@pytest.mark.parametrize(
    "temperature",
    [pytest.param(0.5, id="tame"), pytest.param(1, id="as learnt"), pytest.param(2, id="wild")],
)
def test_known_logits_give_known_frequencies(temperature):
    chances = np.array([0.5, 0.25, 0.15, 0.07, 0.03])
    expected = chances ** (1 / temperature)
    expected /= expected.sum()
    found = frequencies(np.log(chances), Taste(temperature))
    assert chi_square(found, expected) < 18.5  # 4 degrees of freedom: 1 in 1,000


def test_logits_are_no_probabilities():
    assert probabilities(np.array([0.9, 0.1]), Taste()) == pytest.approx([0.69, 0.31], abs=0.001)


def test_a_shift_of_all_logits_changes_nothing():
    logits = np.array([1.0, 2.0, 3.0])
    assert probabilities(logits + 1e4, Taste()) == pytest.approx(probabilities(logits, Taste()))


@pytest.mark.parametrize(
    ("top_p", "expected"),
    [
        pytest.param(1, [0.5, 0.25, 0.15, 0.1], id="all"),
        pytest.param(0.8, [5 / 9, 2.5 / 9, 1.5 / 9, 0], id="the one that reaches it stays"),
        pytest.param(0.74, [2 / 3, 1 / 3, 0, 0], id="two"),
        pytest.param(0.01, [1, 0, 0, 0], id="never none"),
    ],
)
def test_the_nucleus_is_the_likeliest_that_reach_top_p(top_p, expected):
    logits = np.log([0.5, 0.25, 0.15, 0.1])
    assert probabilities(logits, Taste(top_p=top_p)) == pytest.approx(expected)


def test_the_nucleus_is_chosen_after_the_temperature():
    logits = np.log([0.6, 0.2, 0.2])
    assert np.count_nonzero(probabilities(logits, Taste(0.3, top_p=0.9))) == 1
    assert np.count_nonzero(probabilities(logits, Taste(3, top_p=0.9))) == 3


@pytest.mark.parametrize(
    ("min_p", "expected"),
    [
        pytest.param(0, [0.5, 0.25, 0.15, 0.1], id="all"),
        pytest.param(0.19, [0.5, 0.25, 0.15, 0.1], id="all that reach it"),
        pytest.param(0.25, [5 / 9, 2.5 / 9, 1.5 / 9, 0], id="three"),
        pytest.param(0.99, [1, 0, 0, 0], id="never none"),
    ],
)
def test_min_p_keeps_what_reaches_its_share_of_the_likeliest(min_p, expected):
    logits = np.log([0.5, 0.25, 0.15, 0.1])
    assert probabilities(logits, Taste(min_p=min_p)) == pytest.approx(expected)


def test_min_p_pays_for_heat():
    """At temperature 2 the likeliest loses, but what had a tenth of its chance stays out."""
    logits = np.log([0.8, 0.16, 0.04])
    kept = probabilities(logits, Taste(2, min_p=0.3))
    assert kept == pytest.approx([np.sqrt(0.8), np.sqrt(0.16), 0] / (np.sqrt(0.8) + 0.4))


def test_min_p_is_of_the_likeliest_that_is_allowed():
    logits = np.log([0.9, 0.06, 0.04])
    chances = probabilities(logits, Taste(min_p=0.5), np.array([False, True, True]))
    assert chances == pytest.approx([0, 0.6, 0.4])


def test_nucleus_and_min_p_both_hold():
    logits = np.log([0.5, 0.25, 0.15, 0.1])
    assert probabilities(logits, Taste(top_p=0.8, min_p=0.4)) == pytest.approx([2 / 3, 1 / 3, 0, 0])
    assert probabilities(logits, Taste(top_p=0.6, min_p=0.1)) == pytest.approx([2 / 3, 1 / 3, 0, 0])


def test_what_is_not_allowed_is_never_drawn():
    logits = np.log([0.7, 0.2, 0.1])
    allowed = np.array([False, True, True])
    found = frequencies(logits, Taste(), allowed)
    assert found[0] == 0
    assert chi_square(found[1:], np.array([2 / 3, 1 / 3])) < 10.8  # 1 degree: 1 in 1,000


def test_the_mask_comes_before_the_nucleus():
    logits = np.log([0.9, 0.06, 0.04])
    chances = probabilities(logits, Taste(top_p=0.5), np.array([False, True, True]))
    assert chances == pytest.approx([0, 1, 0])


def test_an_unlikely_value_can_be_forced():
    logits = np.array([0, -1e9], np.float32)
    assert draw(logits, Taste(), np.random.default_rng(1), np.array([False, True])) == 1


def test_nothing_to_draw_is_a_value_error():
    with pytest.raises(ValueError, match="no value"):
        probabilities(np.zeros(3), Taste(), np.zeros(3, bool))


@pytest.mark.parametrize(
    ("taste", "expected"),
    [
        pytest.param(Taste(top_p=0.6), [0.4, 0, 0.6, 0], id="top_p"),
        pytest.param(Taste(min_p=0.5), [0.4, 0, 0.4, 0.2], id="min_p"),
        pytest.param(Taste(), [0.3, 0.1, 0.4, 0.2], id="as learnt"),
    ],
)
def test_each_kind_is_trimmed_by_itself_and_keeps_its_chance(taste, expected):
    logits = np.log([0.3, 0.1, 0.4, 0.2])
    assert probabilities(logits, taste, kinds=2) == pytest.approx(expected)


def test_a_kind_of_which_nothing_is_allowed_has_no_chance():
    allowed = np.array([False, False, True, True])
    chances = probabilities(np.zeros(4), Taste(top_p=0.9, min_p=0.1), allowed, kinds=2)
    assert chances == pytest.approx([0, 0, 0.5, 0.5])


class Dice:
    """In the place of a Generator: throws what it is told, and counts."""

    def __init__(self, number):
        self.number, self.throws = number, 0

    def random(self):
        self.throws += 1
        return self.number


@pytest.mark.parametrize("number", [0.0, 0.4999, 0.5, 1 - 2**-53])
def test_a_draw_takes_exactly_one_number(number):
    dice = Dice(number)
    draw(np.zeros(10), Taste(top_p=0.5), dice)
    assert dice.throws == 1


@pytest.mark.parametrize(("number", "value"), [(0.0, 1), (0.4999, 1), (0.5, 3), (1 - 2**-53, 3)])
def test_no_throw_hits_a_value_without_a_chance(number, value):
    allowed = np.array([False, True, False, True, False])
    assert draw(np.zeros(5), Taste(), Dice(number), allowed) == value


def test_logits_are_left_as_they_were():
    logits = np.array([1, 2, 3], np.float32)
    draw(logits, Taste(0.5, 0.5), np.random.default_rng(1), np.array([True, False, True]))
    assert logits.tolist() == [1, 2, 3]


@pytest.mark.parametrize("temperature", [0, 0.04, 5.1, -1, float("nan"), float("inf")])
def test_a_temperature_out_of_bounds_is_a_value_error(temperature):
    with pytest.raises(ValueError, match="temperature"):
        Taste(temperature)


@pytest.mark.parametrize("top_p", [0, -0.1, 1.01, float("nan")])
def test_a_top_p_out_of_bounds_is_a_value_error(top_p):
    with pytest.raises(ValueError, match="top_p"):
        Taste(top_p=top_p)


@pytest.mark.parametrize("min_p", [-0.1, 1, 1.5, float("nan")])
def test_a_min_p_out_of_bounds_is_a_value_error(min_p):
    with pytest.raises(ValueError, match="min_p"):
        Taste(min_p=min_p)
