"""CSV and TSV, strictly: each record has the header's number of fields, or the file is refused."""

import csv
import sys
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from operator import itemgetter
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypeVar

import polars as pl

from pipelines.errors import SourceError
from pipelines.sources.blocks import Style, read_block
from pipelines.sources.columns import LONGEST_CELL, Row, no_rows, refuse_missing, refuse_repeated
from pipelines.sources.decoding import LINE_END, Lines, count_lines, refuse_text_after_blank, texts
from pipelines.sources.dialect import USUAL, Dialect, refuse_own_header, unended
from pipelines.sources.frames import together
from pipelines.sources.opening import shown
from pipelines.sources.separators import DELIMITERS, encloses, parted, single

if TYPE_CHECKING:
    from _csv import Reader

# Few enough that the records of a batch lie in the processor's cache until they are columns.
RECORDS_AT_ONCE = 2048

Found = TypeVar("Found")
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
    file = _opened(path, delimiter, columns, required, encoding, dialect)
    pick = _picker(file.header, columns)
    for batch in _not_none(file.name, file.batches()):
        # The loop runs for each row: nothing in it calls a function for each cell.
        for record in batch:
            cells: list[str | None] = [cell or None for cell in record] if "" in record else [*record]
            cells.append(None)
            yield dict(zip(columns, pick(cells), strict=False))


def delimited_frames(
    path: Path,
    delimiter: str,
    columns: Sequence[str],
    required: Collection[str],
    encoding: str | None,
    dialect: Dialect = USUAL,
) -> Iterator[pl.DataFrame]:
    """Yield the same rows as frames of texts: no object is made for a row."""
    file = _opened(path, delimiter, columns, required, encoding, dialect)
    for frame in together(_not_none(file.name, file.frames(columns))):
        yield frame.with_columns(pl.when(pl.all() != "").then(pl.all()))


def _opened(
    path: Path,
    delimiter: str,
    columns: Sequence[str],
    required: Collection[str],
    encoding: str | None,
    dialect: Dialect,
) -> "_Delimited":
    """Read the column names of a file."""
    # The limit belongs to the whole process: the csv module has no other.
    csv.field_size_limit(LONGEST_CELL)
    name = shown(path)
    mark = dialect.delimiter or delimiter
    lines = Lines(parted(_ended(name, texts(path, encoding), dialect), mark, quotes=dialect.quotes))
    quotes = encloses(mark, quotes=dialect.quotes)
    file = _Delimited(name, lines, single(mark), quotes, list(dialect.header or ()))
    if dialect.header is None:
        reader = file.reader()
        file.header, file.above = _header(name, reader), reader.line_num
        _refuse_bad_header(name, file.header, columns, required)
    else:
        refuse_missing(name, file.header, columns, required)
    return file


def _ended(name: str, pieces: Iterator[str], dialect: Dialect) -> Iterator[str]:
    """Pass the pieces of a text on, and refuse a last line without its end."""
    count, last = 1, ""
    for text in pieces:
        count, last = count + count_lines(text), text[-1:] or last
        yield text
    if dialect.final_newline and last not in ("", "\n", "\r"):
        raise unended(name, count)


@dataclass
class _Delimited:
    """The records of a file that are still to be read; `above` counts the lines over them."""

    name: str
    lines: Lines
    delimiter: str
    quotes: bool
    header: list[str]
    above: int = 0

    def reader(self) -> "Reader":
        """The csv module's reader of the lines that are left."""
        quoting: Literal[0, 3] = csv.QUOTE_MINIMAL if self.quotes else csv.QUOTE_NONE
        return csv.reader(self.lines, delimiter=self.delimiter, quoting=quoting, strict=True)

    def batches(self, lines: int = sys.maxsize) -> Iterator[list[list[str]]]:
        """Yield the records of so many lines, or a few more, in batches that are not empty and were found faultless."""
        reader, above, width = self.reader(), self.above, len(self.header)
        while (left := lines - reader.line_num) > 0:
            batch: list[list[str]] = []
            failed: csv.Error | SourceError | None = None
            begun = self.above + 1
            try:
                # What was read before a fault stays in the list, and its own faults are told first.
                batch.extend(islice(reader, min(RECORDS_AT_ONCE, left)))
            except (csv.Error, SourceError) as error:
                failed = error
            self.above = above + reader.line_num
            if begun == 1 and batch:
                refuse_own_header(self.name, batch[0], self.header)
            if any(len(record) != width for record in batch):
                _refuse_ragged(self.name, batch, begun, width, iter(self.lines), more=failed is not None)
                batch = batch[: batch.index([])]
            elif isinstance(failed, SourceError):
                raise failed
            elif failed is not None:
                raise _malformed(self.name, begun + sum(map(_lines_of, batch)), str(failed)) from None
            if not batch:
                return
            yield batch

    def frames(self, columns: Sequence[str]) -> Iterator[pl.DataFrame]:
        """Yield the same records in small frames, in which an empty cell is an empty text."""
        style, begun = Style(len(self.header), self.delimiter, self.quotes), ""
        while text := begun + (piece := self.lines.take()):
            # Of what is left over when nothing follows, the csv module says what is wrong with it.
            block, begun = read_block(text.encode(), style) if piece else None, ""
            if block is None:
                self.lines.give_back(text)
                for batch in self.batches(count_lines(text) or 1):
                    cells = list(zip(*batch, strict=True))
                    yield self._frame(cells, len(batch), columns)
                continue
            frame, begun = block[0], block[1].decode()
            if self.above == 0:
                refuse_own_header(self.name, frame.row(0), self.header)
            self.above += count_lines(text) - count_lines(begun)
            yield self._frame(frame.get_columns(), frame.height, columns)

    def _frame(self, cells: Sequence[Sequence[str] | pl.Series], height: int, columns: Sequence[str]) -> pl.DataFrame:
        places = {column: place for place, column in enumerate(self.header)}
        nothing = [None] * height
        # A list: of an iterator, polars takes a thousand columns at a time, as if they were rows.
        return pl.DataFrame(
            [pl.Series(name, cells[places[name]] if name in places else nothing, dtype=pl.String) for name in columns]
        )


def _not_none(name: str, found: Iterator[Found]) -> Iterator[Found]:
    """Pass on what was found in a file, and refuse one in which nothing was."""
    nothing = True
    for each in found:
        nothing = False
        yield each
    if nothing:
        raise no_rows(name)


def _refuse_ragged(
    name: str, batch: list[list[str]], begun: int, width: int, lines: Iterator[str], *, more: bool
) -> None:
    """Refuse the first record of another width, unless it and all that follow are blank lines."""
    place = next(place for place, record in enumerate(batch) if len(record) != width)
    line = begun + sum(map(_lines_of, batch[:place]))
    if batch[place]:
        raise _ragged(name, line, len(batch[place]), width)
    follow = ["text"] if more or any(batch[place:]) else []
    refuse_text_after_blank(name, chain(follow, lines), line)


def _lines_of(record: list[str]) -> int:
    """Count the lines on which a record stands: a quoted cell may hold line ends."""
    return 1 + sum(len(LINE_END.findall(cell)) for cell in record if "\n" in cell or "\r" in cell)


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
