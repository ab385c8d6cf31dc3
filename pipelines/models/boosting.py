"""Gradient-boosted trees over a table's columns (Friedman 2001; histograms as in LightGBM), by scikit-learn."""

from typing import Any

import numpy as np

from pipelines.coded import Coded
from pipelines.models import Fitted, Part, Problem, Schedule, Watcher
from pipelines.models.heads import spread
from pipelines.models.options import Boosting
from pipelines.models.trees import trees_graph


def fit(
    problem: Problem, options: Boosting, schedule: Schedule | None = None, watcher: Watcher | None = None
) -> Fitted:
    """The trees of `problem` up to the best of them on its validation rows; deterministic with one seed."""
    features = Coded.fit(problem.train.columns, problem.record)
    scale = spread(problem) if problem.task == "regression" else None
    model = _grown(problem, features, options, scale)
    best = len(model._predictors)
    if len(problem.valid.labels):
        best = max(int(np.argmax(model.validation_score_)), 1)  # the first score is that of no tree
    categories = [len(known) for known in features.categories.values()]
    graph, leaves = trees_graph(model, categories, features.width, best, len(problem.labels), scale)
    return Fitted(features, graph, {"parameters": leaves, "trees": best})


def _grown(problem: Problem, features: Coded, options: Boosting, scale: tuple[float, float] | None) -> Any:
    from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor

    kind = HistGradientBoostingRegressor if scale else HistGradientBoostingClassifier
    model = kind(
        max_iter=options.trees,
        learning_rate=options.learning_rate,
        max_leaf_nodes=options.leaves,
        min_samples_leaf=options.rows,
        l2_regularization=options.l2,
        max_features=options.columns,
        categorical_features=list(range(len(features.categories))),
        early_stopping=bool(len(problem.valid.labels)),
        n_iter_no_change=options.patience,
        tol=0.0,
        random_state=problem.seed,
    )
    answers = {part: _answers(getattr(problem, part), scale) for part in ("train", "valid")}
    watched = {}
    if len(problem.valid.labels):
        # A label that no training row has cannot be scored.
        known = np.ones(len(answers["valid"]), bool) if scale else np.isin(answers["valid"], answers["train"])
        seen = features.arrays(problem.valid.columns)["table"][known]
        watched = {"X_val": seen, "y_val": answers["valid"][known]}
    weights = None if scale else problem.weights[problem.train.labels]
    seen = features.arrays(problem.train.columns)["table"]
    return model.fit(seen, answers["train"], sample_weight=weights, **watched)


def _answers(part: Part, scale: tuple[float, float] | None) -> Any:
    """The labels; numbers in standard deviations, in which the graph's float32 is as fine for all of them."""
    return (part.labels - scale[0]) / scale[1] if scale else part.labels
