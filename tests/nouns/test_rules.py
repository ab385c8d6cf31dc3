"""Rules across columns: what they say of a row, and what is no rule."""

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as some

from pipelines.errors import RecordError
from pipelines.record import parse_record
from pipelines.rules import condition

TYPES = {
    "start": "time",
    "end": "time",
    "price": "number",
    "amount": "integer",
    "Total Sum": "number",
    "kind": "category",
    "title": "text",
    "paid": "boolean",
}
ROWS = pl.DataFrame(
    {
        "price": [2.0, 2.5, None],
        "amount": [3, 2, 1],
        "Total Sum": [6.0, 6.0, 6.0],
        "kind": ["a", "b", None],
        "title": ["short", "much too long", ""],
        "paid": [True, False, None],
    }
).with_columns(
    start=pl.lit("2024-01-01").str.to_datetime(time_unit="us", time_zone="UTC"),
    end=pl.Series(["2024-01-02", "2023-12-31", "2024-03-01"]).str.to_datetime(time_unit="us", time_zone="UTC"),
)


def holds(rule: str) -> list[bool]:
    return ROWS.select(condition(rule, TYPES)).to_series().to_list()


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ("start <= end", [True, False, True]),
        ("`Total Sum` == price * amount", [True, False, True]),
        ("price is present", [True, True, False]),
        ("not (kind == 'a' and amount > 2)", [False, True, True]),
        ("kind != 'b' or paid", [True, False, True]),
        ("length(title) < 6", [True, False, True]),
        ("days(end - start) <= 30", [True, True, False]),
        ("end > '2024-01-15' or amount >= 2", [True, True, True]),
        ("-price < -2.2 or price is missing", [False, True, True]),
        ("price + 1 - amount / 2 >= 2", [False, True, True]),
    ],
)
def test_a_rule_says_which_rows_it_holds_for(rule: str, expected: list[bool]) -> None:
    assert holds(rule) == expected


@pytest.mark.parametrize(
    "rule",
    [
        "",
        "price",
        "price <",
        "price < kind",
        "prise < 3",
        "end - start < 3",
        "length(price) < 3",
        "price < 3 4",
        "(price < 3",
        "price < 3; amount < 2",
        "__import__('os').system('true')",
        "price.max() < 3",
        "not " * 60 + "paid",
        "price < 3 or " * 60 + "paid",
        "kind is new",
    ],
)
def test_what_is_no_rule_is_refused_in_three_lines(rule: str) -> None:
    with pytest.raises(RecordError, match=r"record\.rules") as caught:
        condition(rule, TYPES)
    assert len(str(caught.value).split("\n")) == 3


@given(some.text(max_size=40))
def test_any_text_is_a_rule_or_is_refused(text: str) -> None:
    try:
        assert ROWS.select(condition(text, TYPES)).to_series().dtype == pl.Boolean
    except RecordError:
        return


def test_a_record_refuses_a_rule_about_a_column_that_it_has_not() -> None:
    columns = {"text": {"type": "text", "role": "text"}, "label": {"type": "category", "role": "label"}}
    parsed = parse_record({"name": "r", "columns": columns, "rules": {"short": "length(text) < 9"}})
    assert parsed.rules == (("short", "length(text) < 9"),)
    with pytest.raises(RecordError, match="no column 'size'"):
        parse_record({"name": "r", "columns": columns, "rules": {"small": "size < 9"}})
    with pytest.raises(RecordError, match="does not name rules"):
        parse_record({"name": "r", "columns": columns, "rules": ["length(text) < 9"]})
