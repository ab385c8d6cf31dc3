"""Promotion: the tests of two models on the same rows are honest, and every gate can stop a model."""

import json
from functools import cache

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as some
from numpy.typing import NDArray
from scipy import optimize, stats

from pipelines.errors import DataError, ParameterError
from pipelines.gates import (
    Decision,
    Gate,
    beats_baseline,
    beats_majority,
    better_or_fresher,
    choose_challenger,
    classes_hold,
    decide,
    holm,
    not_worse_than_champion,
    rows_needed,
)
from pipelines.paired import (
    Paired,
    mcnemar,
    mcnemar_worse,
    paired_counts,
    paired_test,
    score_interval,
    score_statistic,
)
from pipelines.paired_f1 import paired_f1
from pipelines.scores import Scores, scores_of

Integers = NDArray[np.int64]
counts = some.integers(0, 40)
compared = cache(paired_counts)


def simulated(rows: int, for_us: float, for_them: float, times: int = 3000, seed: int = 5) -> list[Paired]:
    """The comparisons of many test sets on which one model alone is right with these probabilities."""
    rng = np.random.default_rng(seed)
    drawn = rng.multinomial(rows, [for_us, for_them, 1 - for_us - for_them], size=times)
    return [compared(rows, int(b), int(c)) for b, c, _ in drawn]


def predictions(rows: int, classes: int, accuracy: float, seed: int) -> tuple[Integers, Integers]:
    rng = np.random.default_rng(seed)
    true = rng.integers(0, classes, rows)
    wrong = (true + rng.integers(1, classes, rows)) % classes
    return true, np.where(rng.random(rows) < accuracy, true, wrong)


@given(counts, counts)
@settings(max_examples=200, deadline=None)
def test_mcnemar_is_the_exact_binomial_test_less_half_of_what_was_seen(b: int, c: int) -> None:
    exact = stats.binomtest(b, b + c, 0.5).pvalue if b + c else 1.0
    seen = stats.binom.pmf(b, b + c, 0.5)
    assert mcnemar(b, c) == pytest.approx(
        min(exact, 2 * stats.binom.cdf(min(b, c), b + c, 0.5)) - seen if b != c else 1
    )


@given(counts, counts)
@settings(max_examples=100, deadline=None)
def test_the_one_sided_test_is_the_exact_binomial_test(b: int, c: int) -> None:
    expected = stats.binomtest(b, b + c, 0.5, alternative="less").pvalue if b + c else 1.0
    assert mcnemar_worse(b, c) == pytest.approx(expected)


def test_mcnemar_stays_exact_for_many_rows() -> None:
    assert mcnemar_worse(24_600, 25_400) == pytest.approx(stats.binom.cdf(24_600, 50_000, 0.5), rel=1e-8)
    assert mcnemar(0, 60_000) == 0.0


def test_mcnemar_gives_the_published_value() -> None:
    # Fagerland, Lydersen & Laake 2013: 1 against 7 discordant pairs has exact p = 0.070, mid-p = 0.039.
    assert round(mcnemar(1, 7), 3) == 0.039


@given(some.integers(1, 40), counts, counts, some.floats(-0.95, 0.95))
@settings(max_examples=60, deadline=None)
def test_the_score_statistic_takes_the_most_likely_rates(rest: int, b: int, c: int, difference: float) -> None:
    rows = b + c + rest
    assume(difference == 0 or abs(difference) > 1e-9)  # far below what rows can show, the search's own errors are all

    def unlikelihood(q: float) -> float:
        rates = np.clip([q + difference, q, 1 - 2 * q - difference], 1e-300, 1)
        return -float(np.array([b, c, rest]) @ np.log(rates))

    low, high = max(0.0, -difference), (1 - difference) / 2
    q = optimize.minimize_scalar(unlikelihood, bounds=(low, high), method="bounded", options={"xatol": 1e-12}).x
    expected = (b - c - rows * difference) / (rows * (2 * q + difference - difference**2)) ** 0.5
    assert score_statistic(rows, b, c, difference) == pytest.approx(expected, rel=1e-3, abs=1e-3)


@given(some.integers(0, 200), counts, counts)
@settings(max_examples=100, deadline=None)
def test_the_interval_holds_the_difference_and_turns_with_the_models(rest: int, b: int, c: int) -> None:
    rows = rest + b + c
    if rows == 0:
        return
    low, high = score_interval(rows, b, c, confidence=0.95)
    assert -1 <= low <= (b - c) / rows <= high <= 1
    assert score_interval(rows, c, b, confidence=0.95) == pytest.approx((-high, -low))


def test_the_interval_is_the_published_one() -> None:
    # Fagerland, Lydersen & Laake 2014, Statistics in Medicine 33:2850-2875: Tango's interval for 1 against 7.
    assert score_interval(21, 1, 7, confidence=0.95) == pytest.approx((-0.517, -0.026), abs=0.0005)


def test_models_that_never_differ_still_leave_doubt() -> None:
    pair = paired_counts(50, 0, 0)
    squared = stats.norm.ppf(0.975) ** 2
    assert pair.difference.high == pytest.approx(squared / (50 + squared))
    assert pair.p_value == 1


@pytest.mark.parametrize(("rows", "b", "c"), [(100, 0.06, 0.04), (60, 0.03, 0.02), (1000, 0.05, 0.03)])
def test_the_interval_covers_the_truth_95_times_in_100(rows: int, b: float, c: float) -> None:
    pairs = simulated(rows, b, c)
    covered = np.mean([pair.difference.low <= b - c <= pair.difference.high for pair in pairs])
    assert 0.93 <= covered <= 0.985


def test_the_paired_test_counts_the_rows_that_one_model_alone_gets_right() -> None:
    true, ours, theirs = np.array([0, 1, 2, 0, 1]), np.array([0, 1, 2, 1, 0]), np.array([0, 0, 0, 0, 2])
    pair = paired_test(true, ours, theirs)
    assert (pair.rows, pair.only_ours_right, pair.only_theirs_right) == (5, 2, 1)
    assert pair.difference.value == pytest.approx(0.2)


@pytest.mark.parametrize("rows", [0, 3])
def test_predictions_for_other_rows_are_refused(rows: int) -> None:
    true, theirs = np.zeros(rows, dtype=np.int64), np.zeros(0, dtype=np.int64)
    with pytest.raises(DataError, match="same rows"):
        paired_test(true, true, theirs)
    with pytest.raises(DataError, match="same rows"):
        paired_f1(true, true, theirs, 2)


@given(some.lists(some.floats(0, 1), max_size=8))
def test_holm_rejects_what_stepping_down_rejects(p_values: list[float]) -> None:
    adjusted, rejected = holm(p_values), set()
    for rank, k in enumerate(sorted(range(len(p_values)), key=p_values.__getitem__)):
        if p_values[k] * (len(p_values) - rank) >= 0.05:
            break
        rejected.add(k)
    assert {k for k, p in enumerate(adjusted) if p < 0.05} == rejected


def passes(gates: list[Gate]) -> float:
    return float(np.mean([gate.passed for gate in gates]))


def test_an_equal_candidate_beats_the_baseline_at_most_one_time_in_forty() -> None:
    for rows in (200, 2000):
        assert passes([beats_baseline(pair) for pair in simulated(rows, 0.04, 0.04)]) <= 0.035


def test_a_candidate_three_points_better_is_seen_with_enough_rows() -> None:
    assert passes([beats_baseline(pair) for pair in simulated(2000, 0.055, 0.025)]) > 0.95


def test_a_model_worse_by_the_margin_passes_at_most_one_time_in_twenty() -> None:
    for rows in (500, 2000):
        pairs = simulated(rows, 0.035, 0.045)
        assert passes([not_worse_than_champion(pair, 0.01) for pair in pairs]) <= 0.065


def test_the_rows_that_are_asked_for_let_equal_models_pass_four_times_in_five() -> None:
    needed = rows_needed(paired_counts(1000, 40, 40), 0.01)
    assert needed == pytest.approx(4950, rel=0.01)
    pairs = simulated(needed, 0.04, 0.04)
    assert passes([not_worse_than_champion(pair, 0.01) for pair in pairs]) == pytest.approx(0.8, abs=0.04)


def test_an_equal_model_gives_up_a_class_at_most_one_time_in_ten() -> None:
    rng, blocked = np.random.default_rng(4), 0
    true, labels = np.repeat(np.arange(4), 150), list("abcd")
    for _ in range(300):
        ours, theirs = (np.where(rng.random(600) < 0.9, true, (true + 1) % 4) for _ in range(2))
        blocked += not classes_hold(true, ours, theirs, labels).passed
    assert blocked / 300 <= 0.1


def test_the_baseline_stands_for_promotion_after_a_tie() -> None:
    name, gate = choose_challenger("network", "words", paired_counts(1000, 40, 38))
    assert (name, gate.passed) == ("words", False)
    assert "simpler model" in gate.reason


def test_a_clearly_better_candidate_stands_for_promotion_with_its_figures_in_words() -> None:
    name, gate = choose_challenger("network", "words", paired_counts(1142, 38, 17))
    assert name == "network"
    assert gate.reason == (
        "The candidate is better than the baseline: +1.8 points [+0.6, +3.2], p = 0.005, 1,142 test rows."
    )


def scores_with(accuracy: float, share: float, rows: int, seed: int = 0) -> Scores:
    """A model that is right as often in both classes, the first of which has this share of the rows."""
    rng = np.random.default_rng(seed)
    true = (rng.random(rows) >= share).astype(np.int64)
    predicted = np.where(rng.random(rows) < accuracy, true, 1 - true)
    return scores_of(["often", "rare"], true, 0.1 + 0.8 * np.eye(2)[predicted], draws=200)


def test_a_model_that_only_knows_the_commonest_class_is_stopped() -> None:
    true = np.array([0] * 90 + [1] * 10)
    gate = beats_majority(scores_of(["often", "rare"], true, np.tile([0.9, 0.1], (100, 1))))
    assert not gate.passed
    assert "90.0 % for always the commonest class" in gate.reason


def test_a_coin_is_stopped_however_the_classes_are_spread() -> None:
    for share in (0.5, 0.7, 0.9):
        passed = [beats_majority(scores_with(0.5, share, 300, seed)).passed for seed in range(60)]
        assert np.mean(passed) <= 0.1


def test_guessing_each_class_as_often_as_it_occurs_is_stopped() -> None:
    rng = np.random.default_rng(8)
    true, guess = (rng.random((2, 20_000)) < 0.1).astype(np.int64)
    assert not beats_majority(scores_of(["often", "rare"], true, np.eye(2)[guess], draws=50)).passed


def test_a_model_that_finds_the_rare_class_passes_even_below_the_majority_accuracy() -> None:
    gate = beats_majority(scores_with(0.9, 0.95, 2000))
    assert gate.passed
    assert gate.figures["accuracy"] < gate.figures["majority_accuracy"]  # type: ignore[operator]


def test_a_model_above_the_commonest_class_passes() -> None:
    assert beats_majority(scores_with(0.8, 0.6, 500)).passed


def test_a_champion_is_not_replaced_by_a_worse_model() -> None:
    gate = not_worse_than_champion(paired_counts(2000, 40, 100), 0.01)
    assert not gate.passed
    assert gate.reason.endswith("It is worse, beyond chance.")


def test_too_few_rows_stop_an_equal_model_and_the_reason_says_how_many_are_needed() -> None:
    gate = not_worse_than_champion(paired_counts(300, 12, 12), 0.01)
    assert not gate.passed
    assert "about 4,947 rows" in gate.reason


def test_an_equal_model_passes_beside_the_champion_with_enough_rows() -> None:
    gate = not_worse_than_champion(paired_counts(8000, 320, 320), 0.01)
    assert gate.passed
    assert gate.figures["margin"] == 0.01


def test_a_margin_in_points_instead_of_a_share_is_refused() -> None:
    with pytest.raises(ParameterError, match="one point of the measure"):
        not_worse_than_champion(paired_counts(10, 1, 1), 1.0)


def test_an_equal_model_gains_nothing_unless_it_knows_newer_data() -> None:
    equal, better = paired_counts(1000, 20, 20), paired_counts(1000, 60, 20)
    stale = better_or_fresher(equal, newer_data=False)
    assert not stale.passed
    assert stale.reason.startswith("No better on the same data, nothing gained")
    assert better_or_fresher(paired_counts(1000, 20, 60), newer_data=False).reason.startswith("No better")
    assert better_or_fresher(equal, newer_data=True).passed
    assert better_or_fresher(better, newer_data=False).passed


def with_lost_rows(lost: int, rows: int = 200) -> tuple[Integers, Integers, Integers]:
    """Two classes; the champion has all right, we miss some rows of the second."""
    true = np.repeat(np.arange(2), rows)
    ours = true.copy()
    ours[rows : rows + lost] = 0
    return true, ours, true


def test_a_class_that_loses_recall_stops_the_model_though_another_gains() -> None:
    true, ours, theirs = with_lost_rows(12)
    theirs = theirs.copy()
    theirs[:100] = 1
    gate = classes_hold(true, ours, theirs, ["spam", "ham"])
    assert paired_test(true, ours, theirs).difference.low > 0
    assert not gate.passed
    assert "ham -6.0 points (p < 0.001, 200 test rows)" in gate.reason
    assert gate.figures["lost"] == "ham"


def test_a_proven_loss_within_the_tolerance_does_not_stop_the_model() -> None:
    true, ours, theirs = with_lost_rows(15, rows=1000)
    assert classes_hold(true, ours, theirs, ["spam", "ham"]).passed


def test_a_large_loss_stops_the_model_on_weaker_proof() -> None:
    true, ours, theirs = with_lost_rows(16, rows=100)
    theirs = theirs.copy()
    theirs[100 + 16 : 100 + 23] = 0  # 16 lost against 7 won: one-sided p = 0.047, Holm 0.093
    assert not classes_hold(true, ours, theirs, ["spam", "ham"]).passed
    assert classes_hold(true, ours, theirs, ["spam", "ham"], drop=0.2).passed


def test_a_small_class_is_named_and_not_judged() -> None:
    true, ours, theirs = with_lost_rows(40, rows=60)
    gate = classes_hold(true, ours, theirs, ["spam", "ham"])
    assert gate.passed
    assert "Too small to judge: spam, ham" in gate.reason


GOOD = Gate("not_worse_than_champion", True, "It holds.", {"rows": 10})
BAD = Gate("classes_hold", False, "Recall is lost in ham.", {"lost": "ham"})


def test_a_challenger_that_passes_every_gate_is_promoted() -> None:
    decision = decide("network", [GOOD])
    assert (decision.promote, decision.winner) == (True, "network")


def test_one_failed_gate_stops_the_promotion_and_is_the_reason() -> None:
    decision = decide("network", [GOOD, BAD])
    assert not decision.promote
    assert decision.reason == "network is not promoted. classes_hold: Recall is lost in ham."


def test_a_baseline_that_won_is_not_stopped_by_the_gate_that_chose_it() -> None:
    name, gate = choose_challenger("network", "words", paired_counts(1000, 20, 20))
    decision = decide(name, [gate, GOOD])
    assert (decision.promote, decision.winner, len(decision.gates)) == (True, "words", 2)


def test_nothing_is_promoted_unchecked() -> None:
    _, gate = choose_challenger("network", "words", paired_counts(1000, 60, 20))
    assert not decide("network", []).promote
    assert not decide("network", [gate]).promote


def test_a_decision_survives_json() -> None:
    pair = paired_counts(500, 30, 20)
    true, ours, theirs = with_lost_rows(12)
    gates = [
        beats_baseline(pair),
        beats_majority(scores_with(0.8, 0.6, 200)),
        not_worse_than_champion(pair, 0.01),
        better_or_fresher(pair, newer_data=True),
        classes_hold(true, ours, theirs, ["spam", "ham"]),
    ]
    decision = decide("network", gates)
    assert Decision.from_dict(json.loads(json.dumps(decision.to_dict(), allow_nan=False))) == decision
