"""CSV and TSV, strictly: each record has the header's number of fields, or the file is refused."""

import csv
from collections.abc import Callable, Collection, Iterator, Sequence
from itertools import chain
from operator import itemgetter
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from pipelines.errors import SourceError
from pipelines.sources.columns import LONGEST_CELL, Row, no_rows, refuse_missing, refuse_repeated
from pipelines.sources.decoding import line_lists, refuse_text_after_blank
from pipelines.sources.dialect import DELIMITERS, USUAL, Dialect, refuse_own_header, unended
from pipelines.sources.opening import shown

if TYPE_CHECKING:
    from _csv import Reader

Picker = Callable[[list[str | None]], tuple[str | None, ...]]


def delimited_rows(
    path: Path,
    delimiter: str,
    columns: Sequence[str],
    required: Collection[str],
    encoding: str | None,
    dialect: Dialect = USUAL,
) -> Iterator[Row]:
    """Yield the rows of a CSV or TSV file, restricted to `columns`; an empty cell is None.

    A last record without a line end is refused unless the `dialect` says that the file is written so: it may be the
    rest of one that was cut. Hence what is accepted holds whole records only, and all of them but for a cut exactly
    between two, which a digest beside the file tells (`manifest`).
    """
    # The limit belongs to the whole process: the csv module has no other.
    csv.field_size_limit(LONGEST_CELL)
    name = shown(path)
    lines = chain.from_iterable(_ended(name, line_lists(path, encoding), dialect))
    quoting: Literal[0, 3] = csv.QUOTE_MINIMAL if dialect.quotes else csv.QUOTE_NONE
    reader = csv.reader(lines, delimiter=dialect.delimiter or delimiter, quoting=quoting, strict=True)
    if dialect.header is None:
        header = _header(name, reader)
        _refuse_bad_header(name, header, columns, required)
    else:
        header = list(dialect.header)
        refuse_missing(name, header, columns, required)
    yield from _rows(name, reader, lines, header, columns, dialect)


def _ended(name: str, lists: Iterator[list[str]], dialect: Dialect) -> Iterator[list[str]]:
    """Pass the lines on, and refuse a last one without its end."""
    count, last = 0, ""
    for lines in lists:
        if lines:
            count, last = count + len(lines), lines[-1]
        yield lines
    if dialect.final_newline and last and not last.endswith(("\n", "\r")):
        raise unended(name, count)


def _rows(
    name: str, reader: "Reader", lines: Iterator[str], header: list[str], columns: Sequence[str], dialect: Dialect
) -> Iterator[Row]:
    """Yield the records below the header as rows."""
    # The loop runs for each row: nothing in it calls a function for each cell.
    header_ended = ended = reader.line_num
    width, pick = len(header), _picker(header, columns)
    try:
        for record in reader:
            if not ended:
                refuse_own_header(name, record, header)
            if len(record) != width:
                if not record:
                    refuse_text_after_blank(name, lines, reader.line_num)
                    break
                raise _ragged(name, ended + 1, len(record), width)
            ended = reader.line_num
            cells: list[str | None] = [cell or None for cell in record] if "" in record else [*record]
            cells.append(None)
            yield dict(zip(columns, pick(cells), strict=False))
    except csv.Error as error:
        raise _malformed(name, ended + 1, str(error)) from None
    if ended == header_ended:
        raise no_rows(name)


def _header(name: str, reader: "Reader") -> list[str]:
    """Give the column names in the first record, without the spaces around them."""
    try:
        record = next(reader, None)
    except csv.Error as error:
        raise _malformed(name, 1, str(error)) from None
    if record:
        return [cell.strip() for cell in record]
    raise SourceError(
        f"ingest: {name} is empty." if record is None else f"ingest: line 1 of {name} is blank.",
        "Expected a header with the column names on line 1, and rows below it.",
        "export the source again, without blank lines above the header.",
    )


def _refuse_bad_header(name: str, header: list[str], columns: Sequence[str], required: Collection[str]) -> None:
    """Refuse a header that is separated by something else, repeats a name, or lacks a required one."""
    if len(header) == 1 and header[0] not in columns:
        for separator, word in DELIMITERS.items():
            if any(column in map(str.strip, header[0].split(separator)) for column in columns):
                raise _separated(name, word)
    refuse_repeated(name, header, columns)
    refuse_missing(name, header, columns, required)


def _picker(header: list[str], columns: Sequence[str]) -> Picker:
    """Make the function that takes the cells of `columns` from a row that has a None appended.

    A column that the file lacks points at that None. The last index is a surplus that `zip` drops:
    without it, a getter of one column would give a bare cell instead of a tuple.
    """
    places = {column: place for place, column in enumerate(header)}
    return itemgetter(*(places.get(column, len(header)) for column in columns), len(header), len(header))


def _ragged(name: str, line: int, fields: int, width: int) -> SourceError:
    """Say that a record has too few or too many fields."""
    return SourceError(
        f"ingest: the record on line {line} of {name} has {fields} field{'s' * (fields != 1)}.",
        f"Expected the {width} of the header.",
        "put quotes around cells that hold the separator; if it is the last line, the file was cut off.",
    )


def _malformed(name: str, line: int, reason: str) -> SourceError:
    """Say in our words what the csv module found in the record that begins on a line."""
    if reason.startswith("field larger"):
        return SourceError(
            f"ingest: a cell on line {line} of {name} has more than {LONGEST_CELL:,} characters.",
            f"Expected cells of at most {LONGEST_CELL:,} characters.",
            "look for a quote that was opened there and not closed, or shorten the cell.",
        )
    if reason.startswith("unexpected end"):
        return SourceError(
            f"ingest: a quote in the record on line {line} of {name} is never closed.",
            "Expected each quoted cell to end with a quote.",
            "close the quote; if the file was cut off, export or download it again.",
        )
    return SourceError(
        f"ingest: a quoted cell of the record on line {line} of {name} goes on behind its closing quote.",
        "Expected the separator or the line's end there, and quotes inside a cell written twice.",
        "write each quote inside a quoted cell twice.",
    )


def _separated(name: str, word: str) -> SourceError:
    """Say that the columns are separated by another character than the format's."""
    return SourceError(
        f"ingest: the columns of {name} are separated by {word}.",
        "Expected commas in a CSV file, tabs in a TSV file, or what `ingest.delimiter` says.",
        "declare `ingest.delimiter`, or export the source again with the usual separator.",
    )
