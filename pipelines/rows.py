"""Anonymised rows as a model sees them: what it reads, and what it should answer."""

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipelines.errors import DataError
from pipelines.features import Columns
from pipelines.record import Record


def inputs(rows: pl.DataFrame, record: Record) -> Columns:
    """The columns that a model reads."""
    names = [record.text.name] if record.text else [column.name for column in record.features]
    return {name: rows[name].to_list() for name in names}


def answers(rows: pl.DataFrame, record: Record, labels: tuple[str, ...]) -> tuple[pl.DataFrame, NDArray[np.int64]]:
    """The rows whose label the model knows, and the place of each. Raises DataError where there are none."""
    places = {label: place for place, label in enumerate(labels)}
    known = rows.filter(pl.col(record.label.name).cast(pl.String).is_in(list(labels)))
    if known.height == 0:
        raise DataError(
            "evaluate: no test row has a label that the model knows.",
            f"Expected labels among the {len(labels)} of the training rows.",
            "check `record`'s label column and the split; then run again.",
        )
    return known, np.array([places[str(label)] for label in known[record.label.name]], dtype=np.int64)
