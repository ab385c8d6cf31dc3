"""The measures against scikit-learn, and their intervals against resampling the rows one draw at a time."""

import json
import warnings
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some
from numpy.typing import NDArray
from sklearn import metrics

from pipelines.errors import DataError
from pipelines.scores import Scores, scores_of

Problem = tuple[NDArray[np.int64], NDArray[np.float64]]


@some.composite
def problems(draw: some.DrawFn, smallest: int = 1) -> Problem:
    """Few rows and coarse probabilities: ties, missing classes and one-sided predictions are common."""
    classes, rows = draw(some.integers(max(2, smallest), 5)), draw(some.integers(1, 25))
    true = draw(some.lists(some.integers(0, classes - 1), min_size=rows, max_size=rows))
    weight = some.lists(some.integers(1, 4), min_size=classes, max_size=classes)
    weights = np.array(draw(some.lists(weight, min_size=rows, max_size=rows)), dtype=float)
    return np.array(true), weights / weights.sum(axis=1, keepdims=True)


def scored(problem: Problem, draws: int = 3) -> Scores:
    true, probabilities = problem
    return scores_of(names(probabilities.shape[1]), true, probabilities, draws=draws)


def names(classes: int) -> list[str]:
    return [f"label {k}" for k in range(classes)]


def a_problem(rows: int, classes: int, seed: int = 7) -> Problem:
    rng = np.random.default_rng(seed)
    true = rng.choice(classes, size=rows, p=np.arange(1, classes + 1) / np.arange(1, classes + 1).sum())
    logits = rng.normal(size=(rows, classes)) + 1.2 * np.eye(classes)[true]
    odds = np.exp(np.round(logits, 1))
    return true, odds / odds.sum(axis=1, keepdims=True)


def macro_area(true: NDArray[np.int64], probabilities: NDArray[np.float64]) -> float | None:
    classes = probabilities.shape[1]
    asked = [1] if classes == 2 else range(classes)
    present = [k for k in asked if 0 < (true == k).sum() < true.size]
    areas = [metrics.roc_auc_score(true == k, probabilities[:, k]) for k in present]
    return float(np.mean(areas)) if areas else None


@given(problems())
@settings(max_examples=60, deadline=None)
def test_every_measure_of_the_predictions_is_that_of_scikit_learn(problem: Problem) -> None:
    true, probabilities = problem
    scores, predicted, classes = scored(problem), probabilities.argmax(axis=1), probabilities.shape[1]
    asked: dict[str, Any] = {"labels": range(classes), "zero_division": 0}
    macro = metrics.precision_recall_fscore_support(true, predicted, average="macro", **asked)
    by_class = metrics.precision_recall_fscore_support(true, predicted, **asked)
    measures = scores.measures
    assert measures["accuracy"].value == pytest.approx(metrics.accuracy_score(true, predicted))
    for name, expected in zip(("macro_precision", "macro_recall", "macro_f1"), macro[:3], strict=True):
        assert measures[name].value == pytest.approx(expected)
    for name, each in zip(("precision", "recall", "f1"), by_class[:3], strict=True):
        assert [scores.classes[label][name].value for label in scores.labels] == pytest.approx(list(each))
    assert list(scores.support.values()) == by_class[3].tolist()
    assert scores.confusion == metrics.confusion_matrix(true, predicted, labels=range(classes)).tolist()
    assert measures["majority_accuracy"].value == np.bincount(true).max() / true.size


@given(problems())
@settings(max_examples=60, deadline=None)
def test_every_measure_of_the_probabilities_is_that_of_scikit_learn(problem: Problem) -> None:
    true, probabilities = problem
    measures, labels = scored(problem).measures, list(range(probabilities.shape[1]))
    loss = metrics.log_loss(true, y_proba=probabilities, labels=labels)
    assert measures["log_loss"].value == pytest.approx(loss)
    expected = macro_area(true, probabilities)
    found = measures["roc_auc"].value if "roc_auc" in measures else None
    assert found == (None if expected is None else pytest.approx(expected))


@given(problems())
@settings(max_examples=40, deadline=None)
def test_scores_survive_json_and_hold_no_number_that_json_lacks(problem: Problem) -> None:
    scores = scored(problem)
    text = json.dumps(scores.to_dict(), allow_nan=False)
    assert Scores.from_dict(json.loads(text)) == scores


def test_a_single_class_has_no_area_and_says_so_with_null() -> None:
    scores = scores_of(["no", "yes"], np.zeros(4, dtype=np.int64), np.tile([0.7, 0.3], (4, 1)))
    assert "roc_auc" not in scores.measures
    assert scores.to_dict()["measures"]["roc_auc"] is None


def test_a_rare_class_missing_from_some_draws_leaves_an_interval() -> None:
    true = np.array([0] * 20 + [1])
    yes = np.linspace(0.1, 0.9, 21)
    area = scores_of(["no", "yes"], true, np.stack([1 - yes, yes], axis=1)).measures["roc_auc"]
    assert (area.value, area.high) == (1, 1)
    assert area.low == pytest.approx(0.025), "one row of the rare class says next to nothing"


def test_a_certain_and_wrong_answer_costs_a_finite_loss() -> None:
    scores = scores_of(["no", "yes"], np.array([0, 1]), np.array([[0.0, 1.0], [0.0, 1.0]]))
    assert scores.measures["log_loss"].value == pytest.approx(-np.log(1e-15) / 2)


def test_the_same_seed_gives_the_same_intervals() -> None:
    true, probabilities = a_problem(200, 3)
    first, again, other = (scores_of(names(3), true, probabilities, seed=seed) for seed in (1, 1, 2))
    assert first == again
    assert first.measures["log_loss"] != other.measures["log_loss"]


def brute_force(problem: Problem, draws: int = 1500) -> dict[str, NDArray[np.float64]]:
    """Resample the rows themselves and measure each resample from scratch."""
    true, probabilities = problem
    rng, classes = np.random.default_rng(11), probabilities.shape[1]
    drawn: dict[str, list[float]] = {name: [] for name in ("accuracy", "macro_f1", "log_loss", "roc_auc")}
    for _ in range(draws):
        rows = rng.integers(0, true.size, true.size)
        t, p = true[rows], probabilities[rows]
        hit = p.argmax(axis=1)
        tp = np.bincount(t[hit == t], minlength=classes)
        both = np.bincount(t, minlength=classes) + np.bincount(hit, minlength=classes)
        drawn["accuracy"].append((hit == t).mean())
        drawn["macro_f1"].append((2 * tp / np.maximum(both, 1))[np.unique(t)].mean())
        drawn["log_loss"].append(-np.log(p[np.arange(t.size), t]).mean())
        drawn["roc_auc"].append(plain_area(t, p))
    return {name: np.array(values) for name, values in drawn.items()}


def plain_area(true: NDArray[np.int64], probabilities: NDArray[np.float64]) -> float:
    """One-vs-rest by comparing every pair."""
    areas = []
    for k in range(probabilities.shape[1]):
        ours, others = probabilities[true == k, k], probabilities[true != k, k]
        gaps = ours[:, np.newaxis] - others[np.newaxis, :]
        areas.append(((gaps > 0) + 0.5 * (gaps == 0)).mean())
    return float(np.mean(areas))


def test_the_intervals_are_those_of_resampling_the_rows() -> None:
    problem = a_problem(150, 3)
    measures = scored(problem, draws=4000).measures
    for name, drawn in brute_force(problem).items():
        low, high = np.percentile(drawn, (2.5, 97.5))
        tolerance = 0.12 * (high - low)
        assert measures[name].low == pytest.approx(low, abs=tolerance), name
        assert measures[name].high == pytest.approx(high, abs=tolerance), name


def test_an_interval_of_many_rare_classes_holds_what_was_measured() -> None:
    """Of three rows a class every twentieth draw has none: a class that was not drawn was not answered wrongly."""
    rng = np.random.default_rng(5)
    for seed in range(5):
        true = np.repeat(np.arange(60), 3)
        wrong = np.where(rng.random(180) < 0.1, rng.integers(0, 60, 180), true)
        scores = scores_of(names(60), true, np.eye(60)[wrong], draws=600, seed=seed)
        for name in ("macro_f1", "macro_recall", "macro_precision"):
            assert scores.measures[name].low < scores.measures[name].value < scores.measures[name].high, name
        flawless = [label for label, each in scores.classes.items() if each["f1"].value == 1]
        assert all(scores.classes[label]["recall"].low == pytest.approx(0.025 ** (1 / 3)) for label in flawless)


def test_the_accuracy_interval_has_the_textbook_width() -> None:
    problem = a_problem(4000, 2)
    accuracy = scored(problem, draws=2000).measures["accuracy"]
    wald = 1.96 * (accuracy.value * (1 - accuracy.value) / 4000) ** 0.5
    assert accuracy.high - accuracy.low == pytest.approx(2 * wald, rel=0.1)


def test_many_rows_are_resampled_in_blocks_without_a_gap() -> None:
    measures = scored(a_problem(20_000, 2), draws=60).measures
    for name in ("log_loss", "roc_auc"):
        assert measures[name].low < measures[name].value < measures[name].high


@pytest.mark.parametrize(
    ("true", "probabilities"),
    [
        (np.array([], dtype=np.int64), np.empty((0, 2))),
        (np.array([0, 1]), np.full((3, 2), 0.5)),
        (np.array([0, 1]), np.full((2, 3), 0.5)),
        (np.array([0, 2]), np.full((2, 2), 0.5)),
        (np.array([-1, 0]), np.full((2, 2), 0.5)),
        (np.array([0, 1]), np.full((2, 2), np.nan)),
    ],
)
def test_what_cannot_be_measured_is_refused(true: NDArray[np.int64], probabilities: NDArray[Any]) -> None:
    with pytest.raises(DataError, match="Expected"):
        scores_of(["no", "yes"], true, probabilities)


def test_nothing_warns_about_empty_means_or_divisions() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        scores_of(names(4), np.array([0, 0, 3]), np.eye(4)[[0, 1, 1]])
