"""JSON Lines, strictly: one object per line, its values turned into the one text that each has."""

import json
from collections.abc import Collection, Iterator, Sequence
from itertools import chain
from pathlib import Path
from typing import Any

from pipelines.errors import SourceError
from pipelines.sources.columns import LONGEST_CELL, Row, no_rows, refuse_missing, refuse_unclean
from pipelines.sources.decoding import line_lists, refuse_text_after_blank
from pipelines.sources.opening import shown

# Where an object stands, the text that it was read from, and the object.
Placed = tuple[str, str, dict[str, Any]]


def json_rows(path: Path, columns: Sequence[str], required: Collection[str], encoding: str | None) -> Iterator[Row]:
    """Yield the objects of a JSON Lines file, restricted to `columns`.

    A key that one line leaves out is None there; a required one that all lines leave out is refused,
    which only the end of the file can tell.
    """
    name = shown(path)
    yield from found_rows(name, _objects(name, chain.from_iterable(line_lists(path, encoding))), columns, required)


def found_rows(
    name: str, objects: Iterator[Placed], columns: Sequence[str], required: Collection[str]
) -> Iterator[Row]:
    """Yield a row for each of the `objects`. Raises SourceError where there is none, or a required key in none."""
    first: dict[str, Any] | None = None
    unseen = set(columns)
    for where, text, found in objects:
        first = found if first is None else first
        if unseen:
            unseen.difference_update(found)
        yield _json_row(where, text, found, columns)
    if first is None:
        raise no_rows(name)
    refuse_missing(name, {*first, *(set(columns) - unseen)}, columns, required)


def _objects(name: str, lines: Iterator[str]) -> Iterator[Placed]:
    for number, line in enumerate(lines, 1):
        if not line.strip("\r\n"):
            refuse_text_after_blank(name, lines, number)
            return
        yield f"on line {number} of {name}", line, _object(name, number, line)


def _json_row(where: str, text: str, found: dict[str, Any], columns: Sequence[str]) -> Row:
    """Turn one object into a row of texts."""
    row: Row = {}
    for column in columns:
        value = found.get(column)
        if value is not None and not isinstance(value, str):
            value = _scalar(where, column, value)
        row[column] = value
    # Only an escape can bring in what decoding refused, and only a long line can hold a long cell.
    if "\\u" in text or len(text) > LONGEST_CELL:
        for column, cell in row.items():
            refuse_unclean(f"column {column!r} {where}", cell)
    return row


def is_nested(value: object) -> bool:
    """Whether a value of JSON is more than one cell can hold; the lines of a text, in a list, are one text."""
    if isinstance(value, list):
        return not all(isinstance(line, str) for line in value)
    return isinstance(value, dict)


def _scalar(where: str, column: str, value: object) -> str | None:
    """Give the canonical text of a JSON value: 3, 0.5, true; of a list of texts they are the lines."""
    if isinstance(value, list) and not is_nested(value):
        return "\n".join(value) or None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return repr(value)
    raise SourceError(
        f"ingest: column {column!r} {where} holds a list or an object.",
        "Expected a text or a list of texts, a number, true, false or null.",
        "give each value inside it a column of its own.",
    )


def _object(name: str, number: int, line: str) -> dict[str, Any]:
    """Read the object on one line; JSON's own error is dropped, because it holds the line."""
    try:
        found = DECODER.decode(line)
    except (ValueError, RecursionError):
        found = None
    if isinstance(found, dict):
        return found
    raise SourceError(
        f"ingest: line {number} of {name} is not one whole JSON object.",
        "Expected an object on each line, each key once, and no NaN or Infinity.",
        "write one object per line, or declare `ingest.format: json` for an array; if it is the last line, "
        "the file was cut off.",
    )


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Make an object of its pairs, refusing a key that stands there twice."""
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError
    return found


def _refuse_constant(constant: str) -> None:
    """Refuse NaN and Infinity, which Python reads and JSON does not have."""
    raise ValueError(constant)


DECODER = json.JSONDecoder(object_pairs_hook=_unique, parse_constant=_refuse_constant)
