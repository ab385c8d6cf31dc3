"""Plain texts, which have no columns: a text on each line, or paragraphs with blank lines between them."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import chain, groupby
from pathlib import Path

from pipelines.errors import SourceError
from pipelines.sources.columns import LONGEST_CELL, Row, no_rows, refuse_missing
from pipelines.sources.decoding import LONGEST_LINE, line_lists
from pipelines.sources.opening import shown

# The one column that such a file has.
COLUMN = "text"


def passage_rows(
    path: Path, columns: Sequence[str], required: Collection[str], encoding: str | None, *, lines: bool
) -> Iterator[Row]:
    """Yield the texts of a file as rows of one column, `text`: its `lines`, or else its paragraphs.

    Blank lines are no texts. A paragraph keeps its line ends, as LF, and no blanks around it.
    """
    name = shown(path)
    refuse_missing(name, (COLUMN,), columns, required)
    read = chain.from_iterable(line_lists(path, encoding))
    number = 0
    for number, text in enumerate(_lines(read) if lines else _paragraphs(read), 1):
        if len(text) > LONGEST_CELL:
            raise too_long(name, number)
        yield {column: text if column == COLUMN else None for column in columns}
    if not number:
        raise no_rows(name)


def _lines(read: Iterable[str]) -> Iterator[str]:
    return filter(None, (line.strip() for line in read))


def _paragraphs(read: Iterable[str]) -> Iterator[str]:
    for filled, lines in groupby(read, key=lambda line: bool(line.strip())):
        if filled:
            yield "\n".join(not_endless(lines)).strip()


def not_endless(lines: Iterable[str]) -> Iterator[str]:
    """Yield `lines` without their ends, as far as one text may go on.

    A book without blank lines must not fill the memory.
    """
    size = 0
    for line in lines:
        yield line.rstrip()
        size += len(line)
        if size > LONGEST_CELL + LONGEST_LINE:
            return


def too_long(name: str, number: int) -> SourceError:
    return SourceError(
        f"ingest: text {number:,} of {name} has more than {LONGEST_CELL:,} characters.",
        f"Expected texts of at most {LONGEST_CELL:,} characters.",
        "part it by blank lines, or declare `ingest.format: lines` if each of its lines is a text.",
    )
