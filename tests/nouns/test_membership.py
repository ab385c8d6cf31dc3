"""Membership inference: the measures agree with sklearn's, hold their confidence, and tell a memory from a model."""

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some
from sklearn.metrics import roc_auc_score, roc_curve

from pipelines.membership import Membership, area, attack, curve, found_at, midranks, signals, tell_apart, wilson

scores = some.lists(some.integers(-4, 4).map(float), min_size=2, max_size=30).map(np.array)


@given(scores, scores)
def test_the_area_is_that_of_a_peer_with_equal_scores_too(members: np.ndarray, others: np.ndarray) -> None:
    true = np.r_[np.ones(members.size), np.zeros(others.size)]
    found = area(members, others)
    assert found.value == pytest.approx(roc_auc_score(true, np.r_[members, others]))
    assert 0 <= found.low <= found.value <= found.high <= 1


@given(scores, scores)
def test_the_curve_is_that_of_a_peer(members: np.ndarray, others: np.ndarray) -> None:
    true = np.r_[np.ones(members.size), np.zeros(others.size)]
    false_rates, true_rates, _ = roc_curve(true, np.r_[members, others], drop_intermediate=False)
    false, found = curve(members, others)
    np.testing.assert_allclose(false, false_rates)
    np.testing.assert_allclose(found, true_rates)


def test_ranks_share_the_mean_where_values_are_equal() -> None:
    assert midranks(np.array([3.0, 1.0, 3.0, 2.0])).tolist() == [3.5, 1.0, 3.5, 2.0]


def test_delongs_interval_is_as_wide_as_the_one_of_a_hundred_repetitions() -> None:
    """The spread that DeLong computes from one sample is the spread over samples."""
    rng = np.random.default_rng(1)
    drawn = [area(rng.normal(0.5, 1, 300), rng.normal(0, 1, 200)) for _ in range(200)]
    widths = np.array([found.high - found.low for found in drawn]) / (2 * 1.96)
    assert widths.mean() == pytest.approx(np.std([found.value for found in drawn]), rel=0.15)


def test_the_intervals_of_a_coin_hold_the_truth_nineteen_times_of_twenty() -> None:
    rng = np.random.default_rng(2)
    areas, shares = 0, 0
    for _ in range(300):
        members, others = rng.normal(size=400), rng.normal(size=500)
        areas += area(members, others).low <= 0.5 <= area(members, others).high
        found = found_at(members, others)
        shares += found.low <= 0.01 <= found.high
    assert areas >= 0.92 * 300
    assert shares >= 0.95 * 300


def test_a_score_that_equals_the_threshold_is_no_find() -> None:
    others = np.arange(1000.0)
    assert found_at(np.array([989.0, 990.0]), others).value == 0.5  # ten of the others lie above 989


def test_few_others_prove_no_share_at_few_false_positives() -> None:
    found = found_at(np.ones(50), np.zeros(50))
    assert found.low == 0


def test_wilsons_interval_is_the_published_one() -> None:
    # Newcombe 1998 (Statistics in Medicine 17:857), table I, method 3: 81 of 263.
    assert wilson(81 / 263, 263) == pytest.approx((0.2553, 0.3662), abs=5e-5)


def test_a_model_that_remembers_its_rows_gives_them_away_and_one_that_knows_the_law_does_not() -> None:
    rng = np.random.default_rng(3)
    classes = rng.integers(0, 3, 4000)
    members, others = classes[:2000], classes[2000:]
    honest = rng.dirichlet((4, 2, 1), 4000)
    remembered = honest[:2000] * 0.2 + 0.8 * np.eye(3)[members]
    fair = attack(signals(members, honest[:2000]), signals(others, honest[2000:]), members, others)
    told = attack(signals(members, remembered), signals(others, honest[2000:]), members, others)
    assert fair.auc.low < 0.53
    assert told.auc.value > 0.9
    assert told.tpr.low > 0.05


def test_a_threshold_per_class_finds_what_one_for_all_does_not() -> None:
    rng = np.random.default_rng(4)
    classes = np.repeat([0, 1], 1000)
    level = np.where(classes == 0, 0.55, 0.9)

    def table(more: float) -> np.ndarray:
        given_now = np.clip(level + more + rng.normal(0, 0.02, 2000), 0, 1)
        return np.where(classes[:, None] == [[0, 1]], given_now[:, None], 1 - given_now[:, None])

    found = attack(signals(classes, table(0.05)), signals(classes, table(0.0)), classes, classes).attacks
    assert found["class_loss"].auc.value > 0.9
    assert found["loss"].auc.value < 0.8


def test_a_reference_takes_out_how_hard_a_row_is() -> None:
    rng = np.random.default_rng(5)
    hard = rng.uniform(0.1, 0.9, 4000)
    classes = np.zeros(4000, dtype=np.int64)
    given_now = hard.copy()
    given_now[:2000] += 0.05
    probabilities = np.stack([given_now, 1 - given_now], axis=1)
    reference = -np.log(hard)
    found = attack(
        signals(classes[:2000], probabilities[:2000], reference[:2000]),
        signals(classes[2000:], probabilities[2000:], reference[2000:]),
        classes[:2000],
        classes[2000:],
    ).attacks
    assert found["difficulty"].auc.value > 0.99
    assert found["loss"].auc.value < 0.6


def test_figures_come_back_from_json() -> None:
    rng = np.random.default_rng(6)
    ours, theirs = {"loss": rng.normal(1, 1, 200)}, {"loss": rng.normal(size=300)}
    found = attack(ours, theirs, np.zeros(200, dtype=np.int64), np.zeros(300, dtype=np.int64))
    content = json.loads(json.dumps(found.to_dict()))
    assert Membership.from_dict(content) == found
    assert content["strongest"]["auc"]["value"] == found.auc.value


@given(some.integers(1, 40), some.integers(1, 40))
@settings(max_examples=30)
def test_the_advantage_is_the_widest_gap_between_both_laws(m: int, n: int) -> None:
    rng = np.random.default_rng(m * 41 + n)
    members, others = rng.normal(0.3, 1, m), rng.normal(size=n)
    gaps = [(members >= cut).mean() - (others >= cut).mean() for cut in np.r_[members, others]]
    assert tell_apart(members, others).advantage == pytest.approx(max(0, *gaps))
