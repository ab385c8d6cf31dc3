"""A champion's profile, from what the stages that made it left behind."""

from dataclasses import replace
from pathlib import Path

import polars as pl

from pipelines.drift.profile import Profile, profile_of, seen_in
from pipelines.record import Record
from pipelines.reports import read_scores


def profile_from(splits: Path, report: Path, winner: str, record: Record) -> Profile:
    """What the winner's training data and its answers to the test rows were like, and which rows there were."""
    parts = {part: pl.read_parquet(splits / f"{part}.parquet") for part in ("train", "valid", "test")}
    labels = read_scores(report)[winner].labels
    people = [name for name in ("row", "subject") if name in parts["test"].columns]
    answered = pl.read_parquet(report / f"{winner}.parquet").join(parts["test"].select(people), on="row")
    said = answered.select(
        *people,
        pl.col("predicted").replace_strict(dict(enumerate(labels)), return_dtype=pl.String).alias("class"),
        confidence="probability",
    )
    made = profile_of(parts["train"], record, said)
    return replace(made, seen=seen_in(pl.concat([part["row"] for part in parts.values()])))
