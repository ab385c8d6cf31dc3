"""Texts with their labels before them, as fastText reads them: `__label__good the soup was hot`."""

from collections.abc import Collection, Iterator, Sequence
from itertools import chain
from pathlib import Path

from pipelines.errors import SourceError
from pipelines.sources.columns import LONGEST_CELL, Row, no_rows, refuse_missing
from pipelines.sources.decoding import line_lists
from pipelines.sources.opening import shown

COLUMNS = ("label", "text")
MARK = "__label__"
# Between the labels of one text, as other tables write several in a cell.
BETWEEN = ","


def fasttext_rows(path: Path, columns: Sequence[str], required: Collection[str], encoding: str | None) -> Iterator[Row]:
    """Yield a row of `label` and `text` for each line that is not blank; several labels stand in one cell.

    Raises SourceError for a line that does not begin with a label.
    """
    name = shown(path)
    refuse_missing(name, COLUMNS, columns, required)
    empty = True
    for number, line in enumerate(chain.from_iterable(line_lists(path, encoding)), 1):
        if not line.strip():
            continue
        labels, text = _parted(line)
        if not labels or len(text) > LONGEST_CELL:
            raise _refused(name, number, "does not begin with a label" if not labels else "is too long")
        empty = False
        found = {"label": BETWEEN.join(labels), "text": text or None}
        yield {column: found.get(column) for column in columns}
    if empty:
        raise no_rows(name)


def _parted(line: str) -> tuple[list[str], str]:
    labels: list[str] = []
    rest = line.strip()
    while rest.startswith(MARK):
        label, *after = rest.split(maxsplit=1)
        labels.append(label.removeprefix(MARK))
        rest = after[0].strip() if after else ""
    return ([] if "" in labels else labels), rest


def _refused(name: str, number: int, what: str) -> SourceError:
    return SourceError(
        f"ingest: line {number:,} of {name} {what}.",
        f"Expected {MARK}NAME, a blank, and a text of at most {LONGEST_CELL:,} characters on each line.",
        "mend the line or take it out, or declare another `ingest.format`.",
    )
