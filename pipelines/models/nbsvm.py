"""Wang & Manning 2012: a support vector machine over terms, each scaled by how much it speaks for a label."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipelines.features import Terms
from pipelines.models import Fitted, Part, Problem, Schedule, Watcher
from pipelines.models.graphs import softmax, summed
from pipelines.models.linear import matrix_of
from pipelines.models.options import Nbsvm
from pipelines.models.vocabularies import at_most, refuse_empty

# Where all validation rows are right, no factor would be enough.
SHARPEST = 100.0


def fit(problem: Problem, options: Nbsvm, schedule: Schedule | None = None, watcher: Watcher | None = None) -> Fitted:
    """The NB-SVM of `problem`: one label against the rest, its scores made probabilities on the validation rows.

    Deterministic, and too quick to be watched.
    """
    texts = problem.train.columns[problem.text]
    size = at_most(options.terms, len(problem.labels))
    features = Terms.fit(texts, problem.text, options.words, options.characters, size)
    refuse_empty(features.vocabulary, problem.text)
    scores = _coefficients(_presence(features, problem.train), problem, options)
    sharpness = _sharpness(_presence(features, problem.valid) @ scores, problem.valid.labels)
    coefficients = (sharpness * scores).astype(np.float32)
    intercept = np.zeros(len(problem.labels), dtype=np.float32)
    about = {"parameters": int(coefficients.size), "sharpness": sharpness}
    graph = softmax(summed(features, coefficients, intercept, presence=True), len(intercept))
    return Fitted(features, graph, about)


def _presence(features: Terms, part: Part) -> Any:
    """Sparse (n, terms): 1 where a text holds a term, however often."""
    matrix = matrix_of(features, part)
    matrix.data = np.ones_like(matrix.data)
    return matrix


def _coefficients(presence: Any, problem: Problem, options: Nbsvm) -> NDArray[np.float64]:
    """What a term adds to the score of each label, (terms, labels); of two labels, the first scores nothing."""
    labels = len(problem.labels)
    # More than two labels: a text belongs to few of them, and the mean size of a weight would speak for none.
    beta = options.beta if labels == 2 else 1.0
    asked = [1] if labels == 2 else range(labels)
    columns = [_against_the_rest(presence, problem, label, options.c, beta) for label in asked]
    return np.column_stack([np.zeros(presence.shape[1])] * (labels == 2) + columns)


def _against_the_rest(presence: Any, problem: Problem, label: int, c: float, beta: float) -> NDArray[np.float64]:
    """r * ((1 - beta) mean|w| + beta w), with w of the L2-regularised squared hinge on r-scaled presence."""
    from sklearn.svm import LinearSVC

    own = problem.train.labels == label
    if own.all() or not own.any():  # a fold may lack a rare label; there is no intercept to say so
        return np.full(presence.shape[1], 1.0 if own.all() else -1.0)
    ratio = log_count_ratio(presence, own)
    weights = {True: float(problem.weights[label]), False: _mean_weight(problem, ~own)}
    model = LinearSVC(C=c, fit_intercept=False, class_weight=weights, random_state=problem.seed, max_iter=5000)
    model.fit(presence.multiply(ratio).tocsr(), own)
    (found,) = model.coef_
    return np.asarray(ratio * ((1 - beta) * np.abs(found).mean() + beta * found))


def _mean_weight(problem: Problem, rows: NDArray[np.bool_]) -> float:
    return float(problem.weights[problem.train.labels[rows]].mean()) if rows.any() else 1.0


def log_count_ratio(presence: Any, own: NDArray[np.bool_]) -> NDArray[np.float64]:
    """r = ln((p / |p|) / (q / |q|)) of terms: p = 1 + how many `own` texts hold each, q = 1 + how many others do."""
    ours, theirs = (1.0 + np.asarray(presence[rows].sum(axis=0)).ravel() for rows in (own, ~own))
    return np.asarray(np.log(ours / ours.sum()) - np.log(theirs / theirs.sum()))


def _sharpness(scores: NDArray[np.float64], labels: NDArray[np.int64]) -> float:
    """By what the `scores` have to be multiplied for their softmax to be least surprised by `labels`.

    One number (Guo et al. 2017): it makes probabilities of scores and leaves every answer as it is. It is 1 where there
    are no labels to learn it from.
    """
    from scipy.optimize import minimize_scalar
    from scipy.special import log_softmax

    if not len(labels):
        return 1.0

    def surprise(logarithm: float) -> float:
        found = log_softmax(np.exp(logarithm) * scores, axis=1)
        return -float(found[np.arange(len(labels)), labels].mean())

    found = minimize_scalar(surprise, bounds=(-np.log(SHARPEST), np.log(SHARPEST)), method="bounded")
    return float(np.exp(found.x))
