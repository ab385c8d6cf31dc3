"""What a search asks of every trial, what a trial comes to, and how a family is asked."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple, cast

import numpy as np
from numpy.typing import NDArray

from pipelines.bundle import Bundle
from pipelines.errors import TrainingError
from pipelines.models import Family, Fitted, Part, Problem, Schedule, fit
from pipelines.models.folds import By, chosen, folds, held_out
from pipelines.models.options import Auto, Measured
from pipelines.models.refitting import length_of, none_of, shortened
from pipelines.models.spaces import spaces
from pipelines.models.starting import kept
from pipelines.models.worth import usual

Floats = NDArray[np.float64]
Cut = tuple[NDArray[np.int64], NDArray[np.int64]]
# Of the rows that teach a family which has to watch others.
WATCHED = 0.1
FOLDS = 4
# Of more pictures a network takes minutes for each fold, on two cores.
MANY_PICTURES = 2_000


@dataclass(frozen=True)
class Trial:
    """One family with its options, and how well it answered rows that it had not seen."""

    number: int
    family: str
    options: Any
    value: float  # the measure; more is better
    error: float  # one standard error of it
    seconds: float
    answers: Floats = field(repr=False)  # (rows asked, labels), or numbers
    length: int = 0  # epochs or trees at their best, the mean over folds; 0: validation rows had no say in it


@dataclass(frozen=True)
class Found:
    """What a search came to: its trials, the best first, the true labels of the rows asked, and why it ended."""

    trials: tuple[Trial, ...]
    true: NDArray[Any]
    ended: str
    seconds: float
    tried: int


@dataclass(frozen=True)
class Question:
    """What every trial is asked: the pool of rows, cut into folds."""

    problem: Problem
    pool: Part
    by: By
    cuts: tuple[Cut, ...]
    options: Auto
    schedule: Schedule

    @classmethod
    def of(cls, problem: Problem, pool: Part, by: By, options: Auto, schedule: Schedule) -> "Question":
        """The question by `options`."""
        slow = problem.reads == "image" and len(pool.labels) > MANY_PICTURES
        count = options.folds or (1 if slow else FOLDS)
        cuts = tuple(folds(problem, pool, count, by))
        _refuse_folds(problem, pool, cuts, by)
        return cls(problem, pool, by, cuts, options, schedule)

    @property
    def measure(self) -> Measured:
        """What answers are measured by."""
        return self.options.measure or usual(self.problem)

    @property
    def asked(self) -> NDArray[np.int64]:
        """The rows that are asked, fold by fold."""
        return np.concatenate([ask for _, ask in self.cuts])

    @property
    def taught(self) -> float:
        """How many times the rows of the pool teach in one trial."""
        return sum(len(teach) for teach, _ in self.cuts) / len(self.pool.labels)

    def identity(self) -> str:
        """A digest of the rows, of their order and of all that decides how a trial is measured; the budget is not."""
        options, asked = replace(self.options, trials=0, minutes=0.0, most=0), self.schedule
        course = (asked.epochs, asked.batch_size, asked.learning_rate, asked.patience, asked.pace)
        drawn = spaces(self.problem, self.options.families)
        chosen = (options, course, drawn, self.problem.record, self.problem.labels, self.problem.seed, self.by)
        total = hashlib.sha256(repr(chosen).encode())
        total.update(self.problem.weights.tobytes() + self.pool.labels.tobytes())
        for name, cells in self.pool.columns.items():
            total.update(repr((name, list(cells))).encode("utf-8", "surrogatepass"))
        return total.hexdigest()[:16]


def _refuse_folds(problem: Problem, pool: Part, cuts: Sequence[Cut], by: By) -> None:
    """Raise TrainingError where a fold leaves one class to learn, or all folds together one class to ask about."""
    if not problem.has_classes:
        return
    sides = [pool.labels[teach] for teach, _ in cuts] + [np.concatenate([pool.labels[ask] for _, ask in cuts])]
    if any(len(np.unique(side)) < 2 for side in sides):
        raise TrainingError(
            f"Folds by {by} leave rows of a single class on one side.",
            "Expected rows of two classes at least among those that teach in each fold, and among those asked.",
            "bring rows of more people, or of a longer time; or write `train.auto.by: label`."
            if by != "label"
            else "bring more rows of the rarer classes.",
        )


class Asked(NamedTuple):
    """The answers of one fold, (asked, labels) or (asked, 1) numbers, and how long their model learnt at its best."""

    answers: Floats
    length: int


def asked(
    question: Question, family: str, options: Any, cut: tuple[Any, Any], *, whole: bool, length: int = 0
) -> Asked:
    """What a model of the rows that teach answers to those that are asked; it learns for so many epochs, if any."""
    teach, ask = (chosen(question.pool, rows) for rows in cut)
    fitted = taught(question, family, options, teach, whole=whole, length=length)
    problem = question.problem
    bundle = Bundle(family, problem.labels, fitted.features, fitted.graph, task=problem.task)
    answers = bundle.probabilities(ask.columns) if problem.has_classes else bundle.outputs(ask.columns, 1)
    if length:
        return Asked(answers, length)
    watched = 0.0 if whole else WATCHED
    return Asked(answers, length_of(fitted, len(question.pool.labels) / (len(teach.labels) * (1 - watched))))


def settled(question: Question, options: Any, parts: Sequence[Asked]) -> int:
    """For how many epochs the next fold learns after `parts`; 0 where it has to find that out by itself.

    The first fold of a network watches a tenth of its rows and says so; then all rows teach, as they will teach what
    wins, and the answers are those of such models. Folds by time teach by ever more rows, trees are counted by the row.
    """
    return parts[0].length if parts and question.by != "time" and not hasattr(options, "trees") else 0


def mean_length(parts: Sequence[Asked]) -> int:
    """How long a model should learn that is taught by all folds; 0 where no validation rows had a say in it."""
    lengths = [part.length for part in parts]
    return max(round(sum(lengths) / len(lengths)), 1) if all(lengths) else 0


def taught(
    question: Question,
    family: str,
    options: Any,
    rows: Part,
    *,
    whole: bool,
    length: int = 0,
    watched: Part | None = None,
) -> Fitted:
    """A model of `rows`: by the `whole` of them, or for so long; else it watches others, or some, to know its end."""
    if watched is not None:
        problem = replace(question.problem, train=rows, valid=watched)
    elif whole or length:
        problem = replace(question.problem, train=rows, valid=none_of(rows))
    else:
        problem = held_out(question.problem, rows, WATCHED, question.by)
    schedule = replace(question.schedule, until=length)
    fitted = fit(cast("Family", family), problem, shortened(options, length), schedule, Silence())
    # Nobody goes on from one member's weights: what answers is all of them.
    kept(question.schedule.checkpoint).unlink(missing_ok=True)
    return fitted


class Silence:
    """A watcher of what is trained by the dozen."""

    def batch(self, epoch: int, done: int, total: int, loss: float) -> None:
        """Say nothing."""

    def epoch(self, epoch: int, epochs: int, measures: dict[str, float]) -> None:
        """Say nothing."""

    def doing(self, told: str) -> None:
        """Say nothing."""
