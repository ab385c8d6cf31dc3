"""Who works on shards: this process, one beside it, and a third one where that one was asked something meanwhile."""

import os
import time
from pathlib import Path

import pytest

from pipelines.environment import read_environment
from pipelines.shards import Shard, crew
from pipelines.vault import Vault

SHARDS = [Shard(str(place), (Path(str(place)),)) for place in range(24)]
MANY = pytest.mark.skipif(len(os.sched_getaffinity(0)) < 2, reason="one core: everything is done by one process")


def work(seconds: float, shard: Shard, vault: Vault) -> tuple[str, int]:
    time.sleep(seconds)
    return shard.name, os.getpid()


def asked(seconds: float, vault: Vault) -> int:
    time.sleep(seconds)
    return os.getpid()


@MANY
def test_what_was_asked_is_answered_beside_and_another_process_helps_after_it(own_home: Path, tmp_path: Path) -> None:
    with crew(len(SHARDS), "shards", read_environment(os.environ, tmp_path)) as working:
        answer = working.ask(asked, 0.0)
        beside = answer()
        found = working.map(work, 0.02, SHARDS)
    assert [name for name, _ in found] == [shard.name for shard in SHARDS]
    helpers = {process for _, process in found}
    assert beside not in helpers  # it keeps the memory that it needed
    assert os.getpid() in helpers
    assert len(helpers) == 2


@MANY
def test_while_it_is_busy_with_the_answer_the_shards_are_done_here(own_home: Path, tmp_path: Path) -> None:
    with crew(len(SHARDS), "shards", read_environment(os.environ, tmp_path)) as working:
        answer = working.ask(asked, 2.0)
        found = working.map(work, 0.001, SHARDS)
        assert {process for _, process in found} == {os.getpid()}
        assert answer() != os.getpid()
