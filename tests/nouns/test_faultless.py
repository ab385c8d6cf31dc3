"""Intervals of models that make no fault: exact, narrower with more rows, and true as often as they say."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.bootstrap import Measure
from pipelines.faultless import Trials, exact, least_mean
from pipelines.scores import Scores, scores_of


def faultless(*counts: int, people: int = 0) -> Scores:
    """A model that is right in every row of classes of these sizes, of so many people if any has several."""
    true = np.repeat(np.arange(len(counts)), counts)
    labels = [f"class {place}" for place in range(len(counts))]
    owner = np.arange(len(true)) % people if people else None
    return scores_of(labels, true, 0.1 + 0.8 * np.eye(len(counts))[true], people=owner, draws=50)


def test_thirty_one_right_answers_say_no_more_than_eighty_nine_of_a_hundred() -> None:
    found = faultless(16, 15).measures
    accuracy = found["accuracy"]
    assert (accuracy.value, accuracy.high) == (1, 1)
    assert accuracy.low == pytest.approx(0.025 ** (1 / 31))
    assert found["macro_f1"].low == pytest.approx(0.025 ** (1 / 31), abs=0.001)
    assert found["roc_auc"].low == pytest.approx(0.025 ** (1 / 15))
    assert found["log_loss"].low == pytest.approx(found["log_loss"].high)


def test_the_doubt_about_a_mean_falls_on_its_small_classes() -> None:
    assert least_mean(np.array([500, 500])) == pytest.approx(0.025 ** (1 / 1000))
    assert least_mean(np.array([100_000, 3])) == pytest.approx((1 + 0.025 ** (1 / 3)) / 2, abs=1e-4)


def test_each_class_has_the_bound_of_its_own_rows() -> None:
    classes = faultless(40, 5, 0).classes
    for name in ("precision", "recall", "f1"):
        assert classes["class 0"][name].low == pytest.approx(0.025 ** (1 / 40))
        assert classes["class 1"][name].low == pytest.approx(0.025 ** (1 / 5))
        assert classes["class 2"][name] == Measure(0, 0, 0)


def test_rows_of_few_people_say_less_than_as_many_people() -> None:
    assert faultless(16, 15, people=4).measures["accuracy"].low == pytest.approx(0.025 ** (1 / 4))


def test_a_class_that_is_never_found_may_be_found_sometimes() -> None:
    true = np.array([0] * 20 + [1] * 3)
    found = scores_of(["often", "rare"], true, np.tile([0.9, 0.1], (23, 1)), draws=50)
    assert found.classes["rare"]["recall"].low == 0
    assert found.classes["rare"]["recall"].high == pytest.approx(1 - 0.025 ** (1 / 3))
    assert found.classes["rare"]["precision"] == Measure(0, 0, 0)
    assert found.classes["often"]["recall"].low == pytest.approx(0.025 ** (1 / 20))


def test_a_share_with_faults_keeps_its_draws() -> None:
    share = Measure(0.9, 0.8, 0.95)
    assert exact(share, 10) == share


@given(st.integers(1, 400), st.integers(1, 400))
def test_more_rows_bound_more_narrowly(rows: int, more: int) -> None:
    one, other = (exact(Measure(1, 1, 1), trials).low for trials in (rows, rows + more))
    assert 0 < one < other < 1


@given(st.lists(st.tuples(st.integers(1, 60), st.floats(0.5, 1)), min_size=2, max_size=4))
def test_a_truth_below_the_bound_leaves_no_fault_in_one_of_forty_samples_at_most(
    classes: list[tuple[int, float]],
) -> None:
    """Classes of so many rows, of which a model finds such a share: how often it is right in all of them is known."""
    counts, rates = (np.array(side) for side in zip(*classes, strict=True))
    found = Trials(int(counts.sum()), counts, counts).bounded(
        {"macro_recall": Measure(1, 1, 1), "accuracy": Measure(1, 1, 1)}
    )
    truths = {"macro_recall": rates.mean(), "accuracy": np.average(rates, weights=counts)}
    if np.prod(rates**counts) > 0.025 + 1e-9:
        for name, truth in truths.items():
            assert found[name].low <= truth + 1e-9, name
