"""Rows as they arrived -> the columns that a bundle reads, typed and cleaned by the pipeline's own code."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace

import polars as pl

from pipelines.features import Columns
from pipelines.privacy.columns import without_people
from pipelines.privacy.text_rules import TextRules
from pipelines.record import Column, Record
from pipelines.values import readable, typed

Arrived = Mapping[str, str | None]


def read_columns(record: Record) -> tuple[Column, ...]:
    """The columns of `record` that a model reads."""
    return record.inputs


def as_columns(
    rows: Sequence[Arrived], record: Record, text: TextRules = TextRules(), key: bytes | None = None
) -> Columns:
    """The columns of `rows` that a model reads, as it saw them in training: typed, and cleaned by its rules."""
    values = typed(_frame(rows, record), _seen(record))
    return {
        column.name: without_people(values[column.name], column, Counter(), text, key).to_list()
        for column in read_columns(record)
    }


def unreadable(rows: Sequence[Arrived], record: Record) -> tuple[int, str] | None:
    """The place of the first row with a cell that is not of its column's type, and that column's name."""
    could = readable(_frame(rows, record), _seen(record))
    for place, cells in enumerate(could.iter_rows(named=True)):
        for name, fits in cells.items():
            if not fits:
                return place, name
    return None


def is_blank(cell: str | None, column: Column) -> bool:
    """Whether a cell holds nothing, or a spelling of "missing"."""
    return cell is None or cell.strip() in ("", *column.missing)


def _seen(record: Record) -> Record:
    return replace(record, columns=read_columns(record))


def _frame(rows: Sequence[Arrived], record: Record) -> pl.DataFrame:
    names = [column.name for column in read_columns(record)]
    return pl.DataFrame({n: pl.Series(n, [row.get(n) for row in rows], dtype=pl.String) for n in names})
