"""Whether the rows lie in an order that an unshuffled split would trip over."""

import math

import numpy as np
from numpy.typing import NDArray

from pipelines.checks.finding import Finding, Threshold, grade
from pipelines.checks.gathered import Gathered

# What `validation_split=0.1` would take: the last tenth.
TAIL = 0.1
FEWEST = 100
SIGNIFICANT = 0.001


def order_of_labels(seen: Gathered, threshold: Threshold) -> Finding | None:
    """How far the labels of the last tenth, as rows arrived, are from those of all others.

    The share is the total variation distance between the two. It is judged where chance would not do it (chi-square).
    """
    labels = seen.keys.filter(seen.keys["label"].is_not_null())["label"].to_physical().to_numpy()
    if len(labels) < FEWEST or len(np.unique(labels)) < 2:
        return None
    cut = len(labels) - max(1, int(TAIL * len(labels)))
    distance, chance = tail_distance(labels, cut)
    if chance > SIGNIFICANT:
        return None
    changes, expected = runs(labels)
    classes = len(np.unique(labels[cut:]))
    tail = seen.keys.filter(seen.keys["label"].is_not_null())["row"].tail(len(labels) - cut)
    seen_there = "one class only" if classes == 1 else f"{classes} classes, in other shares than before"
    return Finding(
        "order_of_labels",
        "rows lie in the order of their labels"
        if changes < expected / 2
        else "rows of the last tenth, with other labels",
        len(labels) - cut,
        len(labels),
        distance,
        grade(distance, threshold),
        f"Changes of the label from row to row: {changes:,}, where {expected:,.0f} would be chance. The last tenth "
        f"holds {seen_there}: whoever cuts off the tail to validate, as Keras' `validation_split`, measures little.",
        "nothing here: `split` draws rows by a hash and not by place. Shuffle the file before you use it elsewhere.",
        tuple(tail.head(1)),
        {"label_changes": changes, "expected_changes": round(expected, 1), "classes_in_tail": classes},
    )


def tail_distance(labels: NDArray[np.integer], cut: int) -> tuple[float, float]:
    """Total variation distance of label shares before and after `cut`, and its p-value (Pearson's chi-square)."""
    from scipy.special import chdtrc

    codes = np.unique(labels, return_inverse=True)[1]
    counts = np.stack([np.bincount(part, minlength=codes.max() + 1) for part in (codes[:cut], codes[cut:])]).astype(
        float
    )
    shares = counts / counts.sum(axis=1, keepdims=True)
    expected = counts.sum(axis=1, keepdims=True) * counts.sum(axis=0) / counts.sum()
    statistic = float(((counts - expected) ** 2 / expected).sum())
    return float(np.abs(shares[0] - shares[1]).sum() / 2), float(chdtrc(counts.shape[1] - 1, statistic))


def runs(labels: NDArray[np.integer]) -> tuple[int, float]:
    """How often the label changes from one row to the next, and how often it would in a random order."""
    changes = int((labels[1:] != labels[:-1]).sum())
    shares = np.unique(labels, return_counts=True)[1] / len(labels)
    expected = len(labels) * (1 - float((shares**2).sum()))
    return changes, expected if math.isfinite(expected) else 0.0
