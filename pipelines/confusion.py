"""What was predicted against what is true, counted, and the shares that follow from the counts.

An undefined share is zero, as with scikit-learn's `zero_division=0`: the recall of a class without rows,
the precision of a class that is never predicted. Macro averages run over all classes, so a class that
the rows lack lowers them.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipelines.bootstrap import Floats, Integers


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


def confusion_measures(margins: Margins) -> dict[str, Floats]:
    """Accuracy and macro averages (draws,), and precision, recall and F1 by class (draws, classes)."""
    precision = ratio(margins.hits, margins.predicted)
    recall = ratio(margins.hits, margins.actual)
    f1 = f1_by_class(margins)
    return {
        "accuracy": margins.hits.sum(axis=1) / margins.actual.sum(axis=1),
        "macro_precision": precision.mean(axis=1),
        "macro_recall": recall.mean(axis=1),
        "macro_f1": f1.mean(axis=1),
        "precision": precision,
        "recall": recall,
        "f1": f1,
    }


def f1_by_class(margins: Margins) -> Floats:
    """The harmonic mean of precision and recall, (draws, classes)."""
    return ratio(2 * margins.hits, margins.predicted + margins.actual)


def ratio(part: Integers, whole: Integers) -> Floats:
    """`part / whole`, zero where there is no whole."""
    return np.divide(part, whole, out=np.zeros(part.shape), where=whole > 0)
