"""Cells as they arrived -> typed values; what cannot be read is missing, and flagged."""

import polars as pl

from pipelines.numerals import plain
from pipelines.pictures import is_picture
from pipelines.record import EPOCHS, Column, Record

# Times arrive in these forms; zones are turned into UTC, and a time without one is taken as UTC.
ZONED = ("%Y-%m-%dT%H:%M:%S%.f%#z", "%Y-%m-%d %H:%M:%S %z", "%Y-%m-%d %H:%M:%S%#z", "%Y-%m-%d %H:%M:%S%.f%#z")
PLAIN = (
    "%Y-%m-%dT%H:%M:%S%.f",
    "%Y-%m-%d %H:%M:%S%.f",
    "%Y-%m-%d %H:%M",
    "%Y-%m-%dT%H:%M",
    "%Y/%m/%d %H:%M:%S",
)
DATES = ("%Y-%m-%d", "%Y/%m/%d", "%d.%m.%Y")
LAST_SECOND = 253_402_300_800
TRUE, FALSE = ("yes", "true", "1", "y", "t"), ("no", "false", "0", "n", "f")


def present(column: Column) -> pl.Expr:
    """The column's text, null where the cell is empty or spells "missing"."""
    cell = pl.col(column.name)
    blank = cell.str.strip_chars().is_in(["", *column.missing])
    return pl.when(blank).then(None).otherwise(cell)


def named_in(frame: pl.DataFrame, column: Column) -> pl.Series:
    """Whom or what each cell of a column of names means: null where it holds nothing, or spells "missing".

    Names are the same whatever space is around them and, where they are whole numbers, as 7 and as 7.0.
    """
    name = present(column).str.strip_chars()
    if column.type == "integer":
        name = name.str.replace(r"^([+-]?[0-9]+)\.0+$", "${1}")
    return frame.select(name.alias(column.name)).to_series()


def typed(frame: pl.DataFrame, record: Record) -> pl.DataFrame:
    """`frame` with the record's columns as their types; null where missing or unreadable."""
    found = frame.with_columns(
        _convert(column).alias(column.name) for column in record.columns if column.type != "time"
    )
    return found.with_columns(_times(frame, column) for column in record.columns if column.type == "time")


def readable(frame: pl.DataFrame, record: Record, values: pl.DataFrame | None = None) -> pl.DataFrame:
    """For each row and column, whether the cell could be read as its type (a missing one can).

    `values`: the typed ones, where they are at hand.
    """
    values = typed(frame, record) if values is None else values
    missing = frame.select(present(column).is_null().alias(column.name) for column in record.columns)
    return pl.DataFrame([missing[column.name] | values[column.name].is_not_null() for column in record.columns])


def _convert(column: Column) -> pl.Expr:
    value = present(column)
    match column.type:
        case "number":
            number = _number(value, column)
            return pl.when(number.is_finite()).then(number)
        case "integer":
            number = _number(value, column)
            whole = number.is_finite() & (number.floor() == number) & (number.abs() < 2**53)
            return pl.when(whole).then(number).cast(pl.Int64, strict=False)
        case "boolean":
            word = value.str.strip_chars().str.to_lowercase()
            return pl.when(word.is_in(TRUE)).then(True).when(word.is_in(FALSE)).then(False)
        case "image":
            return value.map_batches(_pictures, return_dtype=pl.String)
        case "category":
            return value.str.strip_chars()
        case _:
            return value


def _number(cell: pl.Expr, column: Column) -> pl.Expr:
    text = plain(cell, column.format) if column.format else cell.str.strip_chars()
    return text.cast(pl.Float64, strict=False)


def _pictures(cells: pl.Series) -> pl.Series:
    found = [cell if cell is not None and is_picture(cell) else None for cell in cells]
    return pl.Series(cells.name, found, dtype=pl.String)


def _times(frame: pl.DataFrame, column: Column) -> pl.Series:
    """The moments that are meant: as declared, or else by one of the forms that cannot be mistaken."""
    text = frame.select(present(column).str.strip_chars().alias(column.name)).to_series()
    found = pl.Series(column.name, [None] * len(text), dtype=pl.Datetime("us", "UTC"))
    for form in (*([column.format] if column.format else []), *ZONED, *PLAIN, *DATES):
        left = (found.is_null() & text.is_not_null()).arg_true()
        if not len(left):  # the first form fits most columns, and each costs a look at every cell
            break
        found = found.scatter(left, text[left].to_frame().select(_time(column.name, form)).to_series())
    return found


def _time(name: str, form: str) -> pl.Expr:
    text = pl.col(name)
    if form in EPOCHS:
        return _since_1970(text, EPOCHS[form])
    if "%z" in form or "%#z" in form:
        return text.str.to_datetime(form, strict=False, time_zone="UTC", time_unit="us")
    if form in DATES:
        return _utc(text.str.to_date(form, strict=False).cast(pl.Datetime("us")))
    return _utc(text.str.to_datetime(form, strict=False, time_unit="us"))


def _since_1970(text: pl.Expr, parts: int) -> pl.Expr:
    seconds = text.cast(pl.Float64, strict=False) / parts
    # Beyond the year 9999 a number is no time: most often the other unit.
    known = pl.when(seconds.abs() < LAST_SECOND).then((seconds * 1e6).round(0).cast(pl.Int64, strict=False))
    return _utc(known.cast(pl.Datetime("us")))


def _utc(time: pl.Expr) -> pl.Expr:
    return time.dt.replace_time_zone("UTC")
