"""How a number is read, whatever else stands in its row."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

STEPS = 16


@dataclass(frozen=True)
class Scale:
    """How a number is read: standardised, and in steps, for what does not rise evenly with it."""

    mean: float
    deviation: float
    edges: list[float]

    @classmethod
    def fit(cls, values: Sequence[Any]) -> "Scale":
        """Mean, deviation, and quantiles of the distinct `values`: in a column that is mostly zero, the others count.

        The quantiles are inner ones: the outermost would be the values of single people.
        """
        given = np.array([_middle(value) for value in values] or [0.0], dtype=np.float64)
        distinct = np.unique(given)
        inner = np.linspace(0, 1, min(len(distinct), STEPS + 1) + 2)[1:-1]
        edges = np.unique(np.quantile(distinct, inner))
        return cls(float(given.mean()), float(given.std()) or 1.0, edges.tolist())

    @property
    def width(self) -> int:
        """How many columns a number takes."""
        return 1 + len(self.edges)

    def columns(self, values: Sequence[Any]) -> NDArray[np.float32]:
        """The number in deviations from the mean, the share of each step that it has climbed, whether it is missing."""
        given = np.array([_middle(value) for value in values], dtype=np.float64)
        missing = np.isnan(given)
        filled = np.where(missing, self.mean, given)
        # Beyond ten deviations a number is a typing error or an outlier; it may not drown the others.
        scaled = np.clip((filled - self.mean) / self.deviation, -10, 10)
        edges = np.array(self.edges)
        steps = np.clip((filled[:, None] - edges[:-1]) / np.diff(edges), 0, 1)
        return np.column_stack([scaled, steps, missing]).astype(np.float32)


def _middle(cell: Any) -> float:
    """A number, the middle of an interval, or NaN where it is missing."""
    if cell is None:
        return math.nan
    return cell[0] / 2 + cell[-1] / 2 if isinstance(cell, list) else float(cell)
