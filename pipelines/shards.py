"""Sealed parts in shards, each small enough for the memory, and one function mapped over them.

It runs here, by two processes where there are many shards, or on a Dask cluster. What crosses to another process are
paths, rules and counts, never a row: whoever works on a shard reads its parts for itself, and opens them by a vault of
its own.
"""

import multiprocessing
import multiprocessing.connection
import os
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import polars as pl

from pipelines.environment import Environment
from pipelines.errors import WorldError
from pipelines.raw import parts
from pipelines.vault import Vault, open_vault

Job = TypeVar("Job")
Found = TypeVar("Found")

# The vault of a process that works for another one.
_own: list[Vault] = []
# Two, because each holds a shard in memory, and all that it needs to work on it. For more there are clusters.
PROCESSES = 2
# Four allocators live in one process, and each keeps what it was given back in case it is asked again.
SPARING = {
    "ARROW_DEFAULT_MEMORY_POOL": "system",
    "MALLOC_ARENA_MAX": "1",
    "MIMALLOC_PURGE_DELAY": "0",
    "_RJEM_MALLOC_CONF": "dirty_decay_ms:0,muzzy_decay_ms:0",
}


@dataclass(frozen=True)
class Shard:
    """Parts of data/raw (whole paths) that are worked on together; `name` is that of the first."""

    name: str
    parts: tuple[Path, ...]


def shards_of(raw: Path, rows: int) -> list[Shard]:
    """The parts of `raw`, in their order, in shards of at most so many `rows`, or of one part that has more."""
    shards: list[list[Path]] = []
    room = 0
    for part in parts(raw.absolute()):
        height = pl.scan_parquet(part).select(pl.len()).collect().item()
        if not shards or height > room:
            shards.append([])
            room = rows
        shards[-1].append(part)
        room -= height
    return [Shard(each[0].stem, tuple(each)) for each in shards]


def shards_named(raw: Path, names: Sequence[str]) -> list[Shard]:
    """The parts of `raw` in the shards that begin with the parts called `names`; in one where there are no names."""
    there = parts(raw.absolute())
    if list(names) == [""]:
        return [Shard("", tuple(there))]
    starts = [next(place for place, part in enumerate(there) if part.stem == name) for name in names]
    ends = [*starts[1:], len(there)]
    return [Shard(name, tuple(there[a:b])) for name, a, b in zip(names, starts, ends, strict=True)]


def map_shards(
    function: Callable[[Job, Shard, Vault], Found],
    job: Job,
    shards: Sequence[Shard],
    name: str,
    environment: Environment,
) -> Iterator[Found]:
    """What `function` returns for each of `shards` of the data set `name`, in their order.

    With FLYWHEEL_DASK on that cluster; else here. Raises WorldError where the processes that work on them end.
    """
    if environment.dask:
        from pipelines.cluster import on_cluster

        yield from on_cluster(environment.dask, function, job, shards, name)
    elif len(shards) > 1 and len(os.sched_getaffinity(0)) > 1:
        yield from _beside(function, job, shards, name, environment)
    else:
        vault = open_vault(environment.home, environment.master_key, name)
        yield from (function(job, shard, vault) for shard in shards)


def _beside(
    function: Callable[[Job, Shard, Vault], Found], job: Job, shards: Sequence[Shard], name: str, machine: Environment
) -> Iterator[Found]:
    try:
        with sparing_pool(min(PROCESSES, len(shards)), name, machine) as pool:
            yield from pool.map(_work, *zip(*((function, job, shard) for shard in shards), strict=True))
    except BrokenProcessPool:
        raise ended("a process that worked on a shard of data/raw was ended from outside") from None


def ended(what: str) -> WorldError:
    """Say that others did not finish what was asked of them."""
    return WorldError(
        f"{what[0].upper()}{what[1:]}.",
        "Expected it to live until its work is done; nothing of it is kept.",
        "run it again; where it was ended for want of memory, make the shards smaller (`validate.shard_rows`).",
    )


def sparing_pool(processes: int, name: str, machine: Environment) -> ProcessPoolExecutor:
    """Processes that open the key store of the data set `name` for themselves, and give memory back at once."""
    for variable, value in SPARING.items():
        os.environ.setdefault(variable, value)
    spawned = multiprocessing.get_context("spawn")
    return ProcessPoolExecutor(processes, spawned, begin_beside, (machine.home, machine.master_key, name))


def begin_beside(home: Path, master_key: str | None, name: str) -> None:
    """Open the key store in a process that works for another one, and let it end with that one."""
    vault = open_vault(home, master_key, name)
    vault.keys.keep()
    _own.append(vault)
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_follow, args=(parent.sentinel,), daemon=True).start()


def own_vault() -> Vault:
    """The vault of a process that `begin_beside` began."""
    return _own[-1]


def _follow(sentinel: int) -> None:
    multiprocessing.connection.wait([sentinel])
    os._exit(1)


def _work(function: Callable[[Any, Shard, Vault], Any], job: object, shard: Shard) -> Any:
    return function(job, shard, own_vault())
