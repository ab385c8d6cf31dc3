"""How good numbers, places in an order and texts are foreseen: measures that a hand can check, and laws that hold."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some
from sklearn.metrics import cohen_kappa_score, mean_absolute_error, mean_squared_error, r2_score

from pipelines.bundle import median_label
from pipelines.errors import DataError
from pipelines.estimates import number_measures, order_measures
from pipelines.gates import beats_baseline, not_worse_than_champion, rows_needed
from pipelines.paired_losses import paired_losses
from pipelines.people import permuted
from pipelines.perplexity import text_measures, unigram_nats
from pipelines.scores import Scores
from pipelines.standing import beats_ignorance
from pipelines.terms import Terms

DICE = np.random.default_rng(7)
TRUE = DICE.normal(100, 20, 300)
FOUND = TRUE + DICE.normal(0, 10, 300)


def test_errors_of_numbers_are_those_of_scikit_learn() -> None:
    found = number_measures(TRUE, FOUND, draws=200, seed=1)
    assert found["mse"].value == pytest.approx(mean_squared_error(TRUE, FOUND))
    assert found["rmse"].value == pytest.approx(math.sqrt(mean_squared_error(TRUE, FOUND)))
    assert found["mae"].value == pytest.approx(mean_absolute_error(TRUE, FOUND))
    assert found["r2"].value == pytest.approx(r2_score(TRUE, FOUND))
    assert found["mean_rmse"].value == pytest.approx(TRUE.std())
    for name in ("mse", "rmse", "mae", "r2"):
        assert found[name].low < found[name].value < found[name].high


def test_the_interval_of_an_error_is_as_wide_as_its_standard_error_says() -> None:
    mse = number_measures(TRUE, FOUND, draws=4000, seed=1)["mse"]
    error = np.square(FOUND - TRUE).std() / math.sqrt(TRUE.size)
    assert mse.high - mse.low == pytest.approx(2 * 1.96 * error, rel=0.1)


def test_where_all_numbers_are_equal_there_is_no_variance_to_explain() -> None:
    found = number_measures(np.full(9, 3.0), np.full(9, 4.0), draws=20, seed=1)
    assert "r2" not in found
    assert found["mae"].value == 1


@given(some.lists(some.tuples(some.integers(0, 4), some.integers(0, 4)), min_size=2, max_size=40))
@settings(max_examples=40, deadline=None)
def test_steps_and_kappa_are_those_of_scikit_learn(pairs: list[tuple[int, int]]) -> None:
    true, found = np.array(pairs).T
    measures = order_measures(true, found, draws=10, seed=1)
    assert measures["mae"].value == pytest.approx(np.abs(true - found).mean())
    if len(set(true) | set(found)) > 1:
        kappa = cohen_kappa_score(true, found, labels=range(5), weights="quadratic")
        assert measures["quadratic_kappa"].value == pytest.approx(kappa)
    else:
        assert "quadratic_kappa" not in measures


@given(some.lists(some.floats(0.01, 1), min_size=3, max_size=6))
@settings(max_examples=60, deadline=None)
def test_no_other_label_is_fewer_steps_away_than_the_middle_one(weights: list[float]) -> None:
    likely = np.array([weights]) / sum(weights)
    places = np.arange(len(weights))
    away = [float((likely[0] * np.abs(places - place)).sum()) for place in places]
    assert away[median_label(likely)[0]] == pytest.approx(min(away))


def test_a_model_that_knows_nothing_of_256_characters_is_as_unsure_as_among_256() -> None:
    characters = np.array([10, 30])
    nats = characters * math.log(256)
    found = text_measures(nats, characters, nats, draws=50, seed=1)
    assert found["perplexity"].value == pytest.approx(256)
    assert found["bits_per_character"].value == pytest.approx(8)
    assert found["unigram_bits"].low == pytest.approx(8)


def test_frequencies_of_characters_come_from_the_texts_that_were_learnt() -> None:
    likely, seldom, never = unigram_nats(["aaaab"], ["a", "b", "c"])
    assert math.exp(-likely) == pytest.approx(5 / 8)
    assert math.exp(-seldom) == pytest.approx(2 / 8)
    assert math.exp(-never) == pytest.approx(1 / 8)


def test_half_the_error_is_half_saved_and_no_chance() -> None:
    theirs = np.square(DICE.normal(0, 1, 400))
    paired = paired_losses(theirs / 2, theirs, "squared error", seed=3)
    assert paired.difference.value == pytest.approx(0.5)
    assert paired.p_value < 0.001
    assert beats_baseline(paired).passed
    assert not_worse_than_champion(paired, 0.1).passed
    worse = paired_losses(theirs, theirs / 2, "squared error", seed=3)
    assert worse.difference.value == pytest.approx(-1)
    assert not not_worse_than_champion(worse, 0.1).passed


def test_a_permutation_counts_the_signs_that_are_as_extreme() -> None:
    dice = np.random.default_rng(5)
    assert permuted(np.ones(4), 8000, dice) == pytest.approx(2 / 16, abs=0.015)
    assert permuted(np.array([3.0, -1.0]), 8000, dice) == pytest.approx(1, abs=0.015)
    assert permuted(np.array([1.0, -1.0]), 10, dice) == 1


def test_equal_models_are_better_than_one_another_as_seldom_as_a_coin_says() -> None:
    better = 0
    for seed in range(60):
        dice = np.random.default_rng(seed)
        errors = np.square(dice.normal(0, 1, (2, 60)))
        better += beats_baseline(paired_losses(errors[0], errors[1], "squared error", draws=400, seed=seed)).passed
    assert better <= 6  # 1.5 on average


def test_a_model_without_any_error_is_no_division_by_nothing() -> None:
    none = np.zeros(20)
    assert paired_losses(none, none, "squared error").difference.value == 0
    assert paired_losses(none + 1, none, "squared error").difference.value == -1
    assert rows_needed(paired_losses(none, none, "squared error"), 0.1) == 0


def test_losses_of_different_rows_are_refused() -> None:
    with pytest.raises(DataError, match="3 of our losses and 2 of theirs"):
        paired_losses(np.ones(3), np.ones(2), "squared error")


def scored(**values: tuple[float, float]) -> Scores:
    """Scores of a number with these values and low ends."""
    from pipelines.bootstrap import Measure

    measures = {name: Measure(value, low, 2 * value - low) for name, (value, low) in values.items()}
    task = "regression" if "rmse" in values else "ordinal" if "mae" in values else "language"
    return Scores(100, [], measures, {}, {}, [], task)


def test_a_number_is_worth_promoting_where_it_beats_the_mean_beyond_chance() -> None:
    sure = beats_ignorance(scored(r2=(0.4, 0.2), rmse=(5.0, 4.0), mean_rmse=(6.0, 6.0)))
    unsure = beats_ignorance(scored(r2=(0.1, -0.05), rmse=(5.8, 5.0), mean_rmse=(6.0, 6.0)))
    assert (sure.name, sure.passed, unsure.passed) == ("beats_mean", True, False)
    assert "not better than always answering the mean" in unsure.reason


def test_an_order_and_a_text_have_to_follow_the_row_as_well() -> None:
    assert beats_ignorance(scored(quadratic_kappa=(0.3, 0.1), mae=(0.5, 0.4))).passed
    assert not beats_ignorance(scored(quadratic_kappa=(0.05, -0.1), mae=(0.9, 0.8))).passed
    assert beats_ignorance(scored(bits_per_character=(2.0, 1.9), unigram_bits=(4.7, 4.6))).passed
    assert not beats_ignorance(scored(bits_per_character=(4.7, 4.5), unigram_bits=(4.7, 4.6))).passed


def test_margins_are_points_for_hits_and_shares_for_errors() -> None:
    terms = Terms(points=0.02, errors=0.1)
    told = not_worse_than_champion(paired_losses(np.ones(9), np.ones(9), "squared error"), terms.errors).reason
    assert "at most 10.0 % of the squared error worse" in told
