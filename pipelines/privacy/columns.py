"""A column without the people in it; the same for a row in the pipeline and a request in the service."""

from collections import Counter

import polars as pl

from pipelines.privacy.text import clean
from pipelines.record import Column


def without_people(values: pl.Series, column: Column, spans: Counter[str]) -> pl.Series:
    """`values` with texts cleaned of identifiers, each counted in `spans` by type, and times cut to the day."""
    if column.type == "time":
        return values.dt.date()
    return _cleaned(values, spans) if column.type == "text" else values


def _cleaned(texts: pl.Series, spans: Counter[str]) -> pl.Series:
    cleaned: list[str | None] = []
    for text in texts:
        without, found = (None, []) if text is None else clean(text)
        spans.update(span.type for span in found)
        cleaned.append(without)
    return pl.Series(texts.name, cleaned, dtype=pl.String)
