"""Whoever seals beside an ingestion: begun when a source is large, and told of where one of them is ended."""

import multiprocessing
import os
from multiprocessing.process import BaseProcess
from pathlib import Path

import polars as pl
import pytest
from workspaces import ACCESS, lines

from pipelines.environment import read_environment
from pipelines.errors import WorldError
from pipelines.fresh import READY
from pipelines.raw import SCHEMA
from pipelines.record import Column, Record
from pipelines.sealing import LARGE, Sealer
from pipelines.vault import open_vault

RECORD = Record("sealing", (Column("said", "text", "text"),))


def ready(start: int, rows: int) -> pl.DataFrame:
    numbers = range(start, start + rows)
    cells = [f"\x1dtext {number}".encode() for number in numbers]
    columns = ([f"{number:032x}" for number in numbers], [f"s{number % 7}" for number in numbers], [None] * rows, cells)
    return pl.DataFrame(dict(zip(READY, columns, strict=True)), READY)


def children() -> set[BaseProcess]:
    """The processes that this one began, other tests' among them."""
    return set(multiprocessing.active_children())


@pytest.fixture
def sealer(own_home: Path, tmp_path: Path) -> Sealer:
    environment = read_environment(os.environ, tmp_path)
    vault = open_vault(environment.home, environment.master_key, RECORD.name)
    return Sealer(tmp_path, RECORD, vault, environment, at_most=10)


def test_rows_are_sealed_in_their_order_by_whoever_is_free(sealer: Sealer, own_home: Path, tmp_path: Path) -> None:
    with sealer:
        for start in range(0, 75, 15):
            sealer.take(ready(start, 15))
        left = sealer.finish()
    assert (sealer.count, left.height, len(sealer.paths)) == (75, 5, 7)
    stored = pl.concat([*map(pl.read_parquet, sealer.paths), left.select(*SCHEMA)])
    environment = read_environment(os.environ, tmp_path)
    opened = open_vault(environment.home, environment.master_key, RECORD.name).open_frame(stored, ["said"], ACCESS)
    assert opened["said"].to_list() == [f"text {number}" for number in range(75)]


def test_a_large_source_begins_others_before_a_part_is_whole(sealer: Sealer) -> None:
    before = children()
    with sealer:
        sealer.expect(LARGE)
        assert children() <= before
        sealer.expect(LARGE + 1)
        assert children() - before
        assert sealer.finish().is_empty()


def seal_alone(sealer: Sealer) -> None:
    before = children()
    with sealer:
        sealer.expect(LARGE + 1)
        for child in children() - before:
            child.kill()
            child.join()
        sealer.take(ready(0, 40))
        sealer.finish()


def test_where_another_process_is_ended_the_ingestion_says_so(sealer: Sealer) -> None:
    with pytest.raises(WorldError, match="A process that sealed rows was ended") as caught:
        seal_alone(sealer)
    assert "`ingest.part_rows`" in lines(caught.value)[2]
