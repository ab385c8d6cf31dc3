"""The row bootstrap (Efron 1979): how far a measure would move if the rows, or the people, were drawn again.

An interval is from the 2.5th to the 97.5th percentile of the draws. A classifier without any error makes none in any
draw, however few the rows are: what bounds it then is in `pipelines/faultless.py`.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Integers = NDArray[np.int64]
Floats = NDArray[np.float64]

# Draws are made in blocks of this many numbers: 4 MB each, small enough for a processor's cache.
BLOCK = 500_000


@dataclass(frozen=True)
class Measure:
    """A value between the ends of its 95 % interval."""

    value: float
    low: float
    high: float


def measure_of(value: float, drawn: Floats) -> Measure:
    """A value with the 2.5th and 97.5th percentile of its draws (draws,); NaN is left out."""
    defined = drawn[~np.isnan(drawn)]
    low, high = np.percentile(defined, (2.5, 97.5)) if defined.size else (value, value)
    return Measure(float(value), float(low), float(high))


def resampled_counts(counts: Integers, draws: int, rng: np.random.Generator) -> Iterator[Integers]:
    """Yield blocks (some draws, cells) of what the cells would count if the rows were drawn again.

    Multinomial(n, counts / n) is the exact law of these counts, without touching the rows. The cells
    must not be empty: a rounding error could otherwise put a row into an empty last one.
    """
    rows = int(counts.sum())
    for size in block_sizes(draws, counts.size):
        yield rng.multinomial(rows, counts / rows, size=size)


def resampled_weights(
    rows: int, draws: int, rng: np.random.Generator, people: Integers | None = None
) -> Iterator[Integers]:
    """Yield blocks (some draws, rows) of how often each row is drawn when `rows` are drawn again.

    Of rows by `people` (rows,), numbered from 0, whole people are drawn: all the rows of one, or none.
    """
    drawn = rows if people is None else int(people.max()) + 1
    for size in block_sizes(draws, rows):
        chosen = rng.integers(0, drawn, size=(size, drawn))
        chosen += np.arange(size)[:, np.newaxis] * drawn
        weights = np.bincount(chosen.ravel(), minlength=size * drawn).astype(np.int64).reshape(size, drawn)
        yield weights if people is None else weights[:, people]


def resampled_cells(
    cell: Integers, cells: int, draws: int, rng: np.random.Generator, people: Integers | None = None
) -> Iterator[Integers]:
    """Yield blocks (some draws, cells) of how many rows each of so many cells would have.

    `cell` (rows,) is that of each row; none may be empty. With `people` (rows,) whole people are drawn.
    """
    if people is None:
        yield from resampled_counts(np.bincount(cell, minlength=cells), draws, rng)
        return
    order = np.argsort(cell, kind="stable")
    starts = np.searchsorted(cell[order], np.arange(cells))
    for weights in resampled_weights(len(cell), draws, rng, people):
        yield np.add.reduceat(weights[:, order], starts, axis=1)


def block_sizes(draws: int, width: int) -> Iterator[int]:
    """Split `draws` draws of `width` numbers into blocks that memory can hold."""
    size = max(1, BLOCK // width)
    for done in range(0, draws, size):
        yield min(size, draws - done)
