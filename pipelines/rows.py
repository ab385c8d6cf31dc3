"""Anonymised rows as a model sees them: what it reads, and what it should answer."""

from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipelines.errors import DataError
from pipelines.features import Columns
from pipelines.record import Record


def inputs(rows: pl.DataFrame, record: Record) -> Columns:
    """The columns that a model reads."""
    return {column.name: rows[column.name].to_list() for column in record.inputs}


def labelled(rows: pl.DataFrame, record: Record, labels: tuple[str, ...]) -> pl.DataFrame:
    """The rows with something to hold a model's answer against: a label that it knows, a number, a text at all."""
    if record.task == "language":
        return rows.filter(pl.col(record.inputs[0].name).is_not_null())
    label = pl.col(record.label.name)
    known = label.cast(pl.Float64).is_finite() if record.task == "regression" else label.cast(pl.String).is_in(labels)
    return rows.filter(known.fill_null(value=False))


def with_people(answered: pl.DataFrame, rows: pl.DataFrame, record: Record) -> pl.DataFrame:
    """`answered` (row, …) with the `person` of each row, by the pseudonyms of `rows`, where the record names people."""
    if record.with_role("subject") is None:
        return answered
    return answered.join(rows.select("row", person="subject"), on="row", how="left", maintain_order="left")


def answers(rows: pl.DataFrame, record: Record, labels: tuple[str, ...]) -> tuple[pl.DataFrame, NDArray[Any]]:
    """The rows that a model's answers can be held against, and what is right for each.

    A label's place, a number, or nothing where the text itself is the answer. Raises DataError where there are none.
    """
    known = labelled(rows, record, labels)
    if known.height == 0:
        raise DataError(
            "evaluate: no test row has a label that the model knows.",
            f"Expected labels among the {len(labels)} of the training rows."
            if labels
            else "Expected labels to compare.",
            "check `record`'s label column and the split; then run again.",
        )
    return known, right(known, record, labels)


def right(rows: pl.DataFrame, record: Record, labels: tuple[str, ...]) -> NDArray[Any]:
    """What is right for each of `rows`, all of which have it: its label's place, its number, or zeros for a text."""
    match record.task:
        case "language":
            return np.zeros(rows.height, dtype=np.int64)
        case "regression":
            return rows[record.label.name].cast(pl.Float64).to_numpy().astype(np.float64)
        case _:
            places = {label: place for place, label in enumerate(labels)}
            return np.array([places[label] for label in rows[record.label.name].cast(pl.String)], dtype=np.int64)
