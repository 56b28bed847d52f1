import math
from statistics import NormalDist

import numpy as np
import pytest

from ml import overlap
from ml.overlap import Clips

RNG_SEED = 3


def normal(mean, sd=1.0, count=20_000):
    """Values whose quantiles are exactly those of a normal distribution: no chance in them."""
    steps = (np.arange(count) + 0.5) / count
    return mean + sd * np.array([NormalDist().inv_cdf(step) for step in steps])


def common_area(distance):
    """Of two normal densities of spread 1 whose means are `distance` apart: 2 Φ(-d / 2)."""
    return math.erfc(distance / 2 / math.sqrt(2))


def kernel_density(values, at):
    """The sum over all kernels, one by one, as the textbook has it."""
    width = overlap.bandwidth(values)
    z = (at[:, None] - values) / width
    return np.exp(-0.5 * z**2).sum(axis=1) / (len(values) * width * math.sqrt(2 * math.pi))


def clips(features, pieces=None):
    features = np.array(features, float)
    numbers = np.arange(len(features)) if pieces is None else np.array(pieces)
    return Clips(features, numbers)


# Densities


def test_the_bandwidth_is_scotts():
    assert overlap.bandwidth(np.array([1.0, 2.0, 3.0, 6.0])) == pytest.approx(
        math.sqrt(14 / 3) * 4**-0.2
    )


def test_a_density_is_the_sum_of_its_kernels():
    rng = np.random.default_rng(RNG_SEED)
    one, two = rng.gamma(2, 3, 80), rng.normal(20, 1, 50)
    grid, p, q = overlap.densities(one, two)
    assert p == pytest.approx(kernel_density(one, grid), abs=0.01 * p.max())
    assert q == pytest.approx(kernel_density(two, grid), abs=0.01 * q.max())


def test_both_densities_lie_on_one_grid_and_sum_to_one():
    grid, p, q = overlap.densities(np.array([0.0, 1, 2]), np.array([50.0, 60, 80]))
    pitch = grid[1] - grid[0]
    assert p.sum() * pitch == pytest.approx(1, abs=1e-3)
    assert q.sum() * pitch == pytest.approx(1, abs=1e-3)
    assert grid[0] < 0
    assert grid[-1] > 80


# Area and divergence


@pytest.mark.parametrize("distance", [0.5, 1, 2, 3])
def test_the_area_of_two_normal_samples_is_known(distance):
    area, _ = overlap.compare(normal(0), normal(distance))
    assert area == pytest.approx(common_area(distance), abs=0.015)


@pytest.mark.parametrize("distance", [0.5, 1, 2])
def test_the_divergence_of_two_normal_samples_is_known(distance):
    _, divergence = overlap.compare(normal(0), normal(distance))
    assert divergence == pytest.approx(distance**2 / 2, rel=0.05)


def test_the_divergence_is_that_of_the_first_from_the_second():
    narrow, wide = normal(0), normal(0, 2)
    assert overlap.compare(narrow, wide)[1] == pytest.approx(math.log(2) - 3 / 8, abs=0.02)
    assert overlap.compare(wide, narrow)[1] == pytest.approx(3 / 2 - math.log(2), abs=0.15)


def test_what_lies_apart_has_no_area_and_a_finite_divergence():
    area, divergence = overlap.compare(normal(0), normal(1000))
    assert area == 0
    assert 10 < divergence < 30


def test_of_one_and_the_same_sample_only_the_spilt_edge_is_missing():
    values = np.random.default_rng(RNG_SEED).uniform(0, 1, 500)
    area, divergence = overlap.compare(values, values)
    assert 0.9 < area < 0.96
    assert divergence == 0


def test_one_value_only_can_be_compared():
    same, other = np.full(10, 4.0), np.full(10, 5.0)
    assert overlap.compare(same, same) == (1, 0)
    assert overlap.compare(same, same + 1e-15) == (1, 0)
    assert overlap.compare(same, other)[0] == pytest.approx(0, abs=1e-6)
    assert 0 < overlap.compare(same, normal(4, count=50))[0] < 0.1


# Distances


def test_distances_within_a_set_are_those_of_all_pairs():
    assert sorted(overlap.within(np.array([1.0, 4, 6]))) == [2, 3, 5]


def test_distances_between_sets_are_from_each_to_each():
    assert sorted(overlap.between(np.array([1.0, 4]), np.array([0.0, 9]))) == [1, 4, 5, 8]


def test_a_set_like_another_scores_higher_than_one_that_lies_apart():
    people = clips(normal(0, count=100)[:, None])
    like, apart = (
        overlap.likeness(clips(normal(mean, count=60)[:, None]), people) for mean in (0, 3)
    )
    assert like.shape == (1, 2, 2)
    assert like[0, :, 0].min() > 0.9
    assert apart[0, :, 0].max() < 0.5
    assert (apart[0, :, 1] > like[0, :, 1]).all()


def test_a_set_whose_pieces_are_all_alike_is_seen_through():
    """Its distances to people are smaller than theirs to each other; only its own betray it."""
    people = clips(normal(0, count=100)[:, None])
    alike = overlap.likeness(clips(normal(0, 0.01, count=60)[:, None]), people)
    assert alike[0, 0, 0] < 0.5
    assert alike[0, 1, 0] < 0.1


def test_mgeval_is_the_mean_of_both_sets_figures():
    one, two = normal(0, count=40), normal(1, 2, count=30)
    apart = overlap.between(one, two)
    areas = [overlap.compare(overlap.within(values), apart)[0] for values in (one, two)]
    found = overlap.likeness(clips(one[:, None]), clips(two[:, None]))
    assert found[0, 0, 0] == pytest.approx(sum(areas) / 2)


def test_divergences_are_of_people_from_the_clips():
    narrow, wide = (clips(normal(0, sd, count=1000)[:, None]) for sd in (1, 2))
    assert overlap.likeness(wide, narrow)[0, 1, 1] == pytest.approx(math.log(2) - 3 / 8, abs=0.05)


# Clips


def test_clips_of_some_pieces_stay_together():
    four = clips([[1], [2], [3], [4]], [7, 7, 9, 9])
    assert four.of(np.array([9])).features.tolist() == [[3], [4]]
    drawn = four.some(1, np.random.default_rng(RNG_SEED))
    assert drawn.features.tolist() in ([[1], [2]], [[3], [4]])
    assert four.some(5, np.random.default_rng(RNG_SEED)) is four


def test_no_work_stands_in_both_halves():
    works = np.array(["a", "b", "a", "c", "d", "b", "e"])
    for seed in range(20):
        first, second = overlap.halves(works, np.random.default_rng(seed))
        assert sorted([*first, *second]) == list(range(7))
        assert not set(works[first]) & set(works[second])
        assert len(set(works[first])) == 2


# Measure


@pytest.fixture(scope="module")
def crowd():
    """40 performances of 30 works, two clips each, two features."""
    rng = np.random.default_rng(RNG_SEED)
    features = rng.normal(0, 1, (80, 2)) + np.repeat(rng.normal(0, 1, (40, 2)), 2, axis=0)
    works = np.array([f"work {i % 30}" for i in range(40)])
    return clips(features, np.repeat(np.arange(40), 2)), works


def test_people_like_people_score_at_the_ceiling(crowd):
    people, works = crowd
    rng = np.random.default_rng(5)
    features = rng.normal(0, 1, (20, 2)) + np.repeat(rng.normal(0, 1, (10, 2)), 2, axis=0)
    composed = clips(features, np.repeat(np.arange(10), 2))
    scores = overlap.measure(composed, people, works, draws=10)
    assert {who: found.shape for who, found in scores.items()} == dict.fromkeys(
        ("composed", "people", "halves"), (10, 2, 2, 2)
    )
    means = {who: found[..., 0].mean() for who, found in scores.items()}
    assert means["composed"] == pytest.approx(means["people"], abs=0.05)
    assert means["halves"] > means["people"]  # of more clips


def test_others_score_below_the_ceiling(crowd):
    people, works = crowd
    composed = clips(people.features[:20] + 4, people.pieces[:20])
    told = overlap.summary(overlap.measure(composed, people, works, draws=5), ["high", "low"])
    for kind in overlap.KINDS:
        assert told[kind]["composed"]["high"] < told[kind]["people"]["low"] - 0.2
        assert told[kind]["divergence"]["composed"] > told[kind]["divergence"]["people"]
        assert told[kind]["by_feature"].keys() == {"high", "low"}


@pytest.mark.parametrize("pieces", [6, 40], ids=["fewer", "more"])
def test_composed_and_people_are_as_many(crowd, monkeypatch, pieces):
    """Of 40 performances a half holds some 20, two clips each: no more can be asked of either."""
    people, works = crowd
    sizes = []

    def likeness(some, others):
        sizes.append(len(some))
        return np.zeros((2, 2, 2))

    monkeypatch.setattr(overlap, "likeness", likeness)
    overlap.measure(people.of(np.arange(pieces)), people, works, draws=3)
    for composed, sample, half in zip(*[iter(sizes)] * 3, strict=True):
        assert composed == sample == min(2 * pieces, half)


def test_a_measure_gives_the_same_figures_again(crowd):
    people, works = crowd
    one, two = (overlap.measure(people, people, works, draws=2) for _ in range(2))
    assert one["people"].tolist() == two["people"].tolist()


def test_too_few_to_compare_are_not_measured(crowd):
    people, works = crowd
    assert overlap.measure(people, people.of(np.arange(3)), works[:3]) is None
    assert overlap.measure(people.of(np.arange(1)), people, works) is None
    assert overlap.measure(people.of(np.arange(0)), people, works) is None


def test_a_summary_tells_means_and_the_middle_of_the_draws():
    scores = np.zeros((21, 1, 2, 2))
    scores[:, 0, 0, 0] = np.arange(21) / 100
    told = overlap.summary({"composed": scores}, ["velocity"])
    assert told["mgeval"] == {
        "composed": {"mean": 0.1, "low": 0.01, "high": 0.19},
        "divergence": {"composed": 0},
        "by_feature": {"velocity": {"composed": 0.1}},
    }
    assert told["direct"]["composed"] == {"mean": 0, "low": 0, "high": 0}
