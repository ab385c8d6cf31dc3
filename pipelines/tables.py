"""A table that is one Parquet file while it is small, else a folder of them: readers of Parquet take both for one."""

from collections.abc import Iterable, Iterator
from pathlib import Path

import polars as pl


def write_table(path: Path, parts: Iterable[tuple[str, pl.DataFrame]], count: int, different: str = "row") -> int:
    """Write `count` named `parts` to `path`: one as a file, more as the files of a folder, in the order of their names.

    Gives the sum over the parts of how many values the column `different` has.
    """
    values = 0
    if count > 1:
        path.mkdir()
    for name, rows in parts:
        rows.write_parquet(path / f"{name}.parquet" if count > 1 else path)
        values += rows[different].n_unique()
    return values


def parts_of(path: Path) -> Iterator[tuple[str, Path]]:
    """The parts of the table at `path`, by their names; the only one of a small table has none."""
    if path.is_dir():
        yield from ((part.stem, part) for part in sorted(path.glob("*.parquet")))
    else:
        yield "", path
