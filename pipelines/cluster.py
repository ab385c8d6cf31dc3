"""Shards on a Dask cluster: tasks go there and counts come back, rows never do.

A worker opens data/raw and writes drafts by paths that it shares with us, and opens the key store by its own
FLYWHEEL_HOME and FLYWHEEL_MASTER_KEY: neither rows nor keys cross the network.
"""

import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from pipelines.environment import read_environment
from pipelines.errors import ParameterError, ServerError
from pipelines.shards import Shard, ended
from pipelines.vault import Vault, open_vault

# Seconds until a scheduler must have answered.
PATIENCE = 20


def on_cluster(
    address: str, function: Callable[[Any, Shard, Vault], Any], job: object, shards: Sequence[Shard], name: str
) -> Iterator[Any]:
    """What `function` returns for each of `shards`, in their order, by the workers of the scheduler at `address`.

    A shard whose worker dies is worked on by another one: its draft is written anew. Raises ServerError where the
    scheduler does not answer, WorldError where workers die again and again.
    """
    distributed = _distributed()
    try:
        client = distributed.Client(address, timeout=PATIENCE, set_as_default=False)
    except (OSError, ValueError):
        raise ServerError(
            "The Dask scheduler does not answer.",
            "Expected one at the address in FLYWHEEL_DASK, for example tcp://127.0.0.1:8786.",
            "start it (`dask scheduler`) and its workers, or unset FLYWHEEL_DASK to work on this machine alone.",
        ) from None
    with client:
        tasks = client.map(_work, shards, function=function, job=job, name=name, pure=False)
        try:
            yield from client.gather(tasks)
        except distributed.KilledWorker:
            raise ended("workers of the Dask cluster died while they worked on one shard") from None


def _work(shard: Shard, *, function: Callable[[Any, Shard, Vault], Any], job: object, name: str) -> Any:
    """Done by a worker, under its own environment."""
    machine = read_environment(os.environ, Path.cwd())
    vault = open_vault(machine.home, machine.master_key, name)
    try:
        return function(job, shard, vault)
    finally:
        vault.close()


def _distributed() -> Any:
    try:
        import distributed
    except ImportError:
        raise ParameterError(
            "FLYWHEEL_DASK is set, but Dask is not installed.",
            "Expected the extra `dask`.",
            "install it (`pip install 'flywheel-ml[dask]'`), or unset FLYWHEEL_DASK.",
        ) from None
    return distributed
