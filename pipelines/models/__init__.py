"""The model families: one file each, one line each in FAMILIES."""

import importlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from pipelines.accounting import Spending
from pipelines.features import Columns, Features
from pipelines.models.chance import Secret
from pipelines.models.options import (
    Auto,
    Bilstm,
    Boosting,
    Cnn,
    Gpt,
    Linear,
    Lstm,
    Mlp,
    Nbsvm,
    Ngrams,
    Pace,
    Pretrained,
    Transformer,
)
from pipelines.models.starting import Start, check_features, check_start
from pipelines.record import Record, Task

if TYPE_CHECKING:
    from pathlib import Path

Family = Literal[
    "linear",
    "nbsvm",
    "ngrams",
    "boosting",
    "mlp",
    "cnn",
    "lstm",
    "bilstm",
    "transformer",
    "gpt",
    "pretrained",
    "auto",
]
# What a model reads of a row.
Input = Literal["text", "table", "image"]
# Changes the inputs of a batch by chance: arrays by name in, arrays by name out.
Augment = Callable[[dict[str, NDArray[Any]], np.random.Generator], dict[str, NDArray[Any]]]


def read_by(record: Record) -> Input:
    """What a model reads of a row of `record`: its text, its picture, or its table."""
    if record.text is not None:
        return "text"
    return "image" if any(column.type == "image" for column in record.features) else "table"


@dataclass(frozen=True)
class Part:
    """Rows to learn from or to validate on: columns, the place of each row's label, and whose they are.

    Where a number is to be estimated, `labels` are the numbers themselves (float64), in the label's own units.
    """

    columns: Columns
    labels: NDArray[Any]
    subjects: tuple[str, ...] = ()  # one per row, where the data name them
    times: tuple[Any, ...] = ()  # one per row, where folds are cut by time


@dataclass(frozen=True)
class Problem:
    """What is to be learnt: which of `labels`, from `train`, watched on `valid`.

    A task without classes has no labels, and no weights.
    """

    record: Record
    labels: tuple[str, ...]
    train: Part
    valid: Part
    weights: NDArray[np.float64]  # one per label
    seed: int
    task: Task = "classification"

    @property
    def has_classes(self) -> bool:
        """Whether the answer is one of `labels`."""
        return self.task in ("classification", "ordinal")

    def weights_of(self, labels: NDArray[Any]) -> NDArray[np.float64]:
        """How much each row with one of these labels counts in the loss: (rows,)."""
        return self.weights[labels] if self.has_classes else np.ones(len(labels))

    @property
    def text(self) -> str:
        """The name of the column whose text is read; asked for by families that read one."""
        return next(column.name for column in self.record.columns if column.role == "text")

    @property
    def picture(self) -> str:
        """The name of the column whose pictures are read; asked for by families that read one."""
        return next(column.name for column in self.record.features if column.type == "image")

    @property
    def reads(self) -> Input:
        """What a model reads of a row here."""
        return read_by(self.record)


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
    """How long and how fast a network learns, where a killed training goes on from, and how rows are protected.

    `pace` is by what rule it learns, `augment` what is done to its batches, `start` whose weights it begins with. With
    `until` it ends after so many epochs, whatever validation rows would say.
    """

    epochs: int
    batch_size: int
    learning_rate: float
    patience: int
    checkpoint: "Path"
    private: Private | None = None
    pace: Pace = Pace()
    augment: Augment | None = None
    start: Start | None = None
    save_every: float = 60.0  # seconds between two checkpoints within an epoch
    until: int = 0


# How every family is taught: what is to be learnt, its options, for how long, and who watches.
Learn = Callable[[Problem, Any, Schedule, Watcher], Fitted]


@dataclass(frozen=True)
class Registered:
    """A family as it is listed: what can be chosen for it, what it reads, and what it can learn.

    One that `joins` reads a table's columns beside its text or its picture (`heads.join`).
    """

    options: type
    reads: tuple[Input, ...]
    tasks: tuple[Task, ...] = ("classification",)
    joins: bool = False


# What every family can learn that ends with `heads.head`.
ANSWERS: tuple[Task, ...] = ("classification", "ordinal", "regression")
# What every family can learn that gives each class a probability: of an order, the middle is the answer.
CLASSES: tuple[Task, ...] = ("classification", "ordinal")


# A family is the module of that name here, and its section of `train` in params.yaml.
FAMILIES: dict[str, Registered] = {
    "linear": Registered(Linear, reads=("text", "table", "image"), tasks=(*ANSWERS, "language"), joins=True),
    "nbsvm": Registered(Nbsvm, reads=("text",), tasks=CLASSES),
    "ngrams": Registered(Ngrams, reads=("text",), tasks=CLASSES),
    "boosting": Registered(Boosting, reads=("table",), tasks=ANSWERS),
    "mlp": Registered(Mlp, reads=("table", "image"), tasks=ANSWERS),
    "cnn": Registered(Cnn, reads=("text", "image"), tasks=ANSWERS, joins=True),
    "lstm": Registered(Lstm, reads=("text",), tasks=ANSWERS, joins=True),
    "bilstm": Registered(Bilstm, reads=("text",), tasks=ANSWERS, joins=True),
    "transformer": Registered(Transformer, reads=("text",), tasks=ANSWERS, joins=True),
    "gpt": Registered(Gpt, reads=("text",), tasks=("language",)),
    "pretrained": Registered(Pretrained, reads=("text",), tasks=ANSWERS, joins=True),
    "auto": Registered(Auto, reads=("text", "table", "image"), tasks=ANSWERS, joins=True),
}


def fit(family: Family, problem: Problem, options: Any, schedule: Schedule, watcher: Watcher) -> Fitted:
    """The model of this `family` for `problem`; by `refit` of all its rows."""
    check_start(schedule.start, family, problem.labels)
    # A family's library is imported when it is trained, not before: TensorFlow alone costs ten seconds.
    learn: Learn = importlib.import_module(f"pipelines.models.{family}").fit
    if schedule.pace.refit:
        fitted: Fitted = importlib.import_module("pipelines.models.refitting").fit(
            learn, family, problem, options, schedule, watcher
        )
    else:
        fitted = learn(problem, options, schedule, watcher)
    check_features(schedule.start, fitted.features)
    return fitted
