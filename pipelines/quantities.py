"""Numbers as labels: how they are written in a cell, and which ones a column may hold."""

import math

from pipelines.record import Column

# Beyond this a float no longer tells whole numbers apart.
LARGEST_WHOLE = 2**53


def as_cell(number: float) -> str:
    """A number as it would stand in a source.

    >>> as_cell(3.0), as_cell(2.5)
    ('3', '2.5')
    """
    return repr(int(number)) if number == int(number) and abs(number) < LARGEST_WHOLE else repr(number)


def within(cell: str, column: Column) -> bool:
    """Whether a cell is a number of the column's type, within its bounds."""
    try:
        number = float(cell)
    except ValueError:
        return False
    if not math.isfinite(number) or (column.type == "integer" and number != int(number)):
        return False
    return (column.min is None or number >= column.min) and (column.max is None or number <= column.max)


def possible(number: str, column: Column) -> str:
    """The cell that a number which was estimated for `column` comes nearest to: a whole one where those alone occur."""
    return as_cell(float(round(float(number)))) if column.type == "integer" else number


def described(column: Column) -> str:
    """Which numbers `column` may hold, in words."""
    bounds = [f"{word} {bound:g}" for word, bound in (("from", column.min), ("to", column.max)) if bound is not None]
    return " ".join(["a whole number" if column.type == "integer" else "a number", *bounds])
