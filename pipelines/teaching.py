"""Whether rows can teach at all: what is refused before anything is trained, each with its reason."""

import numpy as np
from numpy.typing import NDArray

from pipelines.errors import ParameterError, TrainingError
from pipelines.models import FAMILIES, Family, read_by
from pipelines.record import Record

# Beyond it a table of who was taken for whom has a million cells, and a label is most often a name or a number.
MOST_CLASSES = 1000
# A number with fewer different values is a class.
FEWEST_VALUES = 3


def check_family(family: Family, record: Record) -> None:
    """Raise ParameterError where `family` cannot read this `record`, or cannot answer what it asks."""
    pictures = sum(column.type == "image" for column in record.features)
    if pictures > 1 or (pictures and record.text):
        raise ParameterError(
            "params.yaml: `record` asks for a model that learns from several pictures, or from a picture and a text.",
            "Expected one picture: one column of type image with `role: feature`, columns of a table beside it or not.",
            "take the role from the others.",
        )
    kind = read_by(record)
    if kind not in FAMILIES[family].reads:
        raise ParameterError(
            f"params.yaml: `train.family` is '{family}', which reads a {FAMILIES[family].reads[0]}.",
            f"Expected a family for a {kind}: {', '.join(name for name in FAMILIES if kind in FAMILIES[name].reads)}.",
            "choose one of them, or change the roles in `record`.",
        )
    if kind != "table" and len(record.inputs) > 1 and not FAMILIES[family].joins:
        fitting = [name for name, each in FAMILIES.items() if kind in each.reads and each.joins]
        raise ParameterError(
            f"params.yaml: `train.family` is '{family}', which reads a {kind} alone; `record` has features beside it.",
            f"Expected a family that reads both: {', '.join(fitting)}.",
            "choose one of them, or take `role: feature` away from the columns.",
        )
    if record.task not in FAMILIES[family].tasks:
        fitting = [name for name, each in FAMILIES.items() if kind in each.reads and record.task in each.tasks]
        raise ParameterError(
            f"params.yaml: `train.family` is '{family}', which learns no {record.task}.",
            f"Expected, for what `record` asks, one of: {', '.join(fitting) or 'no family that there is yet'}.",
            "choose one of them, or give the column that is to be answered `role: label`.",
        )


def check_class_weight(class_weight: str, record: Record) -> None:
    """Raise ParameterError where classes are to be weighed and there are none."""
    if class_weight == "none" or record.has_classes:
        return
    raise ParameterError(
        f"params.yaml: `train.class_weight` is '{class_weight}', and `record` asks for {record.task}: no classes.",
        "Expected `none`: weights are given to the classes of a label.",
        "remove `train.class_weight`, or list the label's `categories`.",
    )


def refuse_classes(counts: NDArray[np.int64], *, closed: bool) -> None:
    """Raise TrainingError where classes with so many training rows each cannot be told apart."""
    if len(counts) > MOST_CLASSES:
        raise TrainingError(
            f"train: the label has {len(counts):,} different values.",
            f"Expected {MOST_CLASSES:,} classes at most.",
            "give a number `type: number`; or let one value of the label stand for all that are rare.",
        )
    if (counts >= 2).sum() < (2 if closed else max(2, len(counts))):
        raise TrainingError(
            f"train: {int((counts >= 2).sum())} of {len(counts)} classes have two training rows or more.",
            "Expected at least two classes with at least two rows each.",
            "bring more rows, or leave the rare labels out of `record`'s categories.",
        )


def refuse_numbers(values: NDArray[np.float64], name: str) -> None:
    """Raise TrainingError where the numbers of the training rows are too few, or too alike, to be estimated."""
    different = len(np.unique(values))
    if different >= FEWEST_VALUES:
        return
    raise TrainingError(
        f"train: the label `{name}` has {different} different values in {len(values):,} training rows.",
        f"Expected numbers to estimate, {FEWEST_VALUES} different ones at least.",
        f"bring more rows; or, if each value is a class, list them under `categories` of `{name}` in `record`.",
    )


def refuse_unwatched(rows: int, of: int) -> None:
    """Raise TrainingError where no validation row can be held against an answer: nobody would know when to stop."""
    if not rows:
        raise TrainingError(
            f"train: none of {of:,} validation rows has a label that the training rows have.",
            "Expected validation rows, for they say when to stop.",
            "bring more rows, or raise `split.valid` in params.yaml.",
        )
