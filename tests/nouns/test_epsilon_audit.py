"""The audited epsilon: agrees with independent formulas, and is never above the truth more often than it may."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some
from scipy.stats import beta, binom

from pipelines.epsilon_audit import audit, chance, lower_bound, tails


@given(some.integers(1, 400), some.floats(0.01, 0.999))
def test_the_tail_is_the_binomial_one(trials: int, success: float) -> None:
    counts = np.arange(trials + 1)
    np.testing.assert_allclose(tails(trials, success), binom.sf(counts - 1, trials, success), rtol=1e-9, atol=1e-200)


@given(some.integers(1, 500), some.data())
@settings(max_examples=60, deadline=None)
def test_without_delta_the_bound_is_the_logit_of_clopper_and_pearsons(guesses: int, data: some.DataObject) -> None:
    right = data.draw(some.integers(1, guesses))
    share = beta.ppf(0.05, right, guesses - right + 1)
    expected = max(0.0, math.log(share / (1 - share))) if share < 1 else math.inf
    assert lower_bound(guesses, guesses, right) == pytest.approx(min(expected, 64), abs=1e-6)


@pytest.mark.parametrize(("epsilon", "delta"), [(0.5, 0.0), (2.0, 1e-5), (4.0, 1e-3)])
def test_the_chance_is_the_theorems_sum_term_by_term(epsilon: float, delta: float) -> None:
    canaries, guesses, right = 200, 60, 50
    success = 1 / (1 + math.exp(-epsilon))
    base = binom.sf(right - 1, guesses, success)
    steps = [(binom.sf(right - i - 1, guesses, success) - base) / i for i in range(1, right + 1)]
    assert chance(canaries, guesses, right, epsilon, delta) == pytest.approx(
        min(1, base + 2 * canaries * delta * max(steps))
    )


def test_more_right_guesses_prove_more_and_a_delta_proves_less() -> None:
    bounds = [lower_bound(1000, 200, right) for right in (100, 140, 180, 200)]
    assert bounds == sorted(bounds)
    assert bounds[0] == 0
    assert bounds[-1] > 4
    assert lower_bound(1000, 200, 180, delta=1e-3) < bounds[2]


def randomised_response(epsilon: float, canaries: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Scores that reveal each coin under exactly this epsilon, with noise that only orders equals."""
    included = rng.random(canaries) < 0.5
    truthful = rng.random(canaries) < 1 / (1 + math.exp(-epsilon))
    return np.where(truthful, included, ~included) + rng.uniform(0, 0.1, canaries), included


@pytest.mark.no_cover  # long, over lines that others count
@pytest.mark.parametrize("epsilon", [0.5, 1.0, 3.0])
def test_a_mechanism_of_known_epsilon_is_never_accused_wrongly_more_often_than_one_time_in_twenty(
    epsilon: float,
) -> None:
    rng = np.random.default_rng(7)
    bounds = np.array([audit(*randomised_response(epsilon, 1000, rng), guesses=800).bound for _ in range(200)])
    assert (bounds <= epsilon).mean() >= 0.92  # 95 % but for the chance of 200 runs
    assert np.median(bounds) > 0.75 * epsilon


def test_a_claim_that_is_too_small_is_found_out() -> None:
    rng = np.random.default_rng(8)
    bounds = [audit(*randomised_response(3.0, 1000, rng), guesses=800).bound for _ in range(20)]
    assert min(bounds) > 2.0


def test_scores_that_know_nothing_prove_nothing() -> None:
    rng = np.random.default_rng(9)
    bounds = [audit(rng.random(500), rng.random(500) < 0.5, guesses=200).bound for _ in range(100)]
    assert np.mean(np.array(bounds) > 0.5) <= 0.05


def test_without_a_guess_nothing_is_proven() -> None:
    assert audit(np.zeros(10), np.ones(10, dtype=bool), guesses=0).bound == 0


def test_counts_that_cannot_be_are_refused() -> None:
    with pytest.raises(ValueError, match="guesses <= canaries"):
        chance(10, 20, 5, 1.0, 0.0)
