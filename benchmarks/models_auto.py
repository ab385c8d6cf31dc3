"""What `train.family: auto` finds on real data within its budget, and boosting alone; seed 42.

    FLYWHEEL_DATASETS=DIR python benchmarks/models_auto.py [SET …]

The search sees training and validation rows alone; test rows are answered once, by the model that it chose. Of a set in
ten folds, each fold is searched by itself with its share of the minutes. Rows are kept as they end, in
benchmarks/results/models_auto_rows.json: a set that is named is measured again, others are told as they were.
"""

import json
import resource
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from learning_sets import FOLDS, SEED, SETS, Exam, exams
from reporting import RESULTS, Figure, report

from pipelines.bundle import Bundle
from pipelines.models import Problem, Schedule, auto, boosting
from pipelines.models.options import Auto, Boosting, Measured, Pace
from pipelines.models.worth import measured

KEPT = RESULTS / "models_auto_rows.json"
MINUTES = 15.0
IN_FOLDS = ("mr", "cr", "subj")


@dataclass(frozen=True)
class Bar:
    """What a set is held against, and the budget of its search in trials; minutes end it where they are over first."""

    measure: Measured
    bar: float
    anchor: str
    trials: int
    folds: int = 4
    by: Any = "record"
    pace: Pace = Pace()  # `train.schedule`, where folds of the training rows preferred another one
    most: int = Auto.most  # models in the ensemble, likewise


AVERAGED = Pace(ema=0.99)
SMOOTHED = Pace(ema=0.99, label_smoothing=0.1)
BARS = {
    "telco": Bar("roc_auc", 84.5, "linear 84.2", 16),
    "adult": Bar("accuracy", 87.2, "HistGradientBoosting 87.2, XGBoost 87.23", 4, 3),
    "trec": Bar("accuracy", 91.5, "CNN-rand 91.2, NB-SVM 90.4", 200, pace=AVERAGED),
    "sst2": Bar("accuracy", 83.0, "NB-SVM 82.6", 12),
    "sst3": Bar("macro_f1", 56, "linear 53.8", 5, 2),
    "waimai": Bar("accuracy", 90.0, "linear 89.5", 200, pace=SMOOTHED, most=8),
    "airline": Bar("macro_f1", 72, "linear 70.8", 5, 3, "time"),
    "hotel": Bar("accuracy", 90.8, "linear 90.3", 200),
    "cr": Bar("accuracy", 82.0, "NB-SVM 81.8", 5, 2),
    "mr": Bar("accuracy", 79.5, "NB-SVM 79.4", 5, 2),
    "subj": Bar("accuracy", 93.2, "NB-SVM 93.2", 6, 2),
    "sst2_phrases": Bar("accuracy", 84.5, "linear 84.2", 12, 3),
    "imdb": Bar("accuracy", 91.5, "NB-SVM 91.2", 12, 2),
}


def figures(names: list[str] | None = None) -> list[Figure]:
    """The figures of the sets `names`, measured now, among those that were measured before."""
    kept: dict[str, Any] = json.loads(KEPT.read_text("utf-8")) if KEPT.is_file() else {}
    if strange := set(names or ()) - set(BARS):
        raise SystemExit(f"models_auto: no set is called {', '.join(sorted(strange))}; they are {', '.join(BARS)}.")
    for name in BARS if names is None else names:
        if name in SETS:
            kept[name] = row(name)
            RESULTS.mkdir(exist_ok=True)
            KEPT.write_text(json.dumps(kept, indent=2) + "\n", "utf-8")
            print(name, json.dumps(kept[name]), flush=True)
    return [_figure(name, kept[name]) for name in BARS if name in kept]


def row(name: str) -> dict[str, Any]:
    """What the search came to on one set: its measure on the test rows in per cent, and what that took."""
    bar, started, used = BARS[name], time.monotonic(), _cpu()
    answers, truths, told = [], [], []
    many = name in IN_FOLDS
    for exam in exams(name):
        options = Auto(
            measure=bar.measure,
            trials=bar.trials,
            minutes=MINUTES / (FOLDS if many else 1),
            folds=bar.folds,
            by=bar.by,
            most=bar.most,
        )
        found, about = _answers(exam, options, bar.pace)
        answers.append(found)
        truths.append(exam.test.labels)
        told.append(about)
    # Of ten folds the accuracy of all rows together is their mean.
    value = measured(bar.measure, np.concatenate(truths), np.concatenate(answers))
    return {
        "value": round(100 * value, 2),
        "rows": sum(map(len, truths)),
        "seconds": round(time.monotonic() - started, 1),
        "cpu_seconds": round(_cpu() - used, 1),
        "trials": told[0]["search"]["trials"],
        "ended": sorted({each["search"]["ended"] for each in told}),
        "cross_validation": round(100 * float(np.mean([each["cross_validation"]["value"] for each in told])), 2),
        "best_alone": round(100 * float(np.mean([each["cross_validation"]["best_alone"] for each in told])), 2),
        "members": told[0]["members"],
        "seed": SEED,
    } | ({"boosting": _alone(name)} if name in ("adult", "telco") else {})


def _answers(exam: Exam, options: Auto, pace: Pace) -> tuple[Any, dict[str, Any]]:
    with tempfile.TemporaryDirectory(prefix="flywheel-bench-") as folder:
        schedule = Schedule(10, 64, 0.001, 3, Path(folder) / "auto.npz", pace=pace)
        fitted = auto.fit(exam.problem, options, schedule, Told())
    bundle = Bundle("auto", exam.problem.labels, fitted.features, fitted.graph)
    return bundle.probabilities(exam.test.columns), fitted.about


def _alone(name: str) -> float:
    """The boosting family by its defaults, in per cent."""
    exam = next(exams(name))
    problem: Problem = exam.problem
    fitted = boosting.fit(problem, Boosting())
    found = Bundle("boosting", problem.labels, fitted.features, fitted.graph).probabilities(exam.test.columns)
    return round(100 * measured(BARS[name].measure, exam.test.labels, found), 2)


class Told:
    """A watcher that prints trials."""

    def batch(self, epoch: int, done: int, total: int, loss: float) -> None:
        """Say nothing."""

    def epoch(self, epoch: int, epochs: int, measures: dict[str, float]) -> None:
        """Say nothing."""

    def doing(self, told: str) -> None:
        """Say nothing."""

    def trial(self, family: str, settings: Any, measures: dict[str, float], told: str) -> None:
        """One line."""
        print(f"  {told}: {family} {measures} {dict(settings)}", file=sys.stderr, flush=True)


def _cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def _figure(name: str, found: dict[str, Any]) -> Figure:
    bar = BARS[name]
    how = (
        f"{found['rows']:,} test rows, {found['trials']} trials{' in each of ten folds' if name in IN_FOLDS else ''}, "
        f"{found['seconds']:.0f} s ({found['cpu_seconds']:.0f} s of CPU), {len(found['members'])} members, seed {SEED}"
    )
    return Figure(f"{name}: auto, {bar.measure}", found["value"], "%", "higher", bar.anchor, bar.bar, how)


if __name__ == "__main__":
    report("models_auto", figures(sys.argv[1:] or None))
