"""What is published of a class: lists that hold the lowest and the highest value, or all values that it may be.

A cell is null where nothing is told: a number of a class in which some are missing.
"""

import numpy as np
import polars as pl

from pipelines.anonymity.coding import Coded, Integers
from pipelines.anonymity.hierarchy import Hierarchy


def generalised(column: Coded, classes: Integers) -> pl.Series:
    """The published cell of each row: the same for all rows of a class, and made from nothing but the class."""
    members = pl.DataFrame({"class": classes, "code": column.codes}).unique()
    ends = members.group_by("class").agg(first=pl.col("code").min(), last=pl.col("code").max()).sort("class")
    if column.coding == "interval":
        cells = _intervals(column, ends)
    elif column.hierarchy is not None:
        cells = _below(column, column.hierarchy, ends)
    else:
        cells = _values(column, members)
    return cells.gather(classes).alias(column.name)


def _intervals(column: Coded, ends: pl.DataFrame) -> pl.Series:
    low, high = (column.values.gather(ends[end]) for end in ("first", "last"))
    told = pl.when(pl.col("high").is_not_null()).then(pl.concat_list("low", "high"))
    return pl.DataFrame({"low": low, "high": high}).select(told).to_series()


def _values(column: Coded, members: pl.DataFrame) -> pl.Series:
    named = members.with_columns(value=column.values.gather(members["code"]))
    return named.sort("class", "value", nulls_last=True).group_by("class", maintain_order=True).agg("value")["value"]


def _below(column: Coded, hierarchy: Hierarchy, ends: pl.DataFrame) -> pl.Series:
    """All values below the nearest common ancestor of those that the class has."""
    first, last = ends["first"].to_numpy(), ends["last"].to_numpy()
    levels = hierarchy.level(first, last)
    names = np.array(column.values.to_list(), dtype=object)
    known: dict[tuple[int, int], list[str | None]] = {}
    nodes = list(zip(levels.tolist(), hierarchy.ancestors[levels, first].tolist(), strict=True))
    for level, ancestor in set(nodes):
        below = names[hierarchy.ancestors[level] == ancestor]
        known[level, ancestor] = sorted(below, key=lambda name: (name is None, name))
    return pl.Series(column.name, [known[node] for node in nodes], dtype=pl.List(pl.String))
