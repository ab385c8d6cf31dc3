"""Excel workbooks: the rows of their sheets, each cell as the one text that it has."""

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime, time, timedelta
from fnmatch import fnmatchcase
from itertools import chain, islice
from pathlib import Path
from typing import TYPE_CHECKING

from pipelines.errors import SourceError
from pipelines.sources.columns import Row, no_rows, refuse_missing, refuse_repeated, refuse_unclean
from pipelines.sources.dialect import USUAL, Dialect, refuse_own_header
from pipelines.sources.opening import shown
from pipelines.sources.zipped import damaged, refuse_unsound

if TYPE_CHECKING:
    from python_calamine import CalamineSheet, CalamineWorkbook

Cell = int | float | str | bool | time | date | datetime | timedelta
# A row with its number in the sheet, counted from 1.
Numbered = tuple[int, list[str]]

# Titles, dates and blanks stand above the header of a report; it is looked for among so many rows that hold anything.
ABOVE = 20
# Excel keeps fifteen digits of what was typed: a longer integer is not written out as if all of them were known.
EXACT = 10**15


def workbook_rows(
    path: Path, columns: Sequence[str], required: Collection[str], dialect: Dialect = USUAL
) -> Iterator[Row]:
    """Yield the rows of a workbook's sheets, restricted to `columns`: of those that `dialect` names, or all visible.

    The header is the row that names the most of `columns` among the first ones of a sheet; what stands above it is a
    title. Rows without any cell are none.
    """
    name = shown(path)
    with _book(path) as book:
        empty = True
        for sheet in _sheets(name, book, dialect.sheets):
            rows = _rows(f"sheet {_plain(sheet.name)!r} of {name}", _filled(sheet), columns, required, dialect)
            for row in rows:
                empty = False
                yield row
        if empty:
            raise no_rows(name)


def first_rows(path: Path, most: int) -> dict[str, list[list[str]]]:
    """The first `most` rows of each visible sheet that holds any, by its name. Raises SourceError for what is none."""
    with _book(path) as book:
        return {
            sheet.name: [cells for _, cells in islice(_filled(sheet), most)] for sheet in _sheets(shown(path), book, ())
        }


def sheets_there(path: Path, named: Sequence[str]) -> tuple[str, ...]:
    """Those of the entries of `ingest.sheets` that name a sheet of this workbook."""
    with _book(path) as book:
        return tuple(pattern for pattern in named if _called(pattern, book.sheet_names))


@contextmanager
def _book(path: Path) -> "Iterator[CalamineWorkbook]":
    """Open a workbook whose parts are all as they were written; and tell what is wrong while it is read."""
    import python_calamine as calamine

    refuse_unsound(path)
    try:
        with calamine.load_workbook(path) as book:
            yield book
    except calamine.CalamineError:
        # The library's own message is dropped: it may quote a cell.
        raise damaged(shown(path)) from None


def _sheets(name: str, book: "CalamineWorkbook", named: Sequence[str]) -> "Iterator[CalamineSheet]":
    """Lay the sheets out that are to be read, one after the other: those `named`, or all visible ones with a cell."""
    from python_calamine import SheetTypeEnum, SheetVisibleEnum

    found = {pattern: _called(pattern, book.sheet_names) for pattern in named}
    if missing := [pattern for pattern in found if not found[pattern]]:
        raise SourceError(
            f"ingest: {name} has no sheet {missing[0]!r}.",
            "Expected each entry of `ingest.sheets` to name a sheet, or several by * and ?.",
            f"correct `ingest.sheets`; it has {', '.join(repr(_plain(each)) for each in book.sheet_names[:5])}.",
        )
    asked = set(chain.from_iterable(found.values()))
    for known in book.sheets_metadata:
        is_shown = known.typ == SheetTypeEnum.WorkSheet and known.visible == SheetVisibleEnum.Visible
        if known.name in asked or (is_shown and not named):
            sheet = book.get_sheet_by_name(known.name)
            if sheet.start is not None:
                yield sheet


def _called(pattern: str, names: Sequence[str]) -> list[str]:
    """The sheets that an entry of `ingest.sheets` names; the exact name first, for it may hold brackets."""
    return [pattern] if pattern in names else [name for name in names if fnmatchcase(name, pattern)]


def _filled(sheet: "CalamineSheet") -> Iterator[Numbered]:
    """The rows of a sheet that hold anything, with their numbers; cells merged with those above them hold their value.

    (Merged with those beside them they stay empty: they are titles, and each column is another thing.)
    """
    left = sheet.start[1] if sheet.start else 0
    ends = {(top, column - left): bottom for (top, column), (bottom, _) in sheet.merged_cell_ranges or ()}
    holding: dict[int, tuple[str, int]] = {}
    for row, cells in enumerate(sheet.iter_rows()):
        texts = [_text(cell) for cell in cells]
        for place in range(len(texts)) if ends else ():
            if (row, place) in ends:
                holding[place] = texts[place], ends[row, place]
            value, end = holding.get(place, ("", -1))
            if row <= end:
                texts[place] = value
        if any(texts):
            yield row + 1, texts


def _text(cell: Cell) -> str:
    """A cell as text: numbers without a fraction as integers, times as ISO 8601, true and false in small letters."""
    if isinstance(cell, str):
        return cell
    if isinstance(cell, bool):
        return str(cell).lower()
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() and abs(cell) < EXACT else repr(cell)
    if isinstance(cell, datetime):
        return cell.isoformat(" ")
    if isinstance(cell, timedelta):
        minutes, seconds = divmod(round(cell.total_seconds()), 60)
        return f"{minutes // 60}:{minutes % 60:02}:{seconds:02}"
    return str(cell) if isinstance(cell, int) else cell.isoformat()


def _rows(
    where: str, rows: Iterator[Numbered], columns: Sequence[str], required: Collection[str], dialect: Dialect
) -> Iterator[Row]:
    """Yield the rows below the header of a sheet."""
    head = list(islice(rows, ABOVE))
    if not head:
        return
    if dialect.header is None:
        place = max(range(len(head)), key=lambda place: _named(head[place][1], columns))
        header = [cell.strip() for cell in head[place][1]]
        head = head[place + 1 :]
        refuse_repeated(where, header, columns)
    else:
        header = list(dialect.header)
        refuse_own_header(where, head[0][1], header)
    # Where no column is required, as for a prediction, each row of such a sheet would be an empty one.
    refuse_missing(where, header, columns, required if _named(header, columns) else columns)
    places = [(column, header.index(column) if column in header else None) for column in columns]
    for number, cells in chain(head, rows):
        if any(cells[len(header) :]):
            raise _wider(where, number, len(header))
        row = {
            column: None if place is None or place >= len(cells) else cells[place] or None for column, place in places
        }
        if any("\x00" in cell for cell in row.values() if cell):
            for column, cell in row.items():
                refuse_unclean(f"column {column!r} in row {number} of {where}", cell)
        yield row


def _named(cells: Sequence[str], columns: Sequence[str]) -> int:
    """How many of `columns` a row names."""
    return len({cell.strip() for cell in cells} & set(columns))


def _plain(name: str) -> str:
    """A sheet's name on one line, whatever it holds."""
    return "".join(letter if letter.isprintable() else "?" for letter in name)


def _wider(where: str, number: int, width: int) -> SourceError:
    return SourceError(
        f"ingest: row {number} of {where} has more cells than `ingest.header` names columns.",
        f"Expected at most {width} cells in each row.",
        "name all columns in `ingest.header`, or clear what stands beside the table.",
    )
