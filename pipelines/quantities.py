"""Numbers as labels: how they are written in a cell, and which ones a column may hold."""

import math
import re

from pipelines.record import Column

# Beyond this a float no longer tells whole numbers apart.
MOST_DECIMALS = 6
LARGEST_WHOLE = 2**53
THREE_DECIMALS = re.compile(r"-?[0-9]{1,3}\.[0-9]{3}")


def as_cell(number: float) -> str:
    """A number as it would stand in a source, whatever way of writing numbers its column has.

    >>> as_cell(3.0), as_cell(2.5), as_cell(0.125)
    ('3', '2.5', '0.1250')
    """
    if number == int(number) and abs(number) < LARGEST_WHOLE:
        return repr(int(number))
    # No way of writing takes the point before four decimals for one between thousands.
    return f"{number!r}0" if THREE_DECIMALS.fullmatch(repr(number)) else repr(number)


def number_in(cell: str, column: Column) -> float | None:
    """The number that a cell of `column` holds, in the way that the column writes numbers; None where it is none."""
    if column.format:
        import polars as pl

        from pipelines.numerals import plain

        cell = str(pl.select(plain(pl.lit(cell), column.format)).item())
    try:
        return float(cell)
    except ValueError:
        return None


def within(cell: str, column: Column) -> bool:
    """Whether a cell is a number of the column's type, within its bounds."""
    number = number_in(cell, column)
    if number is None or not math.isfinite(number) or (column.type == "integer" and number != int(number)):
        return False
    return (column.min is None or number >= column.min) and (column.max is None or number <= column.max)


def possible(number: str, column: Column) -> str:
    """The cell that a number which was estimated for `column` comes nearest to: a whole one where those alone occur."""
    return as_cell(float(round(float(number))) if column.type == "integer" else float(number))


def measured(value: float, low: float, high: float) -> str:
    """A figure between the ends of its interval, all to the second digit of half its width.

    >>> measured(14.612, 13.849, 15.378), measured(0.64703, 0.59684, 0.687), measured(68431.2, 61250, 74990)
    ('14.61 [13.85, 15.38]', '0.647 [0.597, 0.687]', '68,431 [61,250, 74,990]')
    """
    half = (high - low) / 2
    if not 0 < half < math.inf:
        return f"{value:.4g} [{low:.4g}, {high:.4g}]"
    decimals = min(MOST_DECIMALS, max(0, 1 - math.floor(math.log10(half))))
    # A minus before nothing but zeros tells no side.
    told = [f"{round(number, decimals) + 0.0:,.{decimals}f}" for number in (value, low, high)]
    return f"{told[0]} [{told[1]}, {told[2]}]"


def described(column: Column) -> str:
    """Which numbers `column` may hold, in words."""
    bounds = [f"{word} {bound:g}" for word, bound in (("from", column.min), ("to", column.max)) if bound is not None]
    return " ".join(["a whole number" if column.type == "integer" else "a number", *bounds])
