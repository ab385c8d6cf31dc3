"""A search over families and options by cross-validation: halved as it goes, resumed where it was killed.

The study and the answers to the rows that were asked lie in one folder, which names the question that they are of.
"""

import time
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

import numpy as np

from pipelines.files import replacing
from pipelines.models import Watcher
from pipelines.models.budgets import Budget
from pipelines.models.spaces import Space, first_trials, spaces, suggested
from pipelines.models.trials import Asked, Floats, Found, Question, Trial, asked, mean_length, settled
from pipelines.models.worth import measured, standard_error

if TYPE_CHECKING:
    import optuna


@runtime_checkable
class Listener(Watcher, Protocol):
    """A watcher who also wants to hear of trials."""

    def doing(self, told: str) -> None:
        """What is being done now, which may take minutes."""

    def trial(self, family: str, settings: Mapping[str, Any], measures: dict[str, float], told: str) -> None:
        """A trial ended with these measures; `told` says how far the search is."""


def search(question: Question, folder: Path, watcher: Watcher | None = None) -> Found:
    """The trials of `question` that its budget allows, those in `folder` among them.

    With the same seed and a budget in trials, the same trials: what is drawn depends on those that ended alone.
    """
    import optuna

    optuna.logging.set_verbosity(optuna.logging.ERROR)
    options = question.options
    place = folder / question.identity()
    place.mkdir(parents=True, exist_ok=True)
    storage = optuna.storages.RDBStorage(f"sqlite:///{place / 'study.db'}")
    study = optuna.create_study(
        study_name="search",
        storage=storage,
        load_if_exists=True,
        direction="maximize",
        pruner=optuna.pruners.NopPruner(),
    )
    _bury_killed(study)
    found = spaces(question.problem, options.families)
    first = first_trials(found)
    budget = Budget(60 * options.minutes, len(question.cuts), question.taught, options.most)
    course = Course(study, question, found, first, place, budget, watcher)
    while (done := len(_ended(study))) < options.trials and not (done and course.over):
        course.one(done)
    ended = "minutes" if done < options.trials or course.late else "trials"
    storage.remove_session()
    storage.engine.dispose()
    trials = _read(study, question, found, place)
    return Found(trials, question.pool.labels[question.asked], ended, budget.spent, len(_ended(study)))


def reached(trials: Sequence[Any], family: str, step: int) -> list[float]:
    """What Optuna's `trials` of this `family` were worth after so many folds, those of them that came as far."""
    return [
        each.intermediate_values[step]
        for each in trials
        if each.params["family"] == family and step in each.intermediate_values
    ]


def worse(value: float, others: Sequence[float]) -> bool:
    """Whether a trial of this `value` is given up: it is not in the better half of the `others` that came as far.

    These are of its own family. Optuna's pruners hold all trials against each other: networks, mostly worse alone than
    n-grams, would never reach their end, and an ensemble would never hear the better ones.
    """
    return bool(others) and value < float(np.median(others))


def _ended(study: "optuna.Study") -> list[Any]:
    from optuna.trial import TrialState

    return list(study.get_trials(deepcopy=False, states=(TrialState.COMPLETE, TrialState.PRUNED)))


def _completed(study: "optuna.Study") -> list[Any]:
    from optuna.trial import TrialState

    return list(study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,)))


def _bury_killed(study: "optuna.Study") -> None:
    """A trial that nobody works on any more counts for nothing; it is tried again."""
    from optuna.trial import TrialState

    for trial in study.get_trials(deepcopy=False, states=(TrialState.RUNNING, TrialState.WAITING)):
        study.tell(trial.number, state=TrialState.FAIL)


@dataclass(frozen=True)
class Course:
    """A search on its way: what is drawn from, what is tried before anything is drawn, and who hears of it."""

    study: "optuna.Study"
    question: Question
    found: Mapping[str, Space]
    first: list[dict[str, Any]]
    place: Path
    budget: Budget
    watcher: Watcher | None
    late: set[str] = field(default_factory=set)  # families that there is no time for

    @property
    def over(self) -> bool:
        """Whether there is no time left for a trial of any family."""
        return self.late >= set(self.found) or self.budget.over(self.seconds())

    def seconds(self) -> list[float]:
        """How long the trials took that went to their end: the best of each family, and then the others, best first.

        The best of each family are likely members, and a network takes ten times as long as n-grams that are better.
        """
        trials = sorted(_completed(self.study), key=lambda trial: (-(trial.value or 0.0), trial.number))
        best = {trial.params["family"]: trial.number for trial in reversed(trials)}
        trials.sort(key=lambda trial: trial.number not in best.values())
        return [trial.duration.total_seconds() for trial in trials if trial.duration]

    def one(self, done: int) -> None:
        """Try one more, after so many, to its end or until there is reason to give it up."""
        import optuna

        trial = self._asked_for(done)
        family, options = suggested(trial, self.found)
        if family in self.late:
            self.study.tell(trial, state=optuna.trial.TrialState.PRUNED)
            return
        started, parts = time.monotonic(), list[Asked]()
        for step, cut in enumerate(self.question.cuts, start=1):
            if isinstance(self.watcher, Listener):
                told = f"trial {done + 1}/{self.question.options.trials}: {family}, fold {step} of"
                self.watcher.doing(f"{told} {len(self.question.cuts)}")
            length = settled(self.question, options, parts)
            parts.append(asked(self.question, family, options, cut, whole=self.found[family].whole, length=length))
            value = self._value([part.answers for part in parts])
            trial.report(value, step)
            late = done > 0 and self.budget.beyond(self.seconds(), time.monotonic() - started, step)
            if step < len(self.question.cuts) and (late or self._worse(trial, step, value, done)):
                self.study.tell(trial, state=optuna.trial.TrialState.PRUNED)
                self._tell(family, options, value, done, pruned=True)
                if late:
                    self.late.add(family)
                return
        with replacing(self.place / f"{trial.number}.npz") as draft, draft.open("wb") as file:
            answers, seconds = np.concatenate([part.answers for part in parts]), time.monotonic() - started
            np.savez(file, answers=answers, seconds=np.array(seconds), length=np.array(mean_length(parts)))
        self.study.tell(trial, value)
        self._tell(family, options, value, done, pruned=False)

    def _asked_for(self, done: int) -> "optuna.Trial":
        import optuna

        with warnings.catch_warnings():
            warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
            self.study.sampler = optuna.samplers.TPESampler(
                seed=self.question.problem.seed + done,
                n_startup_trials=len(self.first) + 4,
                multivariate=True,
                group=True,
            )
        if done < len(self.first):
            self.study.enqueue_trial(self.first[done])
        return self.study.ask()

    def _value(self, parts: list[Floats]) -> float:
        true = self.question.pool.labels[self.question.asked[: sum(map(len, parts))]]
        return measured(self.question.measure, true, np.concatenate(parts))

    def _worse(self, trial: "optuna.Trial", step: int, value: float, done: int) -> bool:
        """Whether it is in the worse half of its family; the first trials are what others are held against."""
        others = reached(_ended(self.study), trial.params["family"], step)
        return done >= len(self.first) and worse(value, others)

    def _tell(self, family: str, options: Any, value: float, done: int, *, pruned: bool) -> None:
        if not isinstance(self.watcher, Listener):
            return
        chosen, spent = self.question.options, self.budget.spent
        by_trials = spent / (done + 1) * (chosen.trials - done - 1)
        left = max(min(by_trials, self.budget.seconds - spent), 0.0)
        told = f"trial {done + 1}/{chosen.trials}, {left / 60:.0f} min left" + (" (given up)" if pruned else "")
        self.watcher.trial(
            family, asdict(options), {f"valid_{self.question.measure}": value, "pruned": float(pruned)}, told
        )


def _read(study: "optuna.Study", question: Question, found: Mapping[str, Space], place: Path) -> tuple[Trial, ...]:
    """The trials that went to their end, the best first; of equals the one that was tried earlier."""
    from optuna.trial import FixedTrial

    trials = []
    true = question.pool.labels[question.asked]
    for each in _completed(study):
        family, options = suggested(FixedTrial(each.params), found)
        with np.load(place / f"{each.number}.npz", allow_pickle=False) as held:
            answers, seconds, length = held["answers"], float(held["seconds"]), int(held["length"])
        error = standard_error(question.measure, true, answers, question.problem.seed)
        trials.append(Trial(each.number, family, options, float(each.value or 0.0), error, seconds, answers, length))
    return tuple(sorted(trials, key=lambda trial: (-trial.value, trial.number)))
