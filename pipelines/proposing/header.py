"""Whether the first record of a file names its columns; where it may be somebody's row, it is one."""

import re
from collections.abc import Sequence

from pipelines.privacy.identifiers import find_identifiers
from pipelines.proposing.naming import is_known
from pipelines.sources.images import is_picture_name

NUMBER = re.compile(r"\s*[+-]?(\d[\d.,:/ -]*|\.\d+)([eE][+-]?\d+)?%?\s*")
LONGEST_NAME = 80
MOST_ABOVE = 10
MOSTLY = 0.9
SURELY = 3  # names that columns have: in no row stand so many of them


def has_header(first: Sequence[str], rows: Sequence[Sequence[str]]) -> bool:
    """Whether `first` are names of columns, judged by itself and by the `rows` below it.

    In doubt it is a row: a name shown too few costs a word in params.yaml, a value shown too many is somebody's.
    """
    cells = [cell.strip() for cell in first]
    if not cells[0] and len(cells) > 2:  # the column of row numbers that pandas writes has no name
        cells, rows = cells[1:], [row[1:] for row in rows]
    # Spreadsheets write a separator for each column that once held something: "v1,v2,,," names two.
    while len(cells) > 2 and not cells[-1] and _share_empty([row[len(cells) - 1] for row in rows]) > MOSTLY:
        cells, rows = cells[:-1], [row[: len(cells) - 1] for row in rows]
    if not _may_be_names(cells):
        return False
    below = [[row[place].strip() for row in rows] for place in range(len(cells))]
    if any(cell in column for cell, column in zip(cells, below, strict=True)):
        return False
    return any(map(is_known, cells)) or any(_differs(cell, column) for cell, column in zip(cells, below, strict=True))


def _share_empty(column: Sequence[str]) -> float:
    return sum(not cell.strip() for cell in column) / max(len(column), 1)


def lines_above(rows: Sequence[Sequence[str]]) -> int:
    """How many lines stand above the header: titles, dates and blanks, as reports have them; 0 for none."""
    if has_header(rows[0], rows[1:]):
        return 0
    for place, row in enumerate(rows[:MOST_ABOVE]):
        if len(row) < 3 or all(cell.strip() for cell in row):
            return place if place and has_header(row, rows[place + 1 :]) else 0
        if 2 * sum(bool(cell.strip()) for cell in row) > len(row):
            return 0
    return 0


def _may_be_names(cells: Sequence[str]) -> bool:
    """Whether each cell could be a name: there, once, short, no number and nobody's identifier."""
    if sum(map(is_known, cells)) >= SURELY and len(set(cells)) == len(cells) and all(cells):
        return True
    if len(set(cells)) < len(cells) or any(not cell or len(cell) > LONGEST_NAME or "\n" in cell for cell in cells):
        return False
    others = [cell for cell in cells if not _counted(cells) or not cell.isdigit()]
    return not any(NUMBER.fullmatch(cell) or is_picture_name(cell) or find_identifiers(cell) for cell in others)


def _counted(cells: Sequence[str]) -> bool:
    """Whether the numbers among the cells go on by ones: columns are called 0, 1, 2 or 2019, 2020, 2021."""
    numbers = [int(cell) for cell in cells if cell.isdecimal() and len(cell) < 6]
    return len(numbers) > 2 and numbers == list(range(numbers[0], numbers[0] + len(numbers)))


def _differs(cell: str, column: Sequence[str]) -> bool:
    """Whether the cells of a column are another kind of thing than the cell above them."""
    filled = [each for each in column if each]
    if not filled:
        return False
    numbers = sum(NUMBER.fullmatch(each) is not None for each in filled)
    if numbers >= 0.8 * len(filled):
        return True
    middle = sorted(map(len, filled))[len(filled) // 2]
    return middle >= 20 and len(cell) <= middle / 2 and len(cell.split()) <= 3
