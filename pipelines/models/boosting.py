"""Gradient-boosted trees over a table's columns (Friedman 2001; histograms as in LightGBM), by scikit-learn."""

from typing import Any

import numpy as np

from pipelines.coded import Coded
from pipelines.models import Fitted, Problem, Schedule, Watcher
from pipelines.models.options import Boosting
from pipelines.models.trees import trees_graph


def fit(
    problem: Problem, options: Boosting, schedule: Schedule | None = None, watcher: Watcher | None = None
) -> Fitted:
    """The trees of `problem` up to the best of them on its validation rows; deterministic with one seed."""
    features = Coded.fit(problem.train.columns, problem.record)
    model = _grown(problem, features, options)
    best = len(model._predictors)
    if len(problem.valid.labels):
        best = max(int(np.argmax(model.validation_score_)), 1)  # the first score is that of no tree
    graph, leaves = trees_graph(model, [len(known) for known in features.categories.values()], features.width, best)
    return Fitted(features, graph, {"parameters": leaves, "trees": best})


def _grown(problem: Problem, features: Coded, options: Boosting) -> Any:
    from sklearn.ensemble import HistGradientBoostingClassifier

    model = HistGradientBoostingClassifier(
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
    train, valid = problem.train, problem.valid
    watched = {}
    if len(valid.labels):
        # A label that no training row has cannot be scored.
        known = np.isin(valid.labels, train.labels)
        watched = {"X_val": features.arrays(valid.columns)["table"][known], "y_val": valid.labels[known]}
    weights = problem.weights[train.labels]
    return model.fit(features.arrays(train.columns)["table"], train.labels, sample_weight=weights, **watched)
