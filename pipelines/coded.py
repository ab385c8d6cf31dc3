"""A table's columns as trees read them: numbers as they are, categories by their codes, what is missing as NaN."""

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from pipelines.features import Arrays, Columns, place_of
from pipelines.record import Record

# A tree tells at most so many values of a category apart.
MOST = 254


@dataclass(frozen=True)
class Coded:
    """Categories by their place among the known values, then numbers; NaN for what is missing or was never seen.

    A generalised cell is a list: an interval counts as its middle; a category that may be one of several is missing.
    """

    kind: ClassVar[str] = "coded"
    categories: dict[str, list[str]]
    numbers: list[str]

    @classmethod
    def fit(cls, columns: Columns, record: Record) -> "Coded":
        """The commonest values of the record's categories, and the names of its numbers."""
        numbers = [column.name for column in record.features if column.is_numeric]
        categories = {}
        for column in record.features:
            if not column.is_numeric:
                counts = Counter(filter(None, map(_category, columns[column.name])))
                commonest = sorted(counts, key=lambda value: (-counts[value], value))
                categories[column.name] = sorted(commonest[:MOST])
        return cls(categories, numbers)

    @property
    def width(self) -> int:
        """How many columns the array has."""
        return len(self.categories) + len(self.numbers)

    def arrays(self, columns: Columns) -> Arrays:
        """`table` (n, width) float32."""
        parts = [_codes(columns[name], known) for name, known in self.categories.items()]
        parts += [np.array([_number(cell) for cell in columns[name]], dtype=np.float32) for name in self.numbers]
        return {"table": np.column_stack(parts)}


def _codes(cells: Sequence[Any], known: Sequence[str]) -> NDArray[np.float32]:
    places = {value: float(place) for place, value in enumerate(known)}
    return np.array([place_of(_category(cell), places, math.nan) for cell in cells], dtype=np.float32)


def _category(cell: Any) -> str | None:
    if isinstance(cell, list):
        return str(cell[0]) if len(cell) == 1 and cell[0] is not None else None
    return None if cell is None else str(cell)


def _number(cell: Any) -> float:
    if cell is None:
        return math.nan
    return cell[0] / 2 + cell[-1] / 2 if isinstance(cell, list) else float(cell)
