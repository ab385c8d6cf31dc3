"""Two models by macro F1: as scikit-learn counts it, with intervals and chances that hold; rare classes count."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import f1_score

from pipelines.bootstrap import Integers
from pipelines.gates import beats_baseline, not_worse_than_champion, rows_needed
from pipelines.paired import paired_test
from pipelines.paired_f1 import paired_f1

ANSWERS = st.integers(1, 12).flatmap(
    lambda rows: st.tuples(*(st.lists(st.integers(low, 2), min_size=rows, max_size=rows) for low in (0, -1, -1)))
)


def macro(true: Integers, predicted: Integers, classes: int) -> float:
    return float(f1_score(true, predicted, average="macro", labels=range(classes), zero_division=0))


def frauds(rows: int, found_by_us: float, found_by_them: float, seed: int) -> tuple[Integers, Integers, Integers]:
    """One row in fifty is a fraud; a model takes no other row for one."""
    rng = np.random.default_rng(seed)
    true = (rng.random(rows) < 0.02).astype(np.int64)
    return true, true * (rng.random(rows) < found_by_us), true * (rng.random(rows) < found_by_them)


@given(ANSWERS)
@settings(deadline=None, max_examples=60)
def test_the_difference_is_that_of_scikit_learn_also_where_an_answer_is_no_class(
    answers: tuple[list[int], list[int], list[int]],
) -> None:
    true, ours, theirs = map(np.array, answers)
    found = paired_f1(true, ours, theirs, 3, draws=20)
    assert (found.ours, found.theirs) == pytest.approx((macro(true, ours, 3), macro(true, theirs, 3)))
    assert found.difference.value == pytest.approx(found.ours - found.theirs)
    assert found.floor >= found.difference.low


def test_the_interval_is_that_of_rows_drawn_again() -> None:
    rng = np.random.default_rng(1)
    true = rng.integers(0, 3, 300)
    ours = np.where(rng.random(300) < 0.8, true, rng.integers(0, 3, 300))
    theirs = np.where(rng.random(300) < 0.8, ours, 0)
    found = paired_f1(true, ours, theirs, 3, draws=4000)
    drawn = [rng.integers(0, 300, 300) for _ in range(500)]
    low, high = np.percentile([macro(true[d], ours[d], 3) - macro(true[d], theirs[d], 3) for d in drawn], (2.5, 97.5))
    assert (found.difference.low, found.difference.high) == pytest.approx((low, high), abs=0.2 * (high - low))
    assert found == paired_f1(true, ours, theirs, 3, draws=4000)
    assert found.figures()["measure"] == "macro F1"
    assert found.people == 0


def test_the_chance_is_that_of_all_ways_of_changing_places() -> None:
    rng = np.random.default_rng(2)
    true, ours, theirs = (rng.integers(0, 3, 8) for _ in range(3))
    seen = abs(macro(true, ours, 3) - macro(true, theirs, 3))
    ways = [np.array(way) for way in itertools.product([False, True], repeat=8)]
    changed = [
        macro(true, np.where(way, theirs, ours), 3) - macro(true, np.where(way, ours, theirs), 3) for way in ways
    ]
    exact = np.mean(np.abs(changed) >= seen - 1e-12)
    assert paired_f1(true, ours, theirs, 3, draws=4000).p_value == pytest.approx(exact, abs=0.03)


def test_equal_models_are_seldom_found_better_and_the_interval_holds_the_truth() -> None:
    pairs = [paired_f1(*frauds(1500, 0.5, 0.5, seed), 2, draws=400) for seed in range(200)]
    assert sum(beats_baseline(pair).passed for pair in pairs) / 200 <= 0.05
    assert sum(pair.difference.low <= 0 <= pair.difference.high for pair in pairs) / 200 >= 0.91


def test_a_model_that_finds_more_of_the_rare_is_seen_where_accuracy_calls_it_no_worse_than_much_less() -> None:
    """Twenty frauds in a thousand rows: to find a third of them fewer costs less than a point of accuracy."""
    true, ours, theirs = frauds(4000, 0.95, 0.6, seed=4)
    better, worse = paired_f1(true, ours, theirs, 2), paired_f1(true, theirs, ours, 2)
    assert beats_baseline(better).passed
    assert "points of macro F1" in beats_baseline(better).reason
    assert not not_worse_than_champion(worse, 0.02).passed
    assert not_worse_than_champion(paired_test(true, theirs, ours), 0.02).passed


def test_the_rows_that_are_asked_for_grow_with_the_uncertainty_and_let_equal_models_pass() -> None:
    pairs = [paired_f1(*frauds(rows, 0.7, 0.7, seed=3), 2, draws=800) for rows in (2000, 8000)]
    few, many = (rows_needed(pair, 0.02) for pair in pairs)
    assert 0.4 < few / many < 2.5  # of one row's variance, whatever the test has
    needed = round((few * many) ** 0.5)
    passed = [not_worse_than_champion(paired_f1(*frauds(needed, 0.7, 0.7, s), 2, draws=300), 0.02) for s in range(40)]
    assert np.mean([gate.passed for gate in passed]) > 0.6


def test_whole_people_are_drawn_and_change_places() -> None:
    """Of forty people with 25 rows each nearly all rows of one favour the same model."""
    rng = np.random.default_rng(5)
    people = np.repeat(np.arange(40), 25)
    found = []
    for _ in range(60):
        favour, hard = np.repeat(rng.random(40) < 0.5, 25), rng.random(1000) < 0.3
        true = rng.integers(0, 2, 1000)
        ours, theirs = np.where(hard & ~favour, 1 - true, true), np.where(hard & favour, 1 - true, true)
        found.append((paired_f1(true, ours, theirs, 2, people, draws=300), paired_f1(true, ours, theirs, 2, draws=300)))
    assert sum(beats_baseline(by_people).passed for by_people, _ in found) <= 4
    assert sum(beats_baseline(by_rows).passed for _, by_rows in found) >= 10
    assert found[0][0].people == 40
    assert str(found[0][0]).endswith("1,000 test rows of 40 people")
