"""Which separator parts the records of a text into the same number of cells."""

import csv
import io
import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Literal

from pipelines.proposing.header import NUMBER
from pipelines.sources.images import is_picture_name
from pipelines.sources.separators import WHITESPACE, encloses, parted, single

LOOKED_AT = 300  # records: enough to see how many fields they have
# Of several characters, or of one that CSV has not: as MovieLens, Toutiao's news, film dialogues and Hive write.
LONG = ("_!_", " +++$+++ ", "|||", "||", "::", "\x01", "^", "~", "##", "@@", "$$")
# The share of cells that are numbers in a column of them.
NUMBERS = 0.9


@dataclass(frozen=True)
class Parted:
    """The first records of a text, the separator between their cells, and whether quotes enclose some."""

    delimiter: str
    records: Sequence[list[str]]
    quotes: bool

    @property
    def width(self) -> int:
        """How many cells each record has; 0 where there is none, or where they differ."""
        widths = {len(record) for record in self.records}
        return widths.pop() if len(widths) == 1 else 0


def parted_as(text: str, *, whole: bool) -> Parted:
    """How a text is parted into the same number of cells on each line; into one each, or no records, where it is not.

    Commas come last: prose has them too. Quotes that stand for themselves are commonest where tabs separate; elsewhere
    each separator is tried with quotes that enclose first, for within those any other one may stand in every record.
    A separator of several characters comes before the marks that it, or a cell beside it, may hold.
    """
    ways = [("\t", True), ("\t", False), *((mark, False) for mark in LONG)]
    ways += [(mark, quotes) for quotes in (True, False) for mark in ";|,"]
    alone: Parted | None = None
    for mark, quotes in ways:
        found = Parted(mark, _records(text, mark, whole, quotes=quotes), quotes)
        if found.width > 1 and _is_itself(mark, found.records):
            return found
        if found.width == 1 and mark not in LONG and (alone is None or (mark == "," and alone.delimiter != ",")):
            alone = found
    return _aligned(text, whole) or alone or Parted(",", [], quotes=True)


def _is_itself(mark: str, records: Sequence[list[str]]) -> bool:
    """Whether no other separator parts the records better.

    Where a cell holds a bar, bars are what parts cells, some of which are empty. Where blanks part the first cell of
    each record in as many pieces, a tab stands beside one of many columns.
    """
    if mark == "\t":
        pieces = {len(re.split(" {2,}", record[0].strip())) for record in records}
        return len(pieces) > 1 or pieces == {1}
    return mark not in ("||", "|||") or not any("|" in cell for record in records for cell in record)


def _aligned(text: str, whole: bool) -> Parted | None:
    """A table whose cells blanks part: of three columns or more, and one of numbers; verses have no such column.

    A list of pictures has one of their files, and may have two columns in all.
    """
    for quotes in (True, False):
        found = Parted(WHITESPACE, _records(text, WHITESPACE, whole, quotes=quotes), quotes)
        columns = list(zip(*found.records[1:], strict=True)) if found.width > 1 else []
        if any(map(_is_of_pictures, columns)) or (len(columns) > 2 and any(map(_is_of_numbers, columns))):
            return found
    return None


def _is_of_pictures(column: Sequence[str]) -> bool:
    return all(is_picture_name(cell) for cell in column)


def _is_of_numbers(column: Sequence[str]) -> bool:
    return sum(NUMBER.fullmatch(cell) is not None for cell in column) > NUMBERS * len(column)


def _records(text: str, mark: str, whole: bool, *, quotes: bool) -> Sequence[list[str]]:
    """The first records of a text, none where the separator does not fit; one that may be cut is left out."""
    quoting: Literal[0, 3] = csv.QUOTE_MINIMAL if encloses(mark, quotes=quotes) else csv.QUOTE_NONE
    lines = io.StringIO("".join(parted(iter([text]), mark, quotes=quotes)), newline="")
    reader = csv.reader(lines, delimiter=single(mark), quoting=quoting, strict=True)
    found: list[list[str]] = []
    try:
        found.extend(islice(reader, LOOKED_AT))
    except csv.Error:
        if whole or len(found) < 2:
            return []
    if not whole and len(found) < LOOKED_AT:
        found.pop()
    while found and not found[-1]:
        found.pop()
    return found
