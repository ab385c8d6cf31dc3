"""Sealed parts in shards, each small enough for the memory, and one function mapped over them.

It runs here, with a process beside this one where there are many shards, or on a Dask cluster. What crosses to another
process are paths, rules and counts, never a row: whoever works on a shard reads its parts for itself, and opens them by
a vault of its own.
"""

import multiprocessing
import multiprocessing.connection
import os
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import polars as pl

from pipelines.environment import Environment, collect_rarely, return_memory
from pipelines.errors import WorldError
from pipelines.raw import parts
from pipelines.vault import Vault, open_vault

Job = TypeVar("Job")
Found = TypeVar("Found")

# The vault of a process that works for another one.
_own: list[Vault] = []
# Four allocators live in one process, and each keeps what it was given back in case it is asked again. Polars sets its
# own, of which every child hears.
SPARING = {
    "ARROW_DEFAULT_MEMORY_POOL": "system",
    "MALLOC_ARENA_MAX": "1",
    "MIMALLOC_PURGE_DELAY": "0",
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
) -> list[Found]:
    """What `function` returns for each of `shards` of the data set `name`, in their order (`Crew.map`)."""
    with crew(len(shards), name, environment) as working:
        return working.map(function, job, shards)


@contextmanager
def crew(shards: int, name: str, environment: Environment, tools: Sequence[str] = ()) -> Iterator["Crew"]:
    """Whoever works on so many `shards` of the data set `name`: with FLYWHEEL_DASK that cluster; else this process,
    and one beside it where there are several shards and cores.

    Where they need `tools`, modules that take seconds to import, two others work, forked from one process that imported
    them, and this one waits. Raises WorldError where another process that works on them ends.
    """
    return_memory()
    vault = open_vault(environment.home, environment.master_key, name)
    vault.keys.keep()
    many = shards > 1 and len(os.sched_getaffinity(0)) > 1 and not environment.dask
    pool = sparing_pool(2 if tools else 1, name, environment, tools) if many else None
    working = Crew(vault, name, environment, pool, tuple(tools) if pool else ())
    try:
        yield working
    except BrokenProcessPool:
        raise ended("a process that worked on a shard of data/raw was ended from outside") from None
    finally:
        working.close()


@dataclass
class Crew:
    """This process with its `vault`, and who works with it, or for it while it `waits`.

    Two at once, for each holds a shard in memory, and all that it needs to work on it; for more there are clusters.
    """

    vault: Vault
    name: str
    environment: Environment
    pool: ProcessPoolExecutor | None
    tools: tuple[str, ...] = ()
    beside: ProcessPoolExecutor | None = None
    asked: "Future[Any] | None" = None

    @property
    def waits(self) -> bool:
        """Whether others do all the work, because it needs tools."""
        return bool(self.tools)

    def close(self) -> None:
        """End the other processes, if there are any, after what they are doing."""
        for pool in (self.pool, self.beside):
            if pool is not None:
                pool.shutdown(wait=True, cancel_futures=True)

    def map(self, function: Callable[[Job, Shard, Vault], Found], job: Job, shards: Sequence[Shard]) -> list[Found]:
        """What `function` returns for each of `shards`, in their order."""
        if self.environment.dask:
            from pipelines.cluster import on_cluster

            return list(on_cluster(self.environment.dask, function, job, shards, self.name))
        elsewhere: dict[int, Future[Found]] = {}
        here: dict[int, Found] = {}
        left = deque(enumerate(shards))
        while left:
            busy = {task for task in elsewhere.values() if not task.done()}
            if self.pool is not None and len(busy) < self._room(len(left)):
                place, shard = left.popleft()
                elsewhere[place] = self.pool.submit(_work, function, job, shard)
            elif self.waits:
                wait(busy | ({self.asked} if self.asked and not self.asked.done() else set()), None, FIRST_COMPLETED)
            else:
                place, shard = left.popleft()
                here[place] = function(job, shard, self.vault)
        return [here[place] if place in here else elsewhere[place].result() for place in range(len(shards))]

    def _room(self, left: int) -> int:
        """How many shards the others may have before them, while so many are `left`.

        Each begins its next one at once, but for the last ones, which whoever is free takes. While one looks for the
        answer to something else, one is as many as the memory holds: a second one of two would begin it too.
        """
        if self.waits and self.asked and not self.asked.done():
            return 1
        return (2 if self.waits else 1) + (1 if left > 3 else 0)

    def ask(self, function: Callable[[Job, Vault], Found], job: Job, *, apart: bool = False) -> Callable[[], Found]:
        """What gives the answer of `function`, which a process of its own looks for meanwhile, where there are several.

        What it needs of memory ends with it. It gets one also where there is one shard, if it shall be `apart`.
        """
        if self.pool is None and not (apart and len(os.sched_getaffinity(0)) > 1):
            return partial(function, job, self.vault)
        self.beside = sparing_pool(1, self.name, self.environment)
        self.asked = self.beside.submit(_answer, function, job)
        self.beside.shutdown(wait=False)
        return self.asked.result

    def let(self, function: Callable[[Job], Found], job: Job) -> Found:
        """What `function` returns, called by a process that has the tools, and that alone: those before it end.

        What they keep of the shards that they worked on would stand beside all that it needs.
        """
        if self.pool is None or not self.waits:
            return function(job)
        self.pool.shutdown(wait=True)
        self.pool = sparing_pool(1, self.name, self.environment, self.tools)
        return self.pool.submit(function, job).result()


def ended(what: str, size: str = "make the shards smaller (`validate.shard_rows`)") -> WorldError:
    """Say that others did not finish what was asked of them."""
    return WorldError(
        f"{what[0].upper()}{what[1:]}.",
        "Expected it to live until its work is done; nothing of it is kept.",
        f"run it again; where it was ended for want of memory, {size}.",
    )


def sparing_pool(processes: int, name: str, machine: Environment, tools: Sequence[str] = ()) -> ProcessPoolExecutor:
    """Processes that open the key store of the data set `name` for themselves, and give memory back at once.

    They are spawned or, where `tools` are named, forked from a process that did nothing but import these.
    """
    begun = multiprocessing.get_context("forkserver" if tools else "spawn")
    if tools:
        begun.set_forkserver_preload([*tools])
    return _SparingPool(processes, begun, begin_beside, (machine.home, machine.master_key, name))


class _SparingPool(ProcessPoolExecutor):
    """Its processes, which begin where something is submitted, inherit SPARING; no other child of this process does.

    A stage that trains would take longer by it.
    """

    def submit(self, function: Callable[..., Found], /, *arguments: Any, **named: Any) -> "Future[Found]":
        """What `ProcessPoolExecutor.submit` gives."""
        ours = SPARING.keys() - os.environ.keys()
        os.environ.update({variable: SPARING[variable] for variable in ours})
        try:
            return super().submit(function, *arguments, **named)
        finally:
            for variable in ours:
                del os.environ[variable]


def begin_beside(home: Path, master_key: str | None, name: str) -> None:
    """Open the key store in a process that works for another one, and let it end with that one."""
    collect_rarely()
    return_memory()
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


def _answer(function: Callable[[Any, Vault], Any], job: object) -> Any:
    return function(job, own_vault())
