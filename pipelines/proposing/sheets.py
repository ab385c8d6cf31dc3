"""Which sheets of a workbook hold the rows: those with the same columns, the most cells of them."""

from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

from pipelines.errors import SourceError
from pipelines.proposing.header import has_header, lines_above
from pipelines.sources.workbooks import first_rows

LOOKED_AT = 300  # rows of a sheet
NO_HEADER = "the first line looks like a row: the columns have no names; give them some in `ingest.header`"

# The names of columns, the keys of `ingest`, and what is unsure.
Described = tuple[tuple[str, ...], dict[str, list[str]], tuple[str, ...]]


def described(path: Path) -> Described | str:
    """How the rows of a workbook are to be read; or why they cannot be."""
    try:
        sheets = {name: _headed(rows) for name, rows in first_rows(path, LOOKED_AT).items()}
    except SourceError as error:
        return "it is an Excel workbook that is not read: " + str(error).splitlines()[0].partition(": ")[2].rstrip(".")
    if not sheets:
        return "it is an Excel workbook without a cell"
    groups: dict[tuple[str, ...], list[str]] = defaultdict(list)
    for name, (names, _, _) in sheets.items():
        groups[names].append(name)
    best = max(groups.values(), key=lambda group: sum(sheets[name][2] for name in group))
    names, named, _ = sheets[best[0]]
    settings, doubts = dict[str, list[str]](), tuple[str, ...]()
    if len(best) < len(sheets):
        settings["sheets"] = best
        left = ", ".join(repr(name) for name in sheets if name not in best)
        doubts = (f"sheet {left}: left out, other columns than {best[0]!r}; `ingest.sheets` names those to read",)
    if not named:
        settings["header"] = list(names)
        doubts = (*doubts, NO_HEADER)
    return tuple(name for name in names if name), settings, doubts


def _headed(rows: Sequence[Sequence[str]]) -> tuple[tuple[str, ...], bool, int]:
    """The names of a sheet's columns, whether they stand in it, and how many cells are filled."""
    filled = sum(map(bool, (cell for row in rows for cell in row)))
    place = 0 if has_header(rows[0], rows[1:]) else lines_above(rows)
    if place or has_header(rows[0], rows[1:]):
        return tuple(cell.strip() for cell in rows[place]), True, filled
    return tuple(f"column_{place}" for place in range(1, len(rows[0]) + 1)), False, filled
