"""Who works on shards: this process and one beside it, or two that have the tools; and what they tell each other."""

import os
import pickle
import time
from pathlib import Path

import pytest

from pipelines.environment import read_environment
from pipelines.errors import FlywheelError, SealError
from pipelines.shards import SPARING, Shard, crew
from pipelines.vault import Vault

SHARDS = [Shard(str(place), (Path(str(place)),)) for place in range(24)]
MANY = pytest.mark.skipif(len(os.sched_getaffinity(0)) < 2, reason="one core: everything is done by one process")


def work(seconds: float, shard: Shard, vault: Vault) -> tuple[str, int]:
    time.sleep(seconds)
    return shard.name, os.getpid()


def where(job: int) -> int:
    return os.getpid()


def inherited(job: int) -> set[str]:
    return SPARING.keys() & os.environ.keys()


def asked(seconds: float, vault: Vault) -> int:
    time.sleep(seconds)
    return os.getpid()


@MANY
def test_what_was_asked_is_answered_by_a_process_of_its_own_while_shards_are_worked_on(
    own_home: Path, tmp_path: Path
) -> None:
    with crew(len(SHARDS), "shards", read_environment(os.environ, tmp_path)) as working:
        answer = working.ask(asked, 1.0)
        found = working.map(work, 0.02, SHARDS)
        assert [name for name, _ in found] == [shard.name for shard in SHARDS]
        workers = {process for _, process in found}
        assert os.getpid() in workers
        assert answer() not in workers  # what it needed of memory ends with it
        assert working.let(where, 0) == os.getpid()


@MANY
def test_what_is_asked_of_one_shard_is_answered_beside_it_where_it_shall_be(own_home: Path, tmp_path: Path) -> None:
    with crew(1, "shards", read_environment(os.environ, tmp_path), ("decimal",)) as working:
        assert working.ask(asked, 0.0)() == os.getpid()
        answer = working.ask(asked, 0.0, apart=True)
        assert working.map(work, 0.0, SHARDS[:1]) == [("0", os.getpid())]
        assert answer() != os.getpid()


@MANY
def test_where_tools_are_needed_two_others_work_and_this_process_waits(own_home: Path, tmp_path: Path) -> None:
    tools = ("decimal", "pipelines.shards")
    with crew(len(SHARDS), "shards", read_environment(os.environ, tmp_path), tools) as working:
        found = working.map(work, 0.02, SHARDS)
        assert [name for name, _ in found] == [shard.name for shard in SHARDS]
        workers = {process for _, process in found}
        assert len(workers) == 2
        assert os.getpid() not in workers
        assert working.let(where, 0) not in {*workers, os.getpid()}  # whose memory went with them
        assert working.let(inherited, 0) == SPARING.keys()
        assert not inherited(0)  # whatever else begins here


def refuse(job: None, shard: Shard, vault: Vault) -> None:
    raise SealError("The seal is another one.", "Expected that of the key store.", "bring the key store.")


@pytest.mark.parametrize("tools", [(), ("pipelines.shards",)])
def test_what_another_process_refuses_is_told_in_its_own_three_lines(
    tools: tuple[str, ...], own_home: Path, tmp_path: Path
) -> None:
    environment = read_environment(os.environ, tmp_path)
    with pytest.raises(SealError, match="Fix: bring"), crew(9, "shards", environment, tools) as working:
        working.map(refuse, None, SHARDS)


def kinds(kind: type[FlywheelError]) -> list[type[FlywheelError]]:
    return [kind, *(each for below in kind.__subclasses__() for each in kinds(below))]


@pytest.mark.parametrize("kind", kinds(FlywheelError))
def test_an_error_says_the_same_behind_a_pickle(kind: type[FlywheelError]) -> None:
    error = kind.__new__(kind)
    FlywheelError.__init__(error, "a", "b", "c")
    error.exit_code = 7
    again = pickle.loads(pickle.dumps(error))  # noqa: S301 our own bytes, of a moment ago
    assert (type(again), str(again), again.exit_code) == (kind, "a\nb\nFix: c", 7)
