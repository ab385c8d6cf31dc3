"""Two models' answers to the same rows, compared as their task wants it: by hits, or by how large the errors are."""

from typing import Any

import polars as pl

from pipelines.bootstrap import Integers
from pipelines.paired import Paired, paired_test
from pipelines.paired_losses import PairedLosses, losses_in, paired_losses
from pipelines.people import numbered
from pipelines.scores import Scores


def compared(ours: pl.DataFrame, theirs: pl.DataFrame, scores: Scores) -> Paired | PairedLosses:
    """Our answers against theirs to the same rows, both as `evaluate` keeps them, ours with the `person` of each row.

    Without such a column every row counts as somebody else's.
    """
    people = people_in(ours)
    match scores.task:
        case "regression":
            return paired_losses(_errors(ours, squared=True), _errors(theirs, squared=True), "squared error", people)
        case "ordinal":
            return paired_losses(
                _errors(ours, squared=False), _errors(theirs, squared=False), "steps in the order", people
            )
        case "language":
            return paired_losses(ours["nats"].to_numpy(), theirs["nats"].to_numpy(), "bits", people)
        case "classification":
            true: Integers = ours["true"].to_numpy()
            return paired_test(true, ours["predicted"].to_numpy(), theirs["predicted"].to_numpy(), people)


def people_in(answers: pl.DataFrame) -> Integers | None:
    """The number of each row's `person`, where that is known and somebody has several rows."""
    return numbered(answers["person"].to_list()) if "person" in answers.columns else None


def _errors(answers: pl.DataFrame, *, squared: bool) -> Any:
    return losses_in(answers["predicted"].to_numpy(), answers["true"].to_numpy(), squared=squared)
