"""A source whose rows were stored with other columns: read under today's, each would stand there twice."""

from collections.abc import Callable, Iterator
from pathlib import Path

import polars as pl

from pipelines.cells import name_rows
from pipelines.errors import DataError
from pipelines.fresh import consents
from pipelines.raw import layouts
from pipelines.record import Column, Record
from pipelines.seen import Seen, halves, one_by_one
from pipelines.vault import Vault

# So many rows tell whether a source is a delivery of new ones, or the old ones once more.
LOOKED_AT = 20_000
SHOWN = 3


def refuse_twice(
    raw: Path, record: Record, vault: Vault, known: Seen, frames: Callable[[Record], Iterator[pl.DataFrame]]
) -> None:
    """Raise DataError where most rows of a source are in `raw` already, under other columns than `record` lists.

    They would be new rows: learnt from twice, and asked about in the test part after they were learnt. `frames` gives
    the source's rows with the columns of a record. A delivery of rows that were not there may bring another column; and
    where a key says which row is which, the later one takes the place of the earlier.
    """
    if record.with_role("key") is not None:
        return
    for layout in layouts(raw) - {frozenset(record.names)}:
        others = tuple(Column(name, "text", required=False) for name in sorted(layout - set(record.names)))
        read = twice = 0
        for frame in frames(Record(record.name, (*record.columns, *others))):
            rows = frame.filter(consents(record))
            as_before, as_now = (_are_known(rows.select(names), vault, known) for names in (layout, record.names))
            read, twice = read + rows.height, twice + int((as_before & ~as_now).sum())
            if read >= LOOKED_AT:
                break
        if 2 * twice > read:
            raise _twice(twice, read, sorted(layout ^ set(record.names)))


def _are_known(rows: pl.DataFrame, vault: Vault, known: Seen) -> pl.Series:
    ids = vault.row_ids(one_by_one(name_rows(rows)), 0)
    return pl.Series(known.has(halves(ids)), dtype=pl.Boolean)


def _twice(twice: int, read: int, changed: list[str]) -> DataError:
    few = ", ".join(changed[:SHOWN]) + (f" and {len(changed) - SHOWN} more" if len(changed) > SHOWN else "")
    return DataError(
        f"ingest: {twice:,} of {read:,} rows were stored when `record` listed other columns ({few}), and would stand "
        "there twice.",
        "Expected the columns of then: what has no role is checked, and no model reads it.",
        "restore their lines; or give the column that names a row `role: key`, and later rows take the place of "
        "earlier ones; or remove data/raw and data/raw.dvc and run again with every source.",
    )
