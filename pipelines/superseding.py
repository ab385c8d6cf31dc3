"""Late and corrected rows: the last row of a key stands, and those before it are kept as history."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipelines.raw import keyed_rows
from pipelines.record import Record
from pipelines.values import named_in
from pipelines.vault import Vault


@dataclass
class Standing:
    """Which row of each key stands, and which ones of a source are to stand after it.

    `rows` (row, key): those that stand in data/raw. `last`: for each row of the source whether it is the last of its
    key. Memory: a hundred bytes for each key that stands, a byte for each row of the source.
    """

    rows: pl.DataFrame
    last: NDArray[np.bool_]
    _renewed: set[str] = field(default_factory=set)
    _passed: int = 0

    def next(self, key: pl.Series, new: NDArray[np.bool_]) -> tuple[NDArray[np.bool_], list[str | None]]:
        """For the source's next rows, by the names of their keys: which are to stand anew, and what stands now.

        `new` says which rows data/raw has not seen. A row that is known stands anew where another one stands, or where
        a new row of its key came before it in this source: it has to be the last one that was kept.
        """
        last = self.last[self._passed : self._passed + key.len()]
        self._passed += key.len()
        self._renewed.update(key.filter(pl.Series(new & ~last, dtype=pl.Boolean)).drop_nulls())
        here = self.rows.filter(pl.col("key").is_in(key.implode()))
        stands = pl.DataFrame({"key": key}).join(here, on="key", how="left", maintain_order="left")["row"].to_list()
        return last & ~new & key.is_not_null().to_numpy(), stands

    def is_renewed(self, key: str) -> bool:
        """Whether an earlier row of the source is new, and would stand if nothing came after it."""
        return key in self._renewed


def key_of(rows: pl.DataFrame, record: Record, vault: Vault) -> pl.Series:
    """The name of each row's key; null where it has none, or `record` knows no keys."""
    column = record.with_role("key")
    if column is None:
        return pl.Series("key", [None] * rows.height, dtype=pl.String)
    values = named_in(rows, column)
    names = iter(vault.key_names(values.drop_nulls()))
    return pl.Series("key", [None if value is None else next(names) for value in values], dtype=pl.String)


def standing(raw: Path, frames: Iterable[pl.DataFrame], record: Record, vault: Vault) -> Standing | None:
    """What stands in `raw`, beside the last row of each key in a source's `frames`; None without a key in `record`."""
    if record.with_role("key") is None:
        return None
    keys = pl.concat([pl.Series("key", [], dtype=pl.String), *(key_of(frame, record, vault) for frame in frames)])
    last = (keys.is_last_distinct() & keys.is_not_null()).to_numpy()
    return Standing(keyed_rows(raw).filter("stands").select("row", "key"), last)
