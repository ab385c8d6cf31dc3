"""Split rows -> what is to be learnt from them."""

from collections import Counter
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipelines.models import Part, Problem
from pipelines.record import Record
from pipelines.rows import inputs, labelled, right
from pipelines.teaching import check_class_weight, refuse_classes, refuse_numbers, refuse_unwatched


def pose(
    splits: Path, record: Record, class_weight: str, seed: int, *, closed: bool = False, named: bool = False
) -> Problem:
    """The problem that the training and validation rows pose. Raises TrainingError where they cannot teach.

    Its labels are those that occur or, where the set is `closed`, those of the record; a number has none. Whose and
    of when the rows are is told where the set is `closed`, or the rows are to be `named`.
    """
    check_class_weight(class_weight, record)
    frames = {name: pl.read_parquet(splits / f"{name}.parquet") for name in ("train", "valid")}
    labels: tuple[str, ...] = ()
    weights = np.ones(0)
    if record.has_classes:
        labels = record.label.categories if closed else label_names(frames["train"], record)
        counts = _counts(frames["train"][record.label.name].cast(pl.String), labels)
        refuse_classes(counts, closed=closed)
        weights = counts.sum() / (len(labels) * counts) if class_weight == "balanced" else np.ones(len(labels))
    parts = {name: _part(frame, record, labels, named=closed or named) for name, frame in frames.items()}
    if record.task == "regression":
        refuse_numbers(parts["train"].labels, record.label.name)
    refuse_unwatched(len(parts["valid"].labels), frames["valid"].height)
    return Problem(record, labels, parts["train"], parts["valid"], weights.astype(np.float64), seed, record.task)


def label_names(rows: pl.DataFrame, record: Record) -> tuple[str, ...]:
    """The labels that `rows` hold, in the record's order where it lists them."""
    present = set(rows[record.label.name].drop_nulls().cast(pl.String))
    return tuple(label for label in record.label.categories or sorted(present) if label in present)


def _counts(given: pl.Series, labels: tuple[str, ...]) -> NDArray[np.int64]:
    found = Counter(given.drop_nulls())
    return np.array([found[label] for label in labels], dtype=np.int64)


def _part(rows: pl.DataFrame, record: Record, labels: tuple[str, ...], *, named: bool) -> Part:
    rows = labelled(rows, record, labels)
    subjects = tuple(rows["subject"]) if named and record.with_role("subject") is not None else ()
    time = record.with_role("time")
    times = tuple(rows[time.name]) if named and time is not None and time.name in rows.columns else ()
    return Part(inputs(rows, record), right(rows, record, labels), subjects, times)
