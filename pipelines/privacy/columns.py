"""A column without the people in it; the same for a row in the pipeline and a request in the service."""

from collections import Counter

import polars as pl

from pipelines.privacy.text import DEFAULT, clean
from pipelines.privacy.text_rules import TextRules
from pipelines.record import Column


def without_people(
    values: pl.Series, column: Column, spans: Counter[str], rules: TextRules = DEFAULT, key: bytes | None = None
) -> pl.Series:
    """`values` with texts cleaned by `rules`, each find counted in `spans` by type, and times cut to the day.

    Each text is a document of its own. Surrogates come from `key`; without one they differ at every call.
    """
    if column.type == "time":
        return values.dt.date()
    return _cleaned(values, spans, rules, key) if column.type == "text" else values


def _cleaned(texts: pl.Series, spans: Counter[str], rules: TextRules, key: bytes | None) -> pl.Series:
    cleaned: list[str | None] = []
    for text in texts:
        without, found = (None, []) if text is None else clean(text, rules, key)
        spans.update(span.type for span in found)
        cleaned.append(without)
    return pl.Series(texts.name, cleaned, dtype=pl.String)
