"""Rows of a source from its beginning to its end, few enough for the memory; and what was counted on the way."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

import polars as pl

KEPT = 4_000  # to twice as many rows
MOST_READ = 300_000  # rows: seconds, and sorted files are most often smaller
MOST_VALUES = 500  # of one column: beyond that nobody would call them categories


@dataclass
class Counted:
    """What all cells of a column that were read come to, without the blanks around them.

    `values` counts each, None where there are too many; `filled` counts the cells that hold anything; `low` and `high`
    are those of the cells that are numbers; `longest` is in characters.
    """

    values: Counter[str] | None = field(default_factory=Counter)
    filled: int = 0
    low: float | None = None
    high: float | None = None
    longest: int = 0

    def add(self, column: pl.Series) -> None:
        """Count the cells of one frame too."""
        cells = column.str.strip_chars()
        cells = cells.filter((cells != "").fill_null(value=False))
        self.filled += cells.len()
        self.longest = max([self.longest, *cells.str.len_chars().top_k(1)])
        self._measure(cells)
        if self.values is not None and cells.n_unique() <= MOST_VALUES:
            found = cells.value_counts(name="rows")
            self.values.update(dict(zip(found[cells.name], found["rows"], strict=True)))
        else:
            self.values = None
        if self.values is not None and len(self.values) > MOST_VALUES:
            self.values = None

    def _measure(self, cells: pl.Series) -> None:
        # A look at a few tells texts, for which the rest would be in vain.
        if cells.head(100).cast(pl.Float64, strict=False).is_null().mean() in (None, 1.0):
            return
        numbers = cells.cast(pl.Float64, strict=False)
        numbers = numbers.filter(numbers.is_finite().fill_null(value=False))
        if numbers.len():
            low, high = numbers.bottom_k(1)[0], numbers.top_k(1)[0]
            self.low = low if self.low is None else min(self.low, low)
            self.high = high if self.high is None else max(self.high, high)


@dataclass(frozen=True)
class Sampled:
    """Evenly spread `rows` of those that were `read`, which were `all` there are or not; and the counts of all read."""

    rows: pl.DataFrame
    read: int
    all: bool
    counted: dict[str, Counted]


def sample_of(frames: Iterator[pl.DataFrame], most: int = MOST_READ, kept: int = KEPT) -> Sampled:
    """Every n-th row of `frames`, n as large as needed: a sorted file shows all that it holds."""
    pieces: list[pl.DataFrame] = []
    step, offset, read, complete = 1, 0, 0, True
    counted: dict[str, Counted] = {}
    for frame in frames:
        if read >= most:
            complete = False
            break
        read += frame.height
        for column in frame:
            counted.setdefault(column.name, Counted()).add(column)
        pieces.append(frame.gather_every(step, offset))
        offset = (offset - frame.height) % step
        while sum(piece.height for piece in pieces) > 2 * kept:
            # Every second of those kept; the next one is due as far on as if it had always been so.
            together = pl.concat(pieces)
            offset += step if together.height % 2 else 0
            pieces, step = [together.gather_every(2)], 2 * step
            offset %= step
    rows = pl.concat(pieces) if pieces else pl.DataFrame()
    return Sampled(rows, read, complete, counted)
