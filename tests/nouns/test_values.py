"""Cells become values: what can be read is read exactly, the rest is missing and flagged."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as some

from pipelines.record import Column, Record, Type
from pipelines.values import readable, typed


def read(kind: Type, *cells: str | None, missing: tuple[str, ...] = ()) -> list[Any]:
    record = Record("one", (Column("x", kind, missing=missing),))
    return typed(pl.DataFrame({"x": cells}, schema={"x": pl.String}), record)["x"].to_list()


def could(kind: Type, *cells: str | None, missing: tuple[str, ...] = ()) -> list[bool]:
    record = Record("one", (Column("x", kind, missing=missing),))
    return readable(pl.DataFrame({"x": cells}, schema={"x": pl.String}), record)["x"].to_list()


def test_numbers_are_read_in_the_forms_that_people_write() -> None:
    assert read("number", "1.5", " -2 ", "1e3", "0") == [1.5, -2.0, 1000.0, 0.0]


@pytest.mark.parametrize("cell", ["one", "1,5", "1.5.2", "NaN", "inf", "-inf", "0x10", "1 000", "--1"])
def test_what_is_no_number_is_missing_and_flagged(cell: str) -> None:
    assert read("number", cell) == [None]
    assert could("number", cell) == [False]


def test_whole_numbers_may_be_written_with_an_empty_fraction() -> None:
    assert read("integer", "7", "7.0", "-3", "1e2") == [7, 7, -3, 100]


@pytest.mark.parametrize("cell", ["7.5", "seven", "inf", "9007199254740993", "1e300"])
def test_what_is_no_exact_whole_number_is_missing_and_flagged(cell: str) -> None:
    assert read("integer", cell) == [None]
    assert could("integer", cell) == [False]


@given(some.integers(-(2**53) + 1, 2**53 - 1))
def test_every_whole_number_comes_back_as_it_was_written(number: int) -> None:
    assert read("integer", str(number)) == [number]


@given(some.floats(allow_nan=False, allow_infinity=False))
def test_every_number_comes_back_as_it_was_written(number: float) -> None:
    assert read("number", repr(number)) == [number]


def test_yes_and_no_are_read_in_any_case() -> None:
    assert read("boolean", "Yes", "TRUE", "1", "n", "False", "0") == [True, True, True, False, False, False]
    assert could("boolean", "maybe", "", "yes") == [False, True, True]


NOON = datetime(2026, 3, 4, 12, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    "cell",
    [
        *("2026-03-04T12:30:00+00:00", "2026-03-04T12:30:00Z", "2026-03-04T20:30:00+08:00", "2026-03-04T12:30:00"),
        *("2026-03-04 12:30:00 +0000", "2026-03-04 14:30:00+02:00", "2026-03-04 12:30:00", "2026-03-04 12:30"),
        *("2026/03/04 12:30:00", "2026-03-04T12:30:00.000000+00:00", " 2026-03-04 12:30 "),
    ],
)
def test_a_moment_is_the_same_in_every_form_and_zone(cell: str) -> None:
    assert read("time", cell) == [NOON]


@pytest.mark.parametrize("cell", ["2026-03-04", "2026/03/04", "04.03.2026"])
def test_a_date_is_its_midnight(cell: str) -> None:
    assert read("time", cell) == [datetime(2026, 3, 4, tzinfo=UTC)]


@pytest.mark.parametrize("cell", ["yesterday", "31/02/2026", "2026-13-45T09:00:00", "2026-02-30", "12:30"])
def test_what_is_no_time_is_missing_and_flagged(cell: str) -> None:
    assert read("time", cell) == [None]
    assert could("time", cell) == [False]


@given(some.datetimes(datetime(1970, 1, 1), datetime(2100, 1, 1)), some.integers(-12 * 60, 14 * 60))
def test_every_moment_comes_back_from_iso_8601(naive: datetime, minutes: int) -> None:
    moment = naive.replace(tzinfo=timezone(timedelta(minutes=minutes)))
    assert read("time", moment.isoformat()) == [moment]


def test_a_category_loses_the_blanks_around_it_and_a_text_keeps_them() -> None:
    assert read("category", " Paris ") == ["Paris"]
    assert read("text", " a b ") == [" a b "]


@pytest.mark.parametrize("kind", ["text", "category", "integer", "number", "boolean", "time"])
def test_an_empty_cell_and_a_spelling_of_missing_are_missing_and_readable(kind: Type) -> None:
    assert read(kind, None, "", "  ", "?", " N/A ", missing=("?", "N/A")) == [None] * 5
    assert all(could(kind, None, "", "  ", "?", " N/A ", missing=("?", "N/A")))


def test_the_text_na_is_a_value_unless_the_record_says_otherwise() -> None:
    assert read("text", "NA", "null") == ["NA", "null"]


@pytest.mark.parametrize(
    ("form", "cell"),
    [
        ("%m/%d/%Y %H:%M", "2/29/2024 13:45"),
        ("%d/%m/%Y %H:%M", "29/02/2024 13:45"),
        ("%Y年%m月%d日 %H:%M", "2024年2月29日 13:45"),
        ("%a %b %d %H:%M:%S %z %Y", "Thu Feb 29 14:45:00 +0100 2024"),
        ("epoch", "1709214300"),
        ("epoch_ms", "1709214300000"),
        ("%m/%d/%Y", "2024-02-29T13:45:00Z"),
    ],
)
def test_a_declared_form_is_read_and_iso_8601_still_is(form: str, cell: str) -> None:
    record = Record("one", (Column("x", "time", format=form),))
    found = typed(pl.DataFrame({"x": [cell, "nonsense"]}), record)["x"].to_list()
    assert found == [datetime(2024, 2, 29, 13, 45, tzinfo=UTC), None]


def test_milliseconds_that_are_declared_as_seconds_are_no_time() -> None:
    record = Record("one", (Column("x", "time", format="epoch"),))
    assert readable(pl.DataFrame({"x": ["1709214300000", "1709214300"]}), record)["x"].to_list() == [False, True]


@pytest.mark.parametrize(
    ("cell", "moment"),
    [
        ("2024-01-01 00:00:00.000000000Z", "2024-01-01T00:00:00+00:00"),  # Arrow's, in UTC
        ("2024-01-01 00:00:00.123456+0800", "2023-12-31T16:00:00.123456+00:00"),  # and elsewhere
        ("2024-05-01 12:34:56.789+00", "2024-05-01T12:34:56.789000+00:00"),  # PostgreSQL's
        ("2024-01-01T10:00", "2024-01-01T10:00:00+00:00"),
    ],
)
def test_moments_as_other_tools_write_them(cell: str, moment: str) -> None:
    record = Record("times", (Column("at", "time"),))
    assert typed(pl.DataFrame({"at": [cell]}), record)["at"][0].isoformat() == moment
