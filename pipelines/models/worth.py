"""How good answers are by one measure, more is better; and by how much, beyond chance, some are better than others.

Answers are (n, labels) probabilities, or (n, 1) numbers; the true ones are places of labels, or numbers.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipelines.bundle import median_label
from pipelines.confusion import f1_by_class, margins
from pipelines.models import Problem
from pipelines.models.options import Measured
from pipelines.record import Task
from pipelines.scores import mean_area, rankings, row_losses

Floats = NDArray[np.float64]
DRAWS = 200
# What each task is measured by where nobody says, and by what else it can be.
MEASURES: dict[Task, tuple[Measured, ...]] = {
    "classification": ("accuracy", "macro_f1", "roc_auc", "log_loss"),
    "ordinal": ("mae", "accuracy", "macro_f1", "log_loss"),
    "regression": ("r2", "mae"),
}
# What tells two answers apart before a decision does.
FINE: dict[Task, Measured] = {"classification": "log_loss", "ordinal": "log_loss", "regression": "r2"}


def measured(measure: Measured, true: NDArray[Any], answers: Floats) -> float:
    """How good the `answers` are, more is better: errors count below zero.

    `mae` is the mean absolute error of a number, or how many labels away from the true one the middle of an order is.
    """
    if measure in ROWS:
        return float(ROWS[measure](true, answers).mean())
    if measure == "r2":
        around = float(np.square(true - true.mean()).mean())
        return 1 - float(np.square(answers[:, 0] - true).mean()) / around if around else 0.0
    if measure == "roc_auc":
        ranked = rankings(true, answers)
        return float(mean_area(ranked, np.ones((1, len(true)), dtype=np.int64))[0])
    cells = margins(np.ones((1, len(true)), dtype=np.int64), true, answers.argmax(axis=1), answers.shape[1])
    return float(f1_by_class(cells).mean())


def standard_error(measure: Measured, true: NDArray[Any], answers: Floats, seed: int) -> float:
    """Of the measure, by resampling rows; resamples that lack a class, where an area has no value, have no say."""
    found = [measured(measure, true[drawn], answers[drawn]) for drawn in _draws(len(true), seed)]
    return _spread(found)


def gain(measure: Measured, true: NDArray[Any], ours: Floats, theirs: Floats, seed: int) -> float:
    """By how many standard errors `ours` are better than `theirs`: of the difference row by row, or of resamples."""
    rows = _squares if measure == "r2" else ROWS.get(measure)
    if rows is not None:
        difference = rows(true, ours) - rows(true, theirs)
        return float(difference.mean() / max(difference.std() / np.sqrt(len(true)), 1e-12))
    gains = [
        measured(measure, true[drawn], ours[drawn]) - measured(measure, true[drawn], theirs[drawn])
        for drawn in _draws(len(true), seed)
    ]
    whole = measured(measure, true, ours) - measured(measure, true, theirs)
    return float(whole / max(_spread(gains), 1e-12))


def usual(problem: Problem) -> Measured:
    """What the answers to `problem` are measured by where nobody says."""
    return MEASURES[problem.task][0]


def _spread(values: list[float]) -> float:
    known = np.array(values)[~np.isnan(values)]
    return float(known.std()) if len(known) else 0.0


def _draws(rows: int, seed: int) -> list[NDArray[np.int64]]:
    rng = np.random.default_rng(seed)
    return [rng.integers(rows, size=rows) for _ in range(DRAWS)]


def _hits(true: NDArray[Any], answers: Floats) -> Floats:
    return np.asarray(answers.argmax(axis=1) == true, dtype=np.float64)


def _losses(true: NDArray[Any], answers: Floats) -> Floats:
    return -np.asarray(row_losses(true, answers), dtype=np.float64)


def _distances(true: NDArray[Any], answers: Floats) -> Floats:
    found = answers[:, 0] if answers.shape[1] == 1 else median_label(answers)
    return np.asarray(-np.abs(found - true), dtype=np.float64)


def _squares(true: NDArray[Any], answers: Floats) -> Floats:
    return np.asarray(-np.square(answers[:, 0] - true), dtype=np.float64)


# Measures that are the mean of what each row is worth by itself.
ROWS: dict[Measured, Callable[[NDArray[Any], Floats], Floats]] = {
    "accuracy": _hits,
    "log_loss": _losses,
    "mae": _distances,
}
