"""What was predicted against what is true, counted, and the shares that follow from the counts.

An undefined share is zero, as with scikit-learn's `zero_division=0`: the recall of a class without rows,
the precision of a class that is never predicted. Macro averages run over all classes, so a class that
the rows lack lowers them. A draw of the rows says nothing of a class that they have and that was not drawn:
taken for zero, it would pull the intervals of rare classes below what was measured.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipelines.bootstrap import Floats, Integers

Flags = NDArray[np.bool_]


def confusion_matrix(true: Integers, predicted: NDArray[np.integer[Any]], classes: int) -> Integers:
    """How many rows of each true class (row) were given each predicted class (column)."""
    counts = np.bincount(true * classes + predicted, minlength=classes * classes)
    return counts.astype(np.int64).reshape(classes, classes)


@dataclass(frozen=True)
class Margins:
    """Per draw and class, how many rows were hit, are truly of it, were predicted: (draws, classes) each."""

    hits: Integers
    actual: Integers
    predicted: Integers


def margins(
    counts: Integers, true: NDArray[np.integer[Any]], predicted: NDArray[np.integer[Any]], classes: int
) -> Margins:
    """The sums of (draws, cells) counts by class, each cell having a true and a predicted class (cells,)."""
    hit = true == predicted
    return Margins(
        hits=sums_by(counts[:, hit], true[hit], classes),
        actual=sums_by(counts, true, classes),
        predicted=sums_by(counts, predicted, classes),
    )


def sums_by(counts: Integers, group: NDArray[np.integer[Any]], groups: int) -> Integers:
    """The (draws, cells) counts added up over the cells of each group: (draws, groups)."""
    sums = np.zeros((len(counts), groups), dtype=np.int64)
    present, starts = np.unique(np.sort(group), return_index=True)
    if present.size:
        ordered = counts[:, np.argsort(group, kind="stable")]
        sums[:, present] = np.add.reduceat(ordered, starts, axis=1)
    return sums


def confusion_measures(margins: Margins, there: Flags | None = None) -> dict[str, Floats]:
    """Accuracy and macro averages (draws,), and precision, recall and F1 by class (draws, classes).

    Of draws, `there` (classes,) says which classes the rows have: NaN stands where a draw lacks one of them.
    """
    precision = drawn_alone(ratio(margins.hits, margins.predicted), margins.actual, there)
    recall = drawn_alone(ratio(margins.hits, margins.actual), margins.actual, there)
    f1 = drawn_alone(f1_by_class(margins), margins.actual, there)
    return {
        "accuracy": margins.hits.sum(axis=1) / margins.actual.sum(axis=1),
        "macro_precision": np.nanmean(precision, axis=1),
        "macro_recall": np.nanmean(recall, axis=1),
        "macro_f1": np.nanmean(f1, axis=1),
        "precision": precision,
        "recall": recall,
        "f1": f1,
    }


def drawn_alone(shares: Floats, actual: Integers, there: Flags | None) -> Floats:
    """`shares` (draws, classes) with NaN for the classes that are `there` and have no row in a draw, by `actual`."""
    return shares if there is None else np.where((actual == 0) & there, np.nan, shares)


def f1_by_class(margins: Margins) -> Floats:
    """The harmonic mean of precision and recall, (draws, classes)."""
    return ratio(2 * margins.hits, margins.predicted + margins.actual)


def ratio(part: Integers, whole: Integers) -> Floats:
    """`part / whole`, zero where there is no whole."""
    return np.divide(part, whole, out=np.zeros(part.shape), where=whole > 0)
