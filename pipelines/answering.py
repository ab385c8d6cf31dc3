"""What a model says of rows with a known answer: the same few things, whatever its task is."""

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipelines.bootstrap import Floats, Integers
from pipelines.bundle import Bundle
from pipelines.language import text_nats
from pipelines.membership import losses, signals
from pipelines.people import numbered
from pipelines.record import Record, Task
from pipelines.rows import answers, inputs


@dataclass(frozen=True)
class Answered:
    """A model's answers to rows, beside what is right for each.

    `names` (rows,) are the rows' ids. `true` (rows,) are classes or numbers; `found` is (rows, labels) probabilities or
    (rows,) numbers, `predicted` (rows,) what they come to. For a text `found` (rows,) is in nats: the negative
    logarithm of how likely the model held it, over all its `characters` (rows,). `people` (rows,) numbers the person of
    each row where somebody has several.
    """

    task: Task
    labels: tuple[str, ...]
    names: pl.Series
    true: NDArray[np.float64] | NDArray[np.int64]
    found: Floats
    predicted: NDArray[np.float64] | NDArray[np.int64]
    characters: Integers
    people: Integers | None = None

    @property
    def classes(self) -> Integers:
        """The rows' classes; where there are none, all rows are of one."""
        return np.asarray(self.true if self.labels else np.zeros(len(self.true)), dtype=np.int64)

    @property
    def losses(self) -> Floats:
        """How wrong each answer is, (rows,): nats for classes, for a text per character; squared error of a number."""
        if self.task == "regression":
            return np.asarray(np.square(self.found - self.true), dtype=np.float64)
        if self.task == "language":
            return self.found / np.maximum(self.characters, 1)
        return losses(self.classes, self.found)

    def signals(self, reference: Floats | None = None) -> dict[str, Floats]:
        """What tells training rows from others, by attack (`membership`): without classes, the loss alone."""
        if self.labels:
            return signals(self.classes, self.found, reference)
        own = {"loss": -self.losses}
        return own if reference is None else own | {"difficulty": reference - self.losses}

    def table(self) -> pl.DataFrame:
        """The answers by row, as `evaluate` keeps them for `promote`; no cell of a row stands there."""
        names = pl.DataFrame({"row": self.names})
        if self.task == "language":
            return names.with_columns(nats=pl.Series(self.found), characters=pl.Series(self.characters))
        found = names.with_columns(true=pl.Series(self.true), predicted=pl.Series(self.predicted))
        return found.with_columns(probability=pl.Series(self.found.max(axis=1))) if self.labels else found


def answer(bundle: Bundle, rows: pl.DataFrame, record: Record) -> Answered:
    """What `bundle` says of those of `rows` that it can be held to. Raises DataError where there are none."""
    known, true = answers(rows, record, bundle.labels)
    columns = inputs(known, record)
    none = np.zeros(known.height, dtype=np.int64)
    shared = (bundle.task, bundle.labels, known["row"], true)
    people = numbered(known["subject"].to_list()) if record.with_role("subject") is not None else None
    if bundle.task == "regression":
        found = bundle.values(columns)
        return Answered(*shared, found, found, none, people)
    if bundle.task == "language":
        said = text_nats(bundle, columns[record.inputs[0].name])
        return Answered(*shared, said.nats, said.nats, said.characters, people)
    found = bundle.probabilities(columns)
    return Answered(*shared, found, bundle.decided(found), none, people)
