"""How good a classifier is on rows with a known answer, every measure with a 95 % bootstrap interval.

Where no row is wrong, no draw of rows is: there the bound is exact (`pipelines/faultless.py`).
Undefined shares are zero (`pipelines/confusion.py`). Only the area under the ROC curve can be undefined
as a whole, when a single class is present: it is then absent from `measures`, and null in the JSON.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipelines.bootstrap import (
    Floats,
    Integers,
    Measure,
    measure_of,
    resampled_cells,
    resampled_weights,
)
from pipelines.confusion import confusion_matrix, confusion_measures, margins
from pipelines.errors import DataError
from pipelines.faultless import Trials
from pipelines.record import Task

MEASURES = (
    "accuracy",
    "macro_precision",
    "macro_recall",
    "macro_f1",
    "log_loss",
    "roc_auc",
    "majority_accuracy",
)
MEASURES_OF: dict[Task, tuple[str, ...]] = {
    "classification": MEASURES,
    "ordinal": (*MEASURES, "mae", "quadratic_kappa"),
    "regression": ("mse", "rmse", "mae", "r2", "mean_rmse", "mean_mae"),
    "language": ("log_loss", "perplexity", "bits_per_character", "unigram_bits"),
}
# One ranking per class is drawn again and again; among so many classes none of them says much.
MOST_RANKED = 100
PER_CLASS = ("precision", "recall", "f1")

# A certain and wrong answer costs 34.5 nats instead of infinity.
SMALLEST_PROBABILITY = 1e-15


@dataclass(frozen=True)
class Scores:
    """What a model got right on `rows` rows; shares are between 0 and 1, log loss is in nats.

    `roc_auc` is of the second label where there are two, else one-vs-rest, averaged over the classes present; absent
    beyond MOST_RANKED classes. `majority_accuracy` is that of always answering the commonest class, and has no
    interval. `support` counts each class's rows. `confusion` has a row per true and a column per predicted label.
    """

    rows: int
    labels: list[str]
    measures: dict[str, Measure]
    classes: dict[str, dict[str, Measure]]
    support: dict[str, int]
    confusion: list[list[int]]
    task: Task = "classification"

    def to_dict(self) -> dict[str, Any]:
        """These scores as JSON can hold them; a measure that cannot be computed is null."""
        content = asdict(self)
        content["measures"] = {name: content["measures"].get(name) for name in MEASURES_OF[self.task]}
        return content

    @classmethod
    def from_dict(cls, content: Mapping[str, Any]) -> "Scores":
        """The scores that `to_dict` turned into `content`."""
        known = {name: each for name, each in content["measures"].items() if each is not None}
        classes = {label: read_measures(measures) for label, measures in content["classes"].items()}
        return cls(**{**content, "measures": read_measures(known), "classes": classes})


@dataclass(frozen=True)
class Ranking:
    """The rows by rising score, and where the positives stand among them.

    `order` is (rows,). Of each positive, (positives,): its `place` in that order, and the half-open span
    `start`..`stop` of the places that share its score.
    """

    order: NDArray[np.intp]
    place: NDArray[np.intp]
    start: NDArray[np.intp]
    stop: NDArray[np.intp]


def scores_of(
    labels: Sequence[str],
    true: Integers,
    probabilities: Floats,
    predicted: Integers | None = None,
    people: Integers | None = None,
    *,
    draws: int = 1000,
    seed: int = 0,
) -> Scores:
    """Measure the predictions `probabilities` (rows, labels) against the class numbers `true` (rows,).

    The `predicted` class is the most probable one unless given, the first of equals. Of rows by `people` (rows,) whole
    people are drawn. Raises DataError where the two do not fit each other or the labels.
    """
    check(labels, true, probabilities)
    rng = np.random.default_rng(seed)
    predicted = probabilities.argmax(axis=1) if predicted is None else predicted
    confusion = confusion_matrix(true, predicted, len(labels))
    values, drawn = bootstrap_confusion(true, predicted, len(labels), draws, rng, people)
    more, more_drawn = bootstrap_rows(true, probabilities.astype(np.float64), draws, rng, people)
    trials = Trials.of(true, predicted, len(labels), people)
    measures = trials.bounded(measures_of({**values, **more}, {**drawn, **more_drawn}))
    classes = class_measures_of(labels, values, drawn)
    majority = float(confusion.sum(axis=1).max() / true.size)
    return Scores(
        rows=int(true.size),
        labels=list(labels),
        measures={**measures, "majority_accuracy": Measure(majority, majority, majority)},
        classes={label: trials.bounded_of(place, found) for place, (label, found) in enumerate(classes.items())},
        support=dict(zip(labels, confusion.sum(axis=1).tolist(), strict=True)),
        confusion=confusion.tolist(),
    )


def check(labels: Sequence[str], true: Integers, probabilities: Floats) -> None:
    """Raise DataError unless every row has one known class and one finite probability per label."""
    if true.size == 0 or probabilities.shape != (true.size, len(labels)):
        raise DataError(
            f"scores: {true.size} answers, and predictions of shape {probabilities.shape}.",
            f"Expected at least one row, and {len(labels)} probabilities for each.",
            "measure the model on rows that `split` wrote, with the labels that it was trained on.",
        )
    if true.min() < 0 or true.max() >= len(labels) or not np.isfinite(probabilities).all():
        raise DataError(
            "scores: an answer outside the labels, or a probability that is not a number.",
            f"Expected classes 0 to {len(labels) - 1} and finite probabilities.",
            "train again; if it stays, lower the learning rate, for the training has diverged.",
        )


def read_measures(content: Mapping[str, Mapping[str, float]]) -> dict[str, Measure]:
    """The measures in a JSON object, by name."""
    return {name: Measure(**each) for name, each in content.items()}


def measures_of(values: Mapping[str, Floats], drawn: Mapping[str, Floats]) -> dict[str, Measure]:
    """The measures that have one number for the whole and that could be computed, by name."""
    return {
        name: measure_of(float(values[name][0]), drawn[name])
        for name in MEASURES
        if name in values and not np.isnan(values[name][0])
    }


def class_measures_of(
    labels: Sequence[str], values: Mapping[str, Floats], drawn: Mapping[str, Floats]
) -> dict[str, dict[str, Measure]]:
    """Precision, recall and F1 of each label, by label and name."""
    return {
        label: {name: measure_of(float(values[name][0, k]), drawn[name][:, k]) for name in PER_CLASS}
        for k, label in enumerate(labels)
    }


def bootstrap_confusion(
    true: Integers,
    predicted: Integers,
    classes: int,
    draws: int,
    rng: np.random.Generator,
    people: Integers | None = None,
) -> tuple[dict[str, Floats], dict[str, Floats]]:
    """The measures of the confusion of `true` with `predicted` (rows,), and of `draws` resamples of the rows."""
    cells, cell, counts = np.unique(true * classes + predicted, return_inverse=True, return_counts=True)
    sides = (cells // classes, cells % classes)
    values = confusion_measures(margins(counts[np.newaxis], *sides, classes))
    drawn, there = resampled_cells(cell, len(cells), draws, rng, people), np.bincount(true, minlength=classes) > 0
    return values, concatenated([confusion_measures(margins(block, *sides, classes), there) for block in drawn])


def bootstrap_rows(
    true: Integers, probabilities: Floats, draws: int, rng: np.random.Generator, people: Integers | None = None
) -> tuple[dict[str, Floats], dict[str, Floats]]:
    """Log loss and area under the ROC curve, and both for `draws` resamples of the rows.

    Time grows with rows x classes x draws, memory with rows x classes.
    """
    losses, ranked = row_losses(true, probabilities), rankings(true, probabilities)
    once = np.ones((1, true.size), dtype=np.int64)
    drawn = resampled_weights(true.size, draws, rng, people)
    blocks = [probability_measures(losses, ranked, weights) for weights in drawn]
    return probability_measures(losses, ranked, once), concatenated(blocks)


def probability_measures(losses: Floats, ranked: Sequence[Ranking], weights: Integers) -> dict[str, Floats]:
    """Log loss and area under the ROC curve for rows drawn `weights` (draws, rows) times: (draws,) each."""
    return {
        "log_loss": weights @ losses / weights.sum(axis=1),
        "roc_auc": mean_area(ranked, weights),
    }


def row_losses(true: Integers, probabilities: Floats) -> Floats:
    """The negative logarithm of the probability that each row's true class was given."""
    given = probabilities[np.arange(true.size), true]
    losses: Floats = -np.log(np.clip(given, SMALLEST_PROBABILITY, 1 - SMALLEST_PROBABILITY))
    return losses


def rankings(true: Integers, probabilities: Floats) -> list[Ranking]:
    """One ranking per class that is asked about: the second of two, or each one that the rows have."""
    classes = probabilities.shape[1]
    asked = [1] if classes == 2 else range(classes if classes <= MOST_RANKED else 0)
    return [ranking(true == k, probabilities[:, k]) for k in asked if np.any(true == k)]


def ranking(positive: NDArray[np.bool_], scores: Floats) -> Ranking:
    """Order the rows by score once, so that each draw needs a running sum only."""
    order = np.argsort(scores, kind="stable")
    place, rising = np.flatnonzero(positive[order]), scores[order]
    start = np.searchsorted(rising, rising[place], side="left")
    return Ranking(order, place, start, np.searchsorted(rising, rising[place], side="right"))


def mean_area(ranked: Sequence[Ranking], weights: Integers) -> Floats:
    """The area under the ROC curve, averaged over the classes that a draw has; NaN where it has none."""
    areas = np.array([area(each, weights) for each in ranked]).reshape(len(ranked), len(weights))
    defined = ~np.isnan(areas)
    total, count = np.where(defined, areas, 0).sum(axis=0), defined.sum(axis=0)
    return quotient(total, count)


def area(ranked: Ranking, weights: Integers) -> Floats:
    """The share of (positive, negative) pairs in the right order, ties half: (draws,), NaN without pairs.

    By midranks (Mann & Whitney 1947): the positives' weighted midranks add up to the pairs that they win
    against all rows; among themselves they win half of their pairs, whatever the order.
    """
    ordered = weights[:, ranked.order]
    running = np.zeros((len(weights), weights.shape[1] + 1), dtype=np.int64)
    np.cumsum(ordered, axis=1, out=running[:, 1:])
    own = ordered[:, ranked.place]
    midranks = (running[:, ranked.start] + running[:, ranked.stop]) / 2
    positives = own.sum(axis=1)
    pairs = positives * (running[:, -1] - positives)
    won = (own * midranks).sum(axis=1) - positives**2 / 2
    return quotient(won, pairs)


def quotient(part: Floats, whole: Integers) -> Floats:
    """`part / whole`, NaN where there is no whole."""
    quotients: Floats = np.divide(part, whole, out=np.full(part.shape, np.nan), where=whole > 0)
    return quotients


def concatenated(blocks: Sequence[dict[str, Floats]]) -> dict[str, Floats]:
    """The draws of all blocks, by measure."""
    return {name: np.concatenate([block[name] for block in blocks]) for name in blocks[0]}
