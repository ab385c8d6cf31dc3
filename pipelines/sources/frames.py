"""Rows in frames of texts: large enough that a frame costs nothing, small enough for any memory."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice

import polars as pl

# Enough rows that the cost of a frame does not count, few enough that long texts fit into the memory.
ROWS_AT_ONCE = 50_000


def as_frames(
    rows: Iterable[Mapping[str, str | None]], columns: Sequence[str], at_once: int = ROWS_AT_ONCE
) -> Iterator[pl.DataFrame]:
    """Yield rows as frames of texts with these columns, of `at_once` rows but for the last."""
    left = iter(rows)
    while batch := list(islice(left, at_once)):
        yield pl.DataFrame({name: [row[name] for row in batch] for name in columns}, dict.fromkeys(columns, pl.String))


def together(frames: Iterator[pl.DataFrame], at_once: int = ROWS_AT_ONCE) -> Iterator[pl.DataFrame]:
    """Yield small frames as larger ones, of `at_once` rows but for the last."""
    waiting: list[pl.DataFrame] = []
    for frame in frames:
        waiting.append(frame)
        if sum(each.height for each in waiting) >= at_once:
            whole = pl.concat(waiting, rechunk=True)
            yield whole[:at_once]
            waiting = [whole[at_once:]]
    if any(frame.height for frame in waiting):
        yield pl.concat(waiting, rechunk=True)
