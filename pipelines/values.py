"""Cells as they arrived -> typed values; what cannot be read is missing, and flagged."""

import polars as pl

from pipelines.record import EPOCHS, Column, Record

# Times arrive in these forms; zones are turned into UTC, and a time without one is taken as UTC.
ZONED = ("%Y-%m-%dT%H:%M:%S%.f%#z", "%Y-%m-%d %H:%M:%S %z", "%Y-%m-%d %H:%M:%S%#z")
PLAIN = ("%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%d %H:%M", "%Y/%m/%d %H:%M:%S")
DATES = ("%Y-%m-%d", "%Y/%m/%d", "%d.%m.%Y")
LAST_SECOND = 253_402_300_800
TRUE, FALSE = ("yes", "true", "1", "y", "t"), ("no", "false", "0", "n", "f")


def present(column: Column) -> pl.Expr:
    """The column's text, null where the cell is empty or spells "missing"."""
    cell = pl.col(column.name)
    blank = cell.str.strip_chars().is_in(["", *column.missing])
    return pl.when(blank).then(None).otherwise(cell)


def typed(frame: pl.DataFrame, record: Record) -> pl.DataFrame:
    """`frame` with the record's columns as their types; null where missing or unreadable."""
    return frame.with_columns(_convert(column).alias(column.name) for column in record.columns)


def readable(frame: pl.DataFrame, record: Record) -> pl.DataFrame:
    """For each row and column, whether the cell could be read as its type (a missing one can)."""
    return frame.select(
        (present(column).is_null() | _convert(column).is_not_null()).alias(column.name) for column in record.columns
    )


def _convert(column: Column) -> pl.Expr:
    value = present(column)
    match column.type:
        case "number":
            number = value.str.strip_chars().cast(pl.Float64, strict=False)
            return pl.when(number.is_finite()).then(number)
        case "integer":
            number = value.str.strip_chars().cast(pl.Float64, strict=False)
            whole = number.is_finite() & (number.floor() == number) & (number.abs() < 2**53)
            return pl.when(whole).then(number).cast(pl.Int64, strict=False)
        case "boolean":
            word = value.str.strip_chars().str.to_lowercase()
            return pl.when(word.is_in(TRUE)).then(True).when(word.is_in(FALSE)).then(False)
        case "time":
            return _time(value.str.strip_chars(), column.format)
        case "category":
            return value.str.strip_chars()
        case _:
            return value


def _time(text: pl.Expr, declared: str | None) -> pl.Expr:
    """The moment that is meant: as declared, or else by one of the forms that cannot be mistaken."""
    zoned = [text.str.to_datetime(form, strict=False, time_zone="UTC", time_unit="us") for form in ZONED]
    plain = [text.str.to_datetime(form, strict=False, time_unit="us").dt.replace_time_zone("UTC") for form in PLAIN]
    dates = [text.str.to_date(form, strict=False).cast(pl.Datetime("us")).dt.replace_time_zone("UTC") for form in DATES]
    return pl.coalesce(*_declared(text, declared), *zoned, *plain, *dates)


def _declared(text: pl.Expr, form: str | None) -> list[pl.Expr]:
    if form is None:
        return []
    if form in EPOCHS:
        seconds = text.cast(pl.Float64, strict=False) / EPOCHS[form]
        # Beyond the year 9999 a number is no time: most often the other unit.
        known = pl.when(seconds.abs() < LAST_SECOND).then((seconds * 1e6).round(0).cast(pl.Int64, strict=False))
        return [known.cast(pl.Datetime("us")).dt.replace_time_zone("UTC")]
    if "%z" in form or "%#z" in form:
        return [text.str.to_datetime(form, strict=False, time_zone="UTC", time_unit="us")]
    return [text.str.to_datetime(form, strict=False, time_unit="us").dt.replace_time_zone("UTC")]
