"""Exposure: a coin's mean is 1.44 bits, a secret that was learnt stands out, and canaries are made-up words."""

import math

import numpy as np
import pytest
from scipy.stats import skewnorm

from pipelines.exposure import by_distribution, by_rank, exposure, make_canaries


def test_the_most_believed_of_all_has_every_bit_and_the_least_believed_none() -> None:
    references = np.arange(1.0, 1024.0)
    assert by_rank(np.array([0.5]), references) == pytest.approx(10)
    assert by_rank(np.array([5000.0]), references) == pytest.approx(0)


def test_equal_losses_share_their_ranks() -> None:
    assert by_rank(np.array([1.0]), np.array([1.0, 1.0, 1.0])) == pytest.approx(2 - math.log2(2.5))


def test_what_was_not_seen_is_exposed_by_one_bit_and_a_half_on_average() -> None:
    rng = np.random.default_rng(1)
    found = exposure(rng.normal(5, 1, 20000), rng.normal(5, 1, 2000))
    assert found.mean == pytest.approx(1 / math.log(2), abs=0.05)


def test_both_ways_of_counting_agree_where_both_can_count() -> None:
    rng = np.random.default_rng(2)
    references = rng.normal(5, 1, 5000)
    losses = np.array([3.5, 4.0, 5.0, 6.0])
    np.testing.assert_allclose(by_distribution(losses, references), by_rank(losses, references), atol=0.15)


def test_a_skewed_law_is_fitted_too() -> None:
    references = skewnorm.rvs(4, size=20000, random_state=4)
    losses = np.array([-0.5, 0.0, 0.5, 1.0])
    expected = -skewnorm.logcdf(losses, 4) / math.log(2)
    np.testing.assert_allclose(by_distribution(losses, references), expected, rtol=0.1)


def test_the_fitted_law_goes_on_where_ranks_end() -> None:
    rng = np.random.default_rng(3)
    references = rng.normal(10, 1, 1000)
    assert by_rank(np.array([2.0]), references) == pytest.approx(math.log2(1001))
    assert by_distribution(np.array([2.0]), references)[0] > 30


def test_references_that_are_all_equal_are_ranked() -> None:
    found = by_distribution(np.array([1.0, 3.0]), np.full(7, 2.0))
    assert found.tolist() == pytest.approx([3.0, 0.0])


def test_canaries_are_equal_per_seed_and_differ_from_each_other() -> None:
    made, again, other = (make_canaries(200, 3, seed, 150) for seed in (1, 1, 2))
    assert made.texts == again.texts
    assert not set(made.texts) & set(other.texts)
    assert len(set(made.texts)) == 200
    assert len({word for text in made.texts for word in text.split()}) <= 150
    assert set(made.classes) == {0, 1, 2}
    assert 60 < made.included.sum() < 140
