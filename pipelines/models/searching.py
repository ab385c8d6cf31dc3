"""A search over families and options by cross-validation: halved as it goes, resumed where it was killed.

The study and the answers to the rows that were asked lie in one folder, which names the question that they are of.
"""

import hashlib
import time
import warnings
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, cast, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from pipelines.bundle import Bundle
from pipelines.files import replacing
from pipelines.models import Family, Fitted, Part, Problem, Schedule, Watcher, fit
from pipelines.models.ensembles import measured, standard_error
from pipelines.models.folds import By, chosen, folds, held_out
from pipelines.models.options import Auto
from pipelines.models.spaces import Space, first_trials, spaces, suggested
from pipelines.models.starting import kept

if TYPE_CHECKING:
    import optuna

Floats = NDArray[np.float64]
# Of the rows that teach a family which has to watch others.
WATCHED = 0.1


@dataclass(frozen=True)
class Trial:
    """One family with its options, and how well it answered rows that it had not seen."""

    number: int
    family: str
    options: Any
    value: float  # the measure; more is better
    error: float  # one standard error of it
    seconds: float
    answers: Floats = field(repr=False)  # (rows asked, labels)


@dataclass(frozen=True)
class Found:
    """What a search came to: its trials, the best first, the true labels of the rows asked, and why it ended."""

    trials: tuple[Trial, ...]
    true: NDArray[np.int64]
    ended: str
    seconds: float
    tried: int


@runtime_checkable
class Listener(Watcher, Protocol):
    """A watcher who also wants to hear of trials."""

    def trial(self, family: str, settings: Mapping[str, Any], measures: dict[str, float], told: str) -> None:
        """A trial ended with these measures; `told` says how far the search is."""


@dataclass(frozen=True)
class Question:
    """What every trial is asked: the pool of rows, cut into folds."""

    problem: Problem
    pool: Part
    by: By
    cuts: tuple[tuple[NDArray[np.int64], NDArray[np.int64]], ...]
    options: Auto
    schedule: Schedule

    @classmethod
    def of(cls, problem: Problem, pool: Part, by: By, options: Auto, schedule: Schedule) -> "Question":
        """The question by `options`."""
        return cls(problem, pool, by, tuple(folds(problem, pool, options.folds, by)), options, schedule)

    @property
    def asked(self) -> NDArray[np.int64]:
        """The rows that are asked, fold by fold."""
        return np.concatenate([ask for _, ask in self.cuts])

    def identity(self) -> str:
        """A digest of the rows, of their order and of all that decides how a trial is measured; the budget is not."""
        options = replace(self.options, trials=0, minutes=0.0, most=0)
        total = hashlib.sha256(repr((options, self.problem.labels, self.problem.seed, self.by)).encode())
        total.update(self.problem.weights.tobytes() + self.pool.labels.tobytes())
        for name, cells in self.pool.columns.items():
            total.update(repr((name, list(cells))).encode("utf-8", "surrogatepass"))
        return total.hexdigest()[:16]


def search(question: Question, folder: Path, watcher: Watcher | None = None) -> Found:
    """The trials of `question` that its budget allows, those in `folder` among them.

    With the same seed and a budget in trials, the same trials: what is drawn depends on those that ended alone.
    """
    import optuna

    optuna.logging.set_verbosity(optuna.logging.ERROR)
    options, started = question.options, time.monotonic()
    place = folder / question.identity()
    place.mkdir(parents=True, exist_ok=True)
    storage = optuna.storages.RDBStorage(f"sqlite:///{place / 'study.db'}")
    study = optuna.create_study(
        study_name="search",
        storage=storage,
        load_if_exists=True,
        direction="maximize",
        pruner=optuna.pruners.SuccessiveHalvingPruner(min_resource=1, reduction_factor=2),
    )
    _bury_killed(study)
    found = spaces("text" if question.problem.record.text else "table", options.families)
    first = first_trials(found)
    ended = "trials"
    while (done := len(_ended(study))) < options.trials:
        spent = time.monotonic() - started
        if spent > 60 * options.minutes and done:
            ended = "minutes"
            break
        _one(study, question, found, first, done, place, watcher, spent)
    storage.remove_session()
    storage.engine.dispose()
    trials = _read(study, question, found, place)
    return Found(trials, question.pool.labels[question.asked], ended, time.monotonic() - started, len(_ended(study)))


def _ended(study: "optuna.Study") -> list[Any]:
    from optuna.trial import TrialState

    return list(study.get_trials(deepcopy=False, states=(TrialState.COMPLETE, TrialState.PRUNED)))


def _bury_killed(study: "optuna.Study") -> None:
    """A trial that nobody works on any more counts for nothing; it is tried again."""
    from optuna.trial import TrialState

    for trial in study.get_trials(deepcopy=False, states=(TrialState.RUNNING, TrialState.WAITING)):
        study.tell(trial.number, state=TrialState.FAIL)


def _one(
    study: "optuna.Study",
    question: Question,
    found: Mapping[str, Space],
    first: list[dict[str, Any]],
    done: int,
    place: Path,
    watcher: Watcher | None,
    spent: float,
) -> None:
    import optuna

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
        study.sampler = optuna.samplers.TPESampler(
            seed=question.problem.seed + done, n_startup_trials=len(first) + 4, multivariate=True, group=True
        )
    if done < len(first):
        study.enqueue_trial(first[done])
    trial = study.ask()
    family, options = suggested(trial, found)
    started, parts = time.monotonic(), []
    for step, cut in enumerate(question.cuts):
        parts.append(asked(question, family, options, cut, whole=found[family].whole))
        true = question.pool.labels[question.asked[: sum(map(len, parts))]]
        value = measured(question.options.measure, true, np.concatenate(parts))
        trial.report(value, step + 1)
        # The first trials are what others are held against.
        if done >= len(first) and step + 1 < len(question.cuts) and trial.should_prune():
            study.tell(trial, state=optuna.trial.TrialState.PRUNED)
            _tell(question, watcher, family, options, value, done, spent + time.monotonic() - started, pruned=True)
            return
    seconds = time.monotonic() - started
    with replacing(place / f"{trial.number}.npz") as draft, draft.open("wb") as file:
        np.savez(file, answers=np.concatenate(parts), seconds=np.array(seconds))
    study.tell(trial, value)
    _tell(question, watcher, family, options, value, done, spent + seconds, pruned=False)


def asked(question: Question, family: str, options: Any, cut: tuple[Any, Any], *, whole: bool) -> Floats:
    """What a model of the rows that teach answers to those that are asked: (asked, labels)."""
    teach, ask = (chosen(question.pool, rows) for rows in cut)
    fitted = taught(question, family, options, teach, whole=whole)
    bundle = Bundle(family, question.problem.labels, fitted.features, fitted.graph)
    return bundle.probabilities(ask.columns)


def taught(question: Question, family: str, options: Any, rows: Part, *, whole: bool) -> Fitted:
    """A model of `rows`; a family that is not taught by the `whole` of them watches some."""
    if whole:
        problem = replace(question.problem, train=rows, valid=chosen(rows, np.zeros(0, dtype=np.int64)))
    else:
        problem = held_out(question.problem, rows, WATCHED, question.by)
    fitted = fit(cast("Family", family), problem, options, question.schedule, Silence())
    # Nobody goes on from one member's weights: what answers is all of them.
    kept(question.schedule.checkpoint).unlink(missing_ok=True)
    return fitted


class Silence:
    """A watcher of what is trained by the dozen."""

    def batch(self, epoch: int, done: int, total: int, loss: float) -> None:
        """Say nothing."""

    def epoch(self, epoch: int, epochs: int, measures: dict[str, float]) -> None:
        """Say nothing."""


def _tell(
    question: Question,
    watcher: Watcher | None,
    family: str,
    options: Any,
    value: float,
    done: int,
    spent: float,
    *,
    pruned: bool,
) -> None:
    if not isinstance(watcher, Listener):
        return
    by_trials = spent / (done + 1) * (question.options.trials - done - 1)
    left = max(min(by_trials, 60 * question.options.minutes - spent), 0.0)
    told = f"trial {done + 1}/{question.options.trials}, {left / 60:.0f} min left" + (" (given up)" if pruned else "")
    watcher.trial(family, asdict(options), {f"valid_{question.options.measure}": value, "pruned": float(pruned)}, told)


def _read(study: "optuna.Study", question: Question, found: Mapping[str, Space], place: Path) -> tuple[Trial, ...]:
    """The trials that went to their end, the best first; of equals the one that was tried earlier."""
    from optuna.trial import FixedTrial, TrialState

    trials = []
    true = question.pool.labels[question.asked]
    for each in study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,)):
        family, options = suggested(FixedTrial(each.params), found)
        with np.load(place / f"{each.number}.npz", allow_pickle=False) as held:
            answers, seconds = held["answers"], float(held["seconds"])
        error = standard_error(question.options.measure, true, answers, question.problem.seed)
        trials.append(Trial(each.number, family, options, float(each.value or 0.0), error, seconds, answers))
    return tuple(sorted(trials, key=lambda trial: (-trial.value, trial.number)))
