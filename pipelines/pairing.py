"""Two models' answers to the same rows, compared as their task wants it: by hits, by macro F1, or by the errors."""

from typing import Any

import polars as pl

from pipelines.bootstrap import Integers
from pipelines.paired import Paired, paired_test
from pipelines.paired_f1 import PairedF1, paired_f1
from pipelines.paired_losses import PairedLosses, losses_in, paired_losses
from pipelines.people import numbered
from pipelines.scores import Scores
from pipelines.terms import Compared


def compared(
    ours: pl.DataFrame, theirs: pl.DataFrame, scores: Scores, measure: Compared = "accuracy"
) -> Paired | PairedF1 | PairedLosses:
    """Our answers against theirs to the same rows, both as `evaluate` keeps them, ours with the `person` of each row.

    Without such a column every row counts as somebody else's. Classes are compared in the `measure`.
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
            true, by_us, by_them = (of.to_numpy() for of in (ours["true"], ours["predicted"], theirs["predicted"]))
            if measure == "macro_f1":
                return paired_f1(true, by_us, by_them, len(scores.labels), people)
            return paired_test(true, by_us, by_them, people)


def people_in(answers: pl.DataFrame) -> Integers | None:
    """The number of each row's `person`, where that is known and somebody has several rows."""
    return numbered(answers["person"].to_list()) if "person" in answers.columns else None


def _errors(answers: pl.DataFrame, *, squared: bool) -> Any:
    return losses_in(answers["predicted"].to_numpy(), answers["true"].to_numpy(), squared=squared)
