"""What a model costs whoever serves it: bytes on the disk, milliseconds for a row."""

import time
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from pipelines.bundle import Bundle
from pipelines.features import Columns

# So many single rows are asked, after a few that warm the runtime up.
ASKED, WARMING = 200, 10


@dataclass(frozen=True)
class Cost:
    """The size of a bundle, and how long one row takes on one thread of this machine, features included."""

    bytes: int
    rows: int
    median_ms: float
    slowest_ms: float  # of a hundred rows, 95 are quicker

    def to_dict(self) -> dict[str, float | int]:
        """These figures as JSON can hold them."""
        return asdict(self)

    def __str__(self) -> str:
        return f"{size(self.bytes)}, {_told(self.median_ms)} ms a row (95 of 100 within {_told(self.slowest_ms)} ms)"


def cost_of(bundle: Bundle, folder: Path, columns: Columns) -> Cost:
    """What the `bundle` in `folder` costs, asked about the first rows of `columns` one by one."""
    weight = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    count = min(ASKED, len(next(iter(columns.values()))))
    rows = [{name: values[place : place + 1] for name, values in columns.items()} for place in range(count)]
    for row in rows[:WARMING]:
        bundle.run(bundle.features.arrays(row))
    taken = np.array([_milliseconds(bundle, row) for row in rows])
    return Cost(weight, count, float(np.median(taken)), float(np.quantile(taken, 0.95)))


def _told(milliseconds: float) -> str:
    """Two digits that count, without an exponent."""
    return f"{float(f'{milliseconds:.2g}'):g}"


def _milliseconds(bundle: Bundle, row: Columns) -> float:
    started = time.perf_counter()
    bundle.run(bundle.features.arrays(row))
    return 1000 * (time.perf_counter() - started)


def size(count: int) -> str:
    """So many bytes in words.

    >>> size(512), size(20_480), size(3_400_000)
    ('512 bytes', '20 kB', '3.4 MB')
    """
    if count < 1000:
        return f"{count} bytes"
    return f"{count / 1e6:.1f} MB" if count >= 1e6 else f"{count / 1e3:.0f} kB"
