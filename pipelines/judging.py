"""A shard of sealed rows -> which of them may pass, as far as one can tell from each of them alone."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl

from pipelines.access import Access
from pipelines.across import stand_ins
from pipelines.checkpoint import Outcome, check_rows
from pipelines.expectations import table
from pipelines.raw import PLANTED, open_rows
from pipelines.record import Record
from pipelines.shards import Shard
from pipelines.values import typed
from pipelines.vault import Vault

# What the stand-ins are keyed for.
PURPOSE = "stand-ins"


@dataclass(frozen=True)
class Judging:
    """What is done with each shard of `raw`, under which entry of the access log, and where its drafts are written."""

    raw: Path
    record: Record
    access: Access
    drafts: Path


def judge(job: Judging, shard: Shard, vault: Vault) -> list[Outcome]:
    """What the suite finds in a shard: counts.

    Which rows are at fault stands in a draft: row, whether it was planted, the numbers of the expectations that it
    fails, and its stand-in. No cell of a row stands there.
    """
    frame = open_rows(job.raw, job.record, vault, job.access, planted=True, only=shard.parts)
    values = typed(frame, job.record)
    outcomes, places = check_rows(table(frame, job.record, values), job.record)
    stand_in = stand_ins(values, job.record, vault.derive(PURPOSE))
    rows = frame.select("row", planted=pl.col("origin") == PLANTED).with_columns(faults=faults(places, frame.height))
    pl.concat([rows, stand_in], how="horizontal").write_parquet(job.drafts / f"{shard.name}.parquet")
    return outcomes


def faults(places: dict[int, np.ndarray], height: int) -> pl.Series:
    """For each of `height` rows the numbers of the expectations that fail at its place."""
    each = [
        pl.DataFrame({"place": at, "fault": np.full(len(at), number)}, {"place": pl.Int64, "fault": pl.UInt16})
        for number, at in places.items()
    ]
    none = pl.DataFrame(schema={"place": pl.Int64, "fault": pl.UInt16})
    found = pl.concat([none, *each]).sort("place", "fault").group_by("place", maintain_order=True).agg("fault")
    rows = pl.DataFrame({"place": pl.int_range(height, eager=True)})
    joined = rows.join(found, on="place", how="left", maintain_order="left")["fault"]
    return joined.fill_null(pl.Series([[]], dtype=pl.List(pl.UInt16))).alias("faults")
