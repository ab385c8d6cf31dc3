"""Logistic regression on n-grams of words and characters, each scaled by how much it speaks for a label."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipelines.models import Fitted, Problem, Schedule, Watcher
from pipelines.models.graphs import NEVER, softmax, summed
from pipelines.models.options import Ngrams
from pipelines.models.vocabularies import at_most
from pipelines.ngrams import NGrams


def fit(problem: Problem, options: Ngrams, schedule: Schedule | None = None, watcher: Watcher | None = None) -> Fitted:
    """The model of `problem`, one label against the rest; deterministic, and too quick to be watched.

    The scaling is that of Wang & Manning 2012, of TF-IDF weights in place of presence.
    """
    texts = [text or "" for text in problem.train.columns[problem.text]]
    words = options.words if options.letters else max(options.words, 1)  # a search may draw neither
    sizes = (words, options.letters, options.skips, at_most(options.terms, len(problem.labels)), options.least)
    features = NGrams.fit(texts, problem.text, *sizes, weighed=not options.presence)
    matrix = _matrix(features, texts)
    # Of two labels, the first scores nothing.
    asked = [1] if len(problem.labels) == 2 else range(len(problem.labels))
    columns = [_against_the_rest(matrix, problem, label, options) for label in asked]
    zeros = [np.zeros(matrix.shape[1] + 1)] * (len(problem.labels) == 2)
    coefficients = np.column_stack(zeros + columns).astype(np.float32)
    graph = softmax(summed(features, coefficients[:-1], coefficients[-1]), len(problem.labels))
    return Fitted(features, graph, {"parameters": int(coefficients.size)})


def _matrix(features: NGrams, texts: list[str]) -> Any:
    from scipy.sparse import csr_matrix

    starts, ids, weights = features.sparse(texts)
    return csr_matrix((weights.astype(np.float64), ids, starts), shape=(len(texts), len(features.vocabulary)))


def _against_the_rest(matrix: Any, problem: Problem, label: int, options: Ngrams) -> NDArray[np.float64]:
    """What each n-gram adds to the score of `label`, and the intercept behind them."""
    from sklearn.linear_model import LogisticRegression

    own = problem.train.labels == label
    if own.all() or not own.any():  # a fold may lack a rare label
        return np.append(np.zeros(matrix.shape[1]), -NEVER if own.all() else NEVER)
    ratio = log_count_ratio(matrix, own, options.smoothing)
    scaled = matrix.copy()
    scaled.data *= ratio[scaled.indices]
    # The dual problem has one variable per text: it is solved in tenths of the time of the primal one.
    model = LogisticRegression(C=options.c, solver="liblinear", dual=True, max_iter=1000, random_state=problem.seed)
    model.fit(scaled, own, sample_weight=problem.weights[problem.train.labels])
    return np.append(ratio * model.coef_[0], model.intercept_)


def log_count_ratio(matrix: Any, own: NDArray[np.bool_], smoothing: float) -> NDArray[np.float64]:
    """r = ln((p / |p|) / (q / |q|)): p the summed weights of each n-gram in `own` texts, q in the others, smoothed."""
    ours, theirs = (smoothing + np.asarray(matrix[rows].sum(axis=0)).ravel() for rows in (own, ~own))
    return np.asarray(np.log(ours / ours.sum()) - np.log(theirs / theirs.sum()))
