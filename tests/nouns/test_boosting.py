"""Boosted trees: ONNX decides as scikit-learn does, at thresholds, for every category, and where cells are missing."""

from dataclasses import replace
from itertools import islice
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.bundle import Bundle
from pipelines.coded import Coded
from pipelines.models import Part, Problem, boosting
from pipelines.models.options import Boosting
from pipelines.models.trees import rounded_down
from pipelines.record import Column, Record

RECORD = Record(
    "table",
    (
        Column("age", "number", "feature"),
        Column("city", "category", "feature"),
        Column("paid", "number", "feature"),
        Column("mood", "category", "label"),
    ),
)
OPTIONS = Boosting(trees=30, leaves=12, rows=3, patience=30)


def table(count: int, labels: int, seed: int = 1) -> Problem:
    """Rows whose age and city tell the label, some cells missing; ages have more digits than float32 holds."""
    rng = np.random.default_rng(seed)
    ages, cities = rng.random(count) * 50 + 1e-9, rng.integers(40, size=count)
    answers = ((ages > 25).astype(np.int64) + (cities % 3 == 0) + (rng.random(count) < 0.1)) % labels
    columns = {
        "age": [None if rng.random() < 0.1 else float(age) for age in ages],
        "city": [None if rng.random() < 0.1 else f"c{city}" for city in cities],
        "paid": [float(value) for value in rng.integers(4, size=count)],
    }
    part = Part(columns, answers)
    return Problem(RECORD, tuple("abc"[:labels]), part, part, np.ones(labels), 3)


@pytest.mark.parametrize("labels", [2, 3])
def test_the_graph_answers_as_the_trees_do(labels: int) -> None:
    problem, asked = table(400, labels), table(300, labels, seed=2)
    fitted = boosting.fit(problem, OPTIONS)
    columns: Any = {**asked.train.columns, "city": ["never seen", *asked.train.columns["city"][1:]]}
    found = Bundle("boosting", problem.labels, fitted.features, fitted.graph, threads=1).probabilities(columns)
    features = Coded.fit(problem.train.columns, RECORD)
    model = boosting._grown(problem, features, OPTIONS, None)
    cells = features.arrays(columns)["table"].astype(np.float64)
    wanted = list(islice(model.staged_predict_proba(cells), fitted.about["trees"]))[-1]
    assert np.abs(found - wanted).max() < 1e-5


def test_a_value_on_a_threshold_goes_the_way_that_it_goes_in_the_trees() -> None:
    problem = table(400, 2)
    fitted = boosting.fit(problem, OPTIONS)
    features: Any = fitted.features
    model = boosting._grown(problem, features, OPTIONS, None)
    nodes = np.concatenate([tree.nodes for (tree,) in model._predictors[: fitted.about["trees"]]])
    asked = nodes[(nodes["feature_idx"] == 1) & ~nodes["is_leaf"].astype(bool)]["num_threshold"]
    values = np.unique(np.concatenate([asked.astype(np.float32), rounded_down(asked)]))
    columns = {"age": values.tolist(), "city": ["c1"] * len(values), "paid": [1.0] * len(values)}
    found = Bundle("boosting", problem.labels, features, fitted.graph, threads=1).probabilities(columns)
    cells = features.arrays(columns)["table"].astype(np.float64)
    wanted = list(islice(model.staged_predict_proba(cells), fitted.about["trees"]))[-1]
    assert len(values) > 10
    assert np.abs(found - wanted).max() < 1e-5


def test_numbers_come_in_their_own_units_and_as_the_trees_say_them() -> None:
    posed = table(400, 2)
    rents = 900 + 12.5 * np.nan_to_num(np.array(posed.train.columns["age"], dtype=float)) + 300.0 * posed.train.labels
    part = Part(posed.train.columns, rents)
    problem = replace(posed, train=part, valid=part, labels=(), task="regression")
    fitted = boosting.fit(problem, OPTIONS)
    bundle = Bundle("boosting", (), fitted.features, fitted.graph, threads=1, task="regression")
    found = bundle.values(posed.train.columns)
    scale = (float(rents.mean()), float(rents.std()))
    features = Coded.fit(posed.train.columns, RECORD)
    model = boosting._grown(problem, features, OPTIONS, scale)
    cells = features.arrays(posed.train.columns)["table"].astype(np.float64)
    wanted = scale[0] + scale[1] * list(islice(model.staged_predict(cells), fitted.about["trees"]))[-1]
    assert np.abs(found - wanted).max() < 1e-5 * np.abs(wanted).max()
    assert np.square(found - rents).mean() < 0.5 * rents.var()


@given(st.floats(-1e6, 1e6), st.floats(-1e6, 1e6, width=32))
def test_a_threshold_rounded_down_is_as_true_for_every_float32(threshold: float, value: float) -> None:
    (rounded,) = rounded_down(np.array([threshold]))
    assert (value <= threshold) == (np.float32(value) <= rounded)
    assert float(rounded) <= threshold


def test_generalised_cells_are_read_as_trees_can() -> None:
    features = Coded(categories={"city": ["a", "b"]}, numbers=["age"])
    found = features.arrays({"city": ["b", ["a"], ["a", "b"], None], "age": [[10, 20], 3.0, None, 1]})
    assert np.array_equal(
        found["table"], np.array([[1, 15], [0, 3], [np.nan, np.nan], [np.nan, 1]], "float32"), equal_nan=True
    )
