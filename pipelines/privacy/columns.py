"""A column without the people in it; the same for a row in the pipeline and a request in the service."""

from collections import Counter

import polars as pl

from pipelines.privacy.text import DEFAULT, clean_all
from pipelines.privacy.text_rules import TextRules
from pipelines.record import Column

AT_ONCE = 2000  # texts: enough for a learned finder to be fast, few enough for memory


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
    cleaned: list[str] = []
    present = texts.drop_nulls()
    for start in range(0, present.len(), AT_ONCE):
        for without, found in clean_all(present.slice(start, AT_ONCE).to_list(), rules, key):
            spans.update(span.type for span in found)
            cleaned.append(without)
    each = iter(cleaned)
    return pl.Series(texts.name, [None if text is None else next(each) for text in texts], dtype=pl.String)
