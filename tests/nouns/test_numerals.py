"""Numbers as people write them: thousands, decimal commas, money, per cent; what programs write stays what it is."""

import polars as pl
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pipelines.errors import RecordError
from pipelines.numerals import plain
from pipelines.quantities import as_cell, number_in, within
from pipelines.record import COMMA, POINT, Column, Record, parse_record
from pipelines.values import readable, typed

FINITE = st.floats(-1e9, 1e9, allow_nan=False)


def read(cell: str, written: str) -> float | None:
    record = Record("", (Column("size", "number", format=written),))
    value = typed(pl.DataFrame({"size": [cell]}), record)["size"].item()
    assert value == number_in(cell, record["size"]) or (value is None and number_in(cell, record["size"]) is None)
    return None if value is None else float(value)


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        ("1,234.5", 1234.5),
        ("12,345,678", 12_345_678),
        ("12,34,567.25", 1_234_567.25),
        ("1 234 567", 1_234_567),
        ("1\u202f234.5", 1234.5),
        ("1’234.50", 1234.5),
        ("$1,234.50", 1234.5),
        ("$ 5", 5),
        ("-$5.25", -5.25),
        ("$-5.25", -5.25),
        ("(1,000)", -1000),
        ("($1,000.50)", -1000.5),
        ("−3.5", -3.5),
        ("￥3,000", 3000),
        ("3,000元", 3000),
        ("12.5%", 12.5),
        ("12.5 %", 12.5),
        ("USD 1,200", 1200),
        ("1,200 kr", 1200),
        (".5", 0.5),
        (" 7 ", 7),
    ],
)
def test_a_decimal_point_with_marks_between_thousands_is_read(cell: str, value: float) -> None:
    assert read(cell, POINT) == value


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        ("1.234,5", 1234.5),
        ("1.234", 1234),
        ("5,0", 5),
        (",5", 0.5),
        ("-12.345.678,25", -12_345_678.25),
        ("1 234,50 €", 1234.5),
        ("€ 5,25", 5.25),
        ("12,5 %", 12.5),
        ("CHF 1'234,50", 1234.5),
        ("7", 7),
    ],
)
def test_a_decimal_comma_with_marks_between_thousands_is_read(cell: str, value: float) -> None:
    assert read(cell, COMMA) == value


@pytest.mark.parametrize("written", [POINT, COMMA])
@pytest.mark.parametrize(
    "cell", ["3k", "2M", "1,2,3", "1.2.3", "12/5", "five", "$", "--5", "1,23,4", "inf", "3万", "5 km", "ABC123", "A7"]
)
def test_what_is_no_number_or_a_multiple_of_one_is_not_read(cell: str, written: str) -> None:
    record = Record("", (Column("size", "number", format=written),))
    assert not readable(pl.DataFrame({"size": [cell]}), record)["size"].item()
    assert not within(cell, record["size"])


@given(FINITE, st.sampled_from([POINT, COMMA]))
@example(1.234, COMMA)
@example(-999.125, COMMA)
@example(1e-07, COMMA)
def test_what_a_program_writes_is_the_same_number_in_both_ways(number: float, written: str) -> None:
    assert read(as_cell(number), written) == number


@given(st.integers(-(10**12), 10**12), st.integers(0, 99))
def test_what_people_write_is_read_back(whole: int, hundredths: int) -> None:
    english = f"{whole:,}.{hundredths:02d}"
    expected = float(f"{whole}.{hundredths:02d}")
    assert read(english, POINT) == expected
    assert read(english.translate(str.maketrans(",.", ".,")), COMMA) == expected


def test_without_a_declared_way_only_plain_numbers_are_read() -> None:
    record = Record("", (Column("size", "number"),))
    cells = pl.DataFrame({"size": ["1,234", "5,0", "$5", "1234.5"]})
    assert readable(cells, record)["size"].to_list() == [False, False, False, True]


def test_whole_numbers_may_be_written_so_as_well() -> None:
    record = Record("", (Column("size", "integer", format=POINT),))
    assert typed(pl.DataFrame({"size": ["1,234", "1,234.5", "$7"]}), record)["size"].to_list() == [1234, None, 7]


def test_texts_that_are_no_numbers_stay_as_they_are() -> None:
    cells = pl.DataFrame({"size": ["a, b", "1,2"]}).select(plain(pl.col("size"), POINT))
    assert cells["size"].to_list() == ["a, b", "1,2"]


@pytest.mark.parametrize(("kind", "form"), [("number", "%d"), ("number", "1.234.5"), ("text", POINT), ("time", COMMA)])
def test_a_format_that_says_nothing_of_its_type_is_refused(kind: str, form: str) -> None:
    columns = {"size": {"type": kind, "format": form}, "label": {"type": "category", "role": "label"}}
    with pytest.raises(RecordError, match=r"record\.columns\.size\.format"):
        parse_record({"columns": columns})
