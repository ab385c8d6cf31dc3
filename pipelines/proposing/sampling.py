"""Rows of a source from its beginning to its end, few enough for the memory; and what was counted on the way."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

import polars as pl

KEPT = 4_000  # to twice as many rows
MOST_READ = 300_000  # rows: seconds, and sorted files are most often smaller
MOST_VALUES = 500  # of one column: beyond that nobody would call them categories


@dataclass(frozen=True)
class Sampled:
    """Evenly spread `rows` of those that were `read`, which were `all` there are or not; `counts` of values by column.

    A column's counts are those of all rows read, without blanks around a value; None where it has too many values.
    `filled` counts the rows in which a column holds anything.
    """

    rows: pl.DataFrame
    read: int
    all: bool
    counts: dict[str, Counter[str] | None]
    filled: dict[str, int]


def sample_of(frames: Iterator[pl.DataFrame], most: int = MOST_READ, kept: int = KEPT) -> Sampled:
    """Every n-th row of `frames`, n as large as needed: a sorted file shows all that it holds."""
    pieces: list[pl.DataFrame] = []
    step, offset, read, complete = 1, 0, 0, True
    counts: dict[str, Counter[str] | None] = {}
    filled: Counter[str] = Counter()
    for frame in frames:
        if read >= most:
            complete = False
            break
        if not counts:
            counts = {name: Counter() for name in frame.columns}
        read += frame.height
        _count(frame, counts, filled)
        pieces.append(frame.gather_every(step, offset))
        offset = (offset - frame.height) % step
        while sum(piece.height for piece in pieces) > 2 * kept:
            # Every second of those kept; the next one is due as far on as if it had always been so.
            together = pl.concat(pieces)
            offset += step if together.height % 2 else 0
            pieces, step = [together.gather_every(2)], 2 * step
            offset %= step
    rows = pl.concat(pieces) if pieces else pl.DataFrame()
    return Sampled(rows, read, complete, counts, dict(filled))


def _count(frame: pl.DataFrame, counts: dict[str, Counter[str] | None], filled: Counter[str]) -> None:
    for name in frame.columns:
        cells = frame[name].str.strip_chars()
        cells = cells.filter((cells != "").fill_null(value=False))
        filled[name] += cells.len()
        seen = counts[name]
        if seen is None:
            continue
        if cells.n_unique() > MOST_VALUES:
            counts[name] = None
            continue
        found = cells.value_counts(name="rows")
        seen.update(dict(zip(found[cells.name], found["rows"], strict=True)))
        if len(seen) > MOST_VALUES:
            counts[name] = None
