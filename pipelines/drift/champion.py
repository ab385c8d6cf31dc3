"""A champion's profile, from what the stages that made it left behind."""

from dataclasses import replace
from pathlib import Path

import polars as pl

from pipelines.drift.profile import Profile, profile_of, seen_in
from pipelines.record import Record
from pipelines.reports import read_scores
from pipelines.scores import Scores


def profile_from(splits: Path, report: Path, winner: str, record: Record) -> Profile:
    """What the winner's training data and its answers to the test rows were like, and which rows there were."""
    parts = {part: pl.read_parquet(splits / f"{part}.parquet") for part in ("train", "valid", "test")}
    people = [name for name in ("row", "subject") if name in parts["test"].columns]
    answered = pl.read_parquet(report / f"{winner}.parquet").join(parts["test"].select(people), on="row")
    said = answered.select(*people, *_said(read_scores(report)[winner]))
    made = profile_of(parts["train"], record, said)
    return replace(made, seen=seen_in(pl.concat([part["row"] for part in parts.values()])))


def _said(scores: Scores) -> list[pl.Expr]:
    """What was answered, from a table as `evaluate` keeps it; of a text, what a character of it cost."""
    if scores.task == "regression":
        return [pl.col("predicted").alias("value")]
    if scores.task == "language":
        return [(pl.col("nats") / pl.col("characters")).alias("value")]
    name = pl.col("predicted").replace_strict(dict(enumerate(scores.labels)), return_dtype=pl.String)
    return [name.alias("class"), pl.col("probability").alias("confidence")]
