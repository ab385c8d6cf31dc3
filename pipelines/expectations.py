"""The record -> a Great Expectations suite, as a value."""

from collections.abc import Callable
from typing import TYPE_CHECKING

import polars as pl

from pipelines.across import DISPUTED, REPEATED, uniqueness
from pipelines.checks import rows as checks
from pipelines.record import Column, Record
from pipelines.rules import condition

if TYPE_CHECKING:
    from great_expectations.core import ExpectationSuite
    from great_expectations.expectations.expectation import Expectation

# The checks of single rows whose outcome stands in a column of its own, which the suite expects to be true.
CHECKS: dict[str, Callable[[pl.DataFrame, Record], pl.Series]] = {
    "text is wrongly decoded": checks.texts_are_well_decoded,
}


def suite(record: Record) -> "ExpectationSuite":
    """What may pass, as expectations whose `meta.reason` says why a row did not."""
    import great_expectations as gx

    unasked = never_asked(record)
    expected = [expectation for column in record.columns for expectation in _column(column, column.name in unasked)]
    once = [REPEATED, DISPUTED, *uniqueness(record)]
    flags = [_is_true(reason, reason) for reason in [*CHECKS, *once, *rules(record)]]
    rows = gx.expectations.ExpectTableRowCountToBeBetween(min_value=1)
    return gx.ExpectationSuite(name=record.name, expectations=[rows, *expected, *flags])


def rules(record: Record) -> dict[str, str]:
    """The rules across columns, by the reason against a row that breaks one."""
    return {f"against the rule: {name}": rule for name, rule in record.rules}


def unreadable(column: Column) -> str:
    """The reason, and the name of the flag, for cells that are not of the column's type."""
    return f"{column.name} is not {_ARTICLE[column.type]}"


_ARTICLE = {
    "text": "text",
    "category": "a category",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "yes or no",
    "time": "a time",
    "image": "a picture",
}


def never_asked(record: Record) -> set[str]:
    """The required columns that no answer of a user can have: a model does not read them, and nothing fills them in.

    To ask answers for them would hold every answer back, and with it whatever it corrects.
    """
    known = {column.name for column in record.inputs}
    filled = ("label", "subject", "time", "consent", "split")
    return {c.name for c in record.columns if c.required and c.name not in known and c.role not in filled}


def _column(column: Column, unasked: bool) -> list["Expectation"]:
    import great_expectations.expectations as expect

    found: list[Expectation] = []
    if column.required:
        reason = {"reason": f"{column.name} is missing"}
        filled = _filled_or_answered(column) if unasked else _filled(column)
        found.append(expect.ExpectColumnValuesToNotBeNull(column=filled, meta=reason))
    if column.type not in ("text", "category"):
        found.append(_is_true(unreadable(column), unreadable(column)))
    if column.categories:
        reason = {"reason": f"{column.name} is not one of its {len(column.categories)} values"}
        kinds: dict[str, type] = {"integer": int, "number": float}
        values = [kinds.get(column.type, str)(value) for value in column.categories]
        found.append(expect.ExpectColumnValuesToBeInSet(column=column.name, value_set=values, meta=reason))
    if column.min is not None or column.max is not None:
        found.append(_bounds(column))
    return found


def _filled(column: Column) -> str:
    """An unreadable cell is not also a missing one: missing is judged on the cell as it arrived."""
    return column.name if column.type in ("text", "category") else f"{column.name} as it arrived"


def _filled_or_answered(column: Column) -> str:
    return f"{column.name}, or an answer"


def _bounds(column: Column) -> "Expectation":
    import great_expectations.expectations as expect

    limits = {"min_value": column.min, "max_value": column.max}
    if column.is_numeric:
        reason = {"reason": f"{column.name} is out of range"}
        return expect.ExpectColumnValuesToBeBetween(column=column.name, meta=reason, **limits)
    reason = {"reason": f"{column.name} is too short or too long"}
    return expect.ExpectColumnValueLengthsToBeBetween(column=column.name, meta=reason, **limits)


def _is_true(flag: str, reason: str) -> "Expectation":
    import great_expectations.expectations as expect

    return expect.ExpectColumnValuesToBeInSet(column=flag, value_set=[True], meta={"reason": reason})


def table(frame: pl.DataFrame, record: Record, values: pl.DataFrame | None = None) -> pl.DataFrame:
    """The table that the suite is run on: row ids, typed `values`, and a flag per check of single rows."""
    from pipelines.values import present, readable, typed

    values = typed(frame, record) if values is None else values

    could = readable(frame, record, values)
    arrived = [
        frame.select(present(column).alias(_filled(column))).to_series()
        for column in record.columns
        if _filled(column) != column.name
    ]
    if unasked := never_asked(record):
        answered = (frame["origin"] == "feedback") if "origin" in frame.columns else pl.repeat(False, frame.height)
        arrived += [
            frame.select(pl.when(answered).then(pl.lit("answered")).otherwise(present(column))).to_series().alias(name)
            for column in record.columns
            if column.name in unasked
            for name in [_filled_or_answered(column)]
        ]
    flags = [could[c.name].alias(unreadable(c)) for c in record.columns if c.type not in ("text", "category")]
    found = [check(values, record).alias(reason) for reason, check in CHECKS.items()]
    types = {column.name: column.type for column in record.columns}
    ruled = [condition(rule, types).alias(reason) for reason, rule in rules(record).items()]
    kept = values.select("row", *record.names)
    return kept.with_columns(*arrived, *flags, *found, *kept.select(*ruled).get_columns())
