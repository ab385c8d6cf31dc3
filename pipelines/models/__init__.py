"""The model families: one file each, one line each in FAMILIES."""

import importlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from pipelines.accounting import Spending
from pipelines.features import Columns, Features
from pipelines.models.chance import Secret
from pipelines.models.options import Auto, Boosting, Linear, Lstm, Mlp, Ngrams
from pipelines.record import Record

if TYPE_CHECKING:
    from pathlib import Path

Family = Literal["linear", "lstm", "mlp", "ngrams", "boosting", "auto"]
# What a model reads of a row, and what it says of it.
Input = Literal["text", "table", "image"]
Task = Literal["classification", "ordinal", "regression", "language"]


@dataclass(frozen=True)
class Part:
    """Rows to learn from or to validate on: columns, the place of each row's label, and whose they are."""

    columns: Columns
    labels: NDArray[np.int64]
    subjects: tuple[str, ...] = ()  # one per row, where the data name them
    times: tuple[Any, ...] = ()  # one per row, where folds are cut by time


@dataclass(frozen=True)
class Problem:
    """What is to be learnt: which of `labels`, from `train`, watched on `valid`."""

    record: Record
    labels: tuple[str, ...]
    train: Part
    valid: Part
    weights: NDArray[np.float64]  # one per label
    seed: int
    task: Task = "classification"

    @property
    def text(self) -> str:
        """The name of the column whose text is read; asked for by families that read one."""
        return next(column.name for column in self.record.columns if column.role == "text")


@dataclass(frozen=True)
class Fitted:
    """A trained model: its features, its ONNX graph, and what there is to tell."""

    features: Features
    graph: bytes
    about: dict[str, Any]


class Watcher(Protocol):
    """Whoever wants to see a training go on: the terminal, MLflow."""

    def batch(self, epoch: int, done: int, total: int, loss: float) -> None:
        """A batch was learnt; `loss` is the mean over the epoch so far."""

    def epoch(self, epoch: int, epochs: int, measures: dict[str, float]) -> None:
        """An epoch ended with these measures."""


@dataclass(frozen=True)
class Private:
    """How the rows are protected while a network learns from them.

    `table` (units, rows each) names the training rows of each unit, filled up by -1; a unit is a row or a subject.
    """

    clip: float
    spending: Spending
    epochs: int
    table: NDArray[np.int32]
    secret: Secret

    @property
    def steps_per_epoch(self) -> int:
        """How many samples are drawn between two looks at the validation rows."""
        return self.spending.steps // self.epochs


@dataclass(frozen=True)
class Schedule:
    """How long and how fast a network learns, where a killed training goes on from, and how rows are protected."""

    epochs: int
    batch_size: int
    learning_rate: float
    patience: int
    checkpoint: "Path"
    private: Private | None = None


@dataclass(frozen=True)
class Registered:
    """A family as it is listed: what can be chosen for it, what it reads, and what it can learn."""

    options: type
    reads: tuple[Input, ...]
    tasks: tuple[Task, ...] = ("classification",)


# A family is the module of that name here, and its section of `train` in params.yaml.
FAMILIES: dict[str, Registered] = {
    "linear": Registered(Linear, reads=("text", "table")),
    "lstm": Registered(Lstm, reads=("text",)),
    "mlp": Registered(Mlp, reads=("table",)),
    "ngrams": Registered(Ngrams, reads=("text",)),
    "boosting": Registered(Boosting, reads=("table",)),
    "auto": Registered(Auto, reads=("text", "table")),
}


def fit(family: Family, problem: Problem, options: Any, schedule: Schedule, watcher: Watcher) -> Fitted:
    """The model of this `family` for `problem`."""
    # A family's library is imported when it is trained, not before: TensorFlow alone costs ten seconds.
    fitted: Fitted = importlib.import_module(f"pipelines.models.{family}").fit(problem, options, schedule, watcher)
    return fitted
