"""A quasi-identifier as integers in an order along which it is cut, and what a group of them would hide.

What a group hides of a column is its certainty penalty, from 0 (one value) to 1 (any value): the width of its interval
as a share of the column's range, or the number of its values as a share of all (Xu et al., KDD 2006; Ghinita et al.,
VLDB 2007).
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipelines.anonymity.hierarchy import Ancestors, Hierarchy

Integers = NDArray[np.int64]
Penalties = NDArray[np.float64]
Coding = Literal["interval", "set", "hierarchy"]
# (first code, last code, how many different ones) of some groups -> their penalties
Penalty = Callable[[Integers, Integers, Integers], Penalties]


@dataclass(frozen=True)
class Coded:
    """A column as codes 0, 1, … of `values`; a missing value is one of them."""

    name: str
    coding: Coding
    codes: Integers
    values: pl.Series
    penalty: Penalty
    hierarchy: Hierarchy | None = None


def by_interval(column: pl.Series) -> Coded:
    """Numbers and times by their distance, anything else by its rank; a missing value is far from everything."""
    values = column.drop_nulls().unique().sort()
    given = values.to_physical() if values.dtype.is_temporal() else values
    places = given.to_numpy().astype(np.float64) if given.dtype.is_numeric() else np.arange(len(values), dtype=float)
    places = places / 2  # the distance of the two largest numbers is no number any more
    range_ = float(np.ptp(places)) if len(places) else 0.0
    shares = np.append((places - places[:1]) / (range_ or 1.0), 2.0)  # the missing value's code is the last

    def penalty(first: Integers, last: Integers, _: Integers) -> Penalties:
        return np.asarray(np.minimum(shares[last] - shares[first], 1.0), dtype=np.float64)

    return Coded(column.name, "interval", _codes(column, values), pl.concat([values, _missing(values)]), penalty)


def by_set(column: pl.Series) -> Coded:
    """Categories, the most frequent first: what is rare is merged with what is rare."""
    values = _counts(column).sort(["len", "value"], descending=[True, False], nulls_last=True)["value"]

    def penalty(_: Integers, __: Integers, distinct: Integers) -> Penalties:
        return np.where(distinct > 1, distinct / len(values), 0.0)

    return Coded(column.name, "set", _codes(column, values), values, penalty)


def by_hierarchy(column: pl.Series, ancestors: Ancestors) -> Coded:
    """Categories in the order of their tree; a group is as large as its nearest common ancestor."""
    hierarchy = Hierarchy.over(dict(_counts(column).iter_rows()), ancestors)
    values = pl.Series(column.name, hierarchy.values, dtype=pl.String)

    def penalty(first: Integers, last: Integers, _: Integers) -> Penalties:
        size = hierarchy.size(first, last)
        return np.where(size > 1, size / len(values), 0.0)

    return Coded(column.name, "hierarchy", _codes(column, values), values, penalty, hierarchy)


def _counts(column: pl.Series) -> pl.DataFrame:
    return pl.DataFrame({"value": column}).group_by("value").len()


def _missing(values: pl.Series) -> pl.Series:
    return pl.Series(values.name, [None], dtype=values.dtype)


def _codes(column: pl.Series, values: pl.Series) -> Integers:
    """The place of each cell in `values`; after the last where it is missing and `values` does not say so."""
    places = pl.DataFrame({"value": values, "code": np.arange(len(values), dtype=np.int64)})
    cells = pl.DataFrame({"value": column})
    found = cells.join(places, on="value", how="left", nulls_equal=True, maintain_order="left")["code"]
    return found.fill_null(len(values)).to_numpy()
