"""Rows that are ready -> drafts of sealed parts, by this process and by others beside it where there are many rows."""

import io
import os
from collections.abc import Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType

import polars as pl

from pipelines.environment import Environment
from pipelines.fresh import READY
from pipelines.raw import SCHEMA, SOURCE, Roles, roles_in, write_part
from pipelines.record import Record
from pipelines.shards import ended, own_vault, sparing_pool
from pipelines.vault import Vault

# Each keeps a part in memory.
MOST_PROCESSES = 3
# Parts that wait for them, in memory; more would save a hundredth of the time, and be waited for at the end.
MOST_WAITING = 1
# Bytes of a source that is likely to fill several parts.
LARGE = 50_000_000


class Sealer:
    """Seals the rows that are handed to it into parts of `at_most` rows each, in the order in which they come.

    Drafts of whole parts lie in the folder `drafts`; what is left over comes back from `finish`, sealed. The first
    part that is whole is handed to another process, which opens the key store for itself; whoever is free seals.
    """

    def __init__(self, drafts: Path, record: Record, vault: Vault, environment: Environment, at_most: int) -> None:
        self.paths: list[Path] = []
        self.count = 0
        self._drafts, self._vault, self._at_most = drafts, vault, at_most
        self._layout = (record.names, roles_in(record))
        self._environment, self._name = environment, record.name
        self._waiting: list[pl.DataFrame] = []
        self._pool: ProcessPoolExecutor | None = None
        self._sealing: list[Future[None]] = []
        self._many = max(1, min(len(os.sched_getaffinity(0)) - 1, MOST_PROCESSES))

    def __enter__(self) -> "Sealer":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self._pool is not None:
            # What is whole needs nobody any more; after an error, nobody may write once the drafts are gone.
            self._pool.shutdown(wait=kind is not None, cancel_futures=True)

    def expect(self, size: int) -> None:
        """Begin other processes now where a source of so many bytes will need them: they take a second to be ready."""
        if size > LARGE:
            self._processes().submit(os.getpid)

    def take(self, ready: pl.DataFrame) -> None:
        """Seal the rows of `ready` (row, subject, content) in their turn."""
        self._waiting.append(ready)
        self.count += ready.height
        while sum(frame.height for frame in self._waiting) >= self._at_most:
            whole = pl.concat(self._waiting)
            # A copy: a slice would keep the whole in memory.
            self._waiting = [pl.concat([whole[self._at_most :]], rechunk=True)]
            self._hand_over(whole[: self._at_most])

    def finish(self) -> pl.DataFrame:
        """The rows that fill no part (row, subject, origin, sealed), when all drafts are whole."""
        left = sealed(pl.concat(self._waiting), self._vault) if self._waiting else None
        with _whole():
            for task in self._sealing:
                task.result()
        return left if left is not None else sealed(pl.DataFrame(schema=READY), self._vault)

    def _hand_over(self, part: pl.DataFrame) -> None:
        path = self._drafts / f"{len(self.paths):06}.parquet"
        self.paths.append(path)
        if sum(not task.done() for task in self._sealing) < self._many + MOST_WAITING:
            # Arrow's bytes, and no pickled frame: rows cross a pipe between two processes and touch no disk.
            content = io.BytesIO()
            part.write_ipc(content)
            with _whole():
                job = (content.getvalue(), str(path), *self._layout)
                self._sealing.append(self._processes().submit(_seal_elsewhere, *job))
        else:
            write_part(path, sealed(part, self._vault), *self._layout)

    def _processes(self) -> ProcessPoolExecutor:
        if self._pool is None:
            self._pool = sparing_pool(self._many, self._name, self._environment)
        return self._pool


@contextmanager
def _whole() -> Iterator[None]:
    """Say in our words where one of the other processes was ended, as for want of memory."""
    try:
        yield
    except BrokenProcessPool:
        size = "make the parts smaller (`ingest.part_rows`)"
        raise ended("a process that sealed rows was ended from outside", size) from None


def sealed(ready: pl.DataFrame, vault: Vault) -> pl.DataFrame:
    """Rows (row, subject, content) as they lie in a part of data/raw."""
    return ready.with_columns(origin=pl.lit(SOURCE), sealed=vault.seal_frame(ready)).select(*SCHEMA)


def _seal_elsewhere(content: bytes, path: str, columns: tuple[str, ...], roles: Roles) -> None:
    write_part(Path(path), sealed(pl.read_ipc(content), own_vault()), columns, roles)
