"""Rows with a record -> the same rows, in which no combination of quasi-identifiers stands alone."""

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import polars as pl

from pipelines.anonymity.cells import generalised
from pipelines.anonymity.coding import Coded, Integers, by_hierarchy, by_interval, by_set
from pipelines.anonymity.measures import certainty_penalties, is_ordered, reached
from pipelines.anonymity.partition import partition
from pipelines.anonymity.requirements import Requirements, Sensitive
from pipelines.anonymity.rules import TableRules, quasi_columns, sensitive_column
from pipelines.errors import DataError
from pipelines.record import Column, Record


@dataclass(frozen=True)
class Generalised:
    """The rows with published cells in their quasi-identifiers, and in counts and shares what was reached."""

    rows: pl.DataFrame
    about: dict[str, Any]


def generalise(rows: pl.DataFrame, record: Record, rules: TableRules) -> Generalised:
    """Typed `rows` (subject, the record's columns) whose quasi-identifiers hold lists: see `cells`.

    Where `rules` do not ask for k, the rows as they are. Raises DataError where all rows together do not keep what is
    asked: then no partition could, and to suppress every row would leave nothing to learn from.
    """
    columns = quasi_columns(record, rules)
    if not columns:
        return Generalised(rows, {})
    sensitive = rows[sensitive_column(record, rules).name]
    coded = [_coded(_plain(rows[column.name], column), column, rules) for column in columns]
    asked = Requirements(rules.k, rules.distinct_l, rules.entropy_l, rules.t)
    classes = partition(coded, asked, _numbers(rows["subject"]), _sensitive(sensitive))
    if classes is None:
        raise _refused(rows)
    cells = pl.DataFrame([generalised(column, classes) for column in coded])
    return Generalised(rows.with_columns(cells), describe(rows, cells, coded, sensitive, rules))


def describe(
    rows: pl.DataFrame, cells: pl.DataFrame, coded: list[Coded], sensitive: pl.Series, rules: TableRules
) -> dict[str, Any]:
    """What was asked, what was reached, and what it cost: counts and shares, and no value."""
    penalties = certainty_penalties(cells, rows)
    found = asdict(reached(cells, rows["subject"], sensitive))
    return {
        "quasi": {column.name: column.coding for column in coded},
        "sensitive": sensitive.name,
        "asked": {"k": rules.k, "distinct_l": rules.distinct_l, "entropy_l": rules.entropy_l, "t": rules.t},
        "reached": {name: _round(found.pop(name)) for name in ("k", "distinct_l", "entropy_l", "t")},
        "suppressed": rows.height - cells.height,
        "gcp": _round(float(np.mean(list(penalties.values())))),
        "penalties": {name: _round(value) for name, value in penalties.items()},
        **found,
        "average_class_size": _round(rows.height / found["classes"]),
    }


def _round(value: float) -> float:
    return round(value, 6)


def _plain(cells: pl.Series, column: Column) -> pl.Series:
    """Cells as they are told apart: truth values by the names that the features give them."""
    if column.type != "boolean":
        return cells
    return cells.replace_strict({True: "True", False: "False"}, return_dtype=pl.String)


def _coded(cells: pl.Series, column: Column, rules: TableRules) -> Coded:
    if column.is_numeric or column.type == "time":
        return by_interval(cells)
    ancestors = rules.hierarchies.get(column.name)
    return by_set(cells) if ancestors is None else by_hierarchy(cells, ancestors)


def _numbers(values: pl.Series) -> Integers:
    """A number for each different value, in their order; a missing one is the last."""
    ranks = values.rank("dense")
    return ranks.fill_null(values.n_unique()).to_numpy().astype(np.int64) - 1


def _sensitive(values: pl.Series) -> Sensitive:
    return Sensitive(_numbers(values), values.n_unique(), is_ordered(values))


def _refused(rows: pl.DataFrame) -> DataError:
    return DataError(
        f"anonymise: {rows.height:,} rows of {rows['subject'].n_unique():,} subjects keep too little company.",
        "Expected all rows together to reach the `k`, `distinct_l`, `entropy_l` of `anonymise.tables`.",
        "bring more rows, or ask for less in params.yaml.",
    )
