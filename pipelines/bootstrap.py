"""The row bootstrap (Efron 1979): how far a measure would move if the rows were drawn again.

An interval is from the 2.5th to the 97.5th percentile of the draws. A classifier without any error makes
none in any draw: its interval is [1, 1] however few the rows are.
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


def resampled_weights(rows: int, draws: int, rng: np.random.Generator) -> Iterator[Integers]:
    """Yield blocks (some draws, rows) of how often each row is drawn when `rows` are drawn again."""
    for size in block_sizes(draws, rows):
        chosen = rng.integers(0, rows, size=(size, rows))
        chosen += np.arange(size)[:, np.newaxis] * rows
        yield np.bincount(chosen.ravel(), minlength=size * rows).astype(np.int64).reshape(size, rows)


def block_sizes(draws: int, width: int) -> Iterator[int]:
    """Split `draws` draws of `width` numbers into blocks that memory can hold."""
    size = max(1, BLOCK // width)
    for done in range(0, draws, size):
        yield min(size, draws - done)
