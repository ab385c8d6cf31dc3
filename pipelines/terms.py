"""What a promotion goes by: the measure that models are compared in, and how much worse a new one may be."""

from dataclasses import dataclass
from typing import Literal

from pipelines.errors import ParameterError
from pipelines.record import Record

Compared = Literal["accuracy", "macro_f1"]


@dataclass(frozen=True)
class Terms:
    """How much worse than the champion a model may be: in `points` of the `measure`, or as a share of its `errors`."""

    points: float
    errors: float
    measure: Compared = "accuracy"


def refuse_unfit_measure(record: Record, measure: Compared) -> None:
    """Raise ParameterError where answers are not classes, and so have no macro F1."""
    if measure == "accuracy" or record.task == "classification":
        return
    raise ParameterError(
        f"params.yaml: `promote.measure` is {measure}, and the label of `record` is no set of classes ({record.task}).",
        "Expected it for classes alone: numbers, orders and texts are compared by how far away an answer is.",
        "leave `promote.measure` out.",
    )
