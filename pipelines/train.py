"""splits -> model: a candidate, and beside it the simpler model that it must beat, each as a portable bundle."""

import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipelines.budget import reserve
from pipelines.bundle import Bundle, write_bundle
from pipelines.environment import Environment
from pipelines.errors import ParameterError, TrainingError
from pipelines.files import write_json
from pipelines.ledger import open_ledger
from pipelines.models import FAMILIES, Family, Fitted, Input, Part, Private, Problem, Schedule, fit
from pipelines.models.chance import secret_for
from pipelines.models.options import Auto, Boosting, Linear, Lstm, Mlp, Ngrams, Privacy
from pipelines.noise import noise_key
from pipelines.privacy.text_rules import TextRules, read_rules
from pipelines.progress import Terminal
from pipelines.protection import COVERS, check_privacy, plan, terms, training_of
from pipelines.record import Record
from pipelines.registry import Registry, open_registry
from pipelines.rows import inputs
from pipelines.stage import run
from pipelines.versions import describe
from pipelines.workspace import OWN, RAW, git_revision

BASELINE: Family = "linear"
# How MLflow knows that a run belongs to another one.
PARENT = "mlflow.parentRunId"


@dataclass(frozen=True)
class Live:
    """A training as it is watched: curves to an MLflow run, a bar to the terminal."""

    registry: Registry
    run: str
    terminal: Terminal
    experiment: str = ""

    def batch(self, epoch: int, done: int, total: int, loss: float) -> None:
        """Move the bar."""
        self.terminal.batch(epoch, done, total, loss)

    def epoch(self, epoch: int, epochs: int, measures: dict[str, float]) -> None:
        """Add a point to each curve."""
        self.terminal.epoch(epoch, epochs, measures)
        self.registry.log(self.run, measures, epoch)

    def trial(self, family: str, settings: Mapping[str, Any], measures: dict[str, float], told: str) -> None:
        """A run below this one for what a search tried, and a line."""
        own = {"family": family, **settings}
        run = self.registry.start(self.experiment, f"{family} (trial)", own, {PARENT: self.run, "role": "trial"})
        self.registry.log(run, measures)
        self.registry.finish(run)
        self.terminal.trial(family, measures, told)


def train(
    splits: Path,
    model: Path,
    *,
    record: Record,
    seed: int = 0,
    family: Family,
    epochs: int = 12,
    batch_size: int = 64,
    learning_rate: float = 0.001,
    patience: int = 3,
    class_weight: Literal["none", "balanced"] = "none",
    privacy: Privacy | None = None,
    linear: Linear = Linear(),
    lstm: Lstm = Lstm(),
    mlp: Mlp = Mlp(),
    ngrams: Ngrams = Ngrams(),
    boosting: Boosting = Boosting(),
    auto: Auto = Auto(),
    environment: Environment,
    workspace: Path,
) -> None:
    """Write the bundles of the baseline and of the `family` to `model`, and the ids of their MLflow runs.

    With `privacy` there is no baseline, and the budget is paid before the training starts. A killed training goes
    on from its last whole epoch. Raises TrainingError where the rows cannot teach, BudgetError where they may not.
    """
    check_family(family, record)
    if privacy is not None:
        check_privacy(privacy, family, record, class_weight)
    problem = pose(splits, record, class_weight, seed, closed=privacy is not None, named=family == "auto")
    text = read_rules(splits)
    options = {"linear": linear, "lstm": lstm, "mlp": mlp, "ngrams": ngrams, "boosting": boosting, "auto": auto}
    registry = open_registry(environment, workspace)
    runs = {}
    # The baseline comes first: it is there in seconds, and a broken data set shows in it.
    for role, name in roles(family, private=privacy is not None).items():
        checkpoint = workspace / OWN / "checkpoints" / f"{name}.npz"
        schedule = Schedule(epochs, batch_size, learning_rate, patience, checkpoint)
        settings = _settings(name, schedule, options[name], class_weight, seed)
        promise: dict[str, Any] = {}
        if privacy is not None:
            schedule, promise = _protected(privacy, problem, schedule, settings, splits, environment)
        told = {f"privacy_{key}": value for key, value in promise.items()}
        live = follow(registry, record, role, settings | told, environment, workspace)
        fitted = fit(name, problem, options[name], schedule, live)
        write_bundle(_bundle(name, fitted, problem, seed, text, promise), model / role)
        registry.log(live.run, {key: float(value) for key, value in told.items() if not isinstance(value, str)})
        registry.finish(live.run)
        runs[role] = live.run
    write_json(model / "runs.json", runs)


def roles(family: Family, *, private: bool = False) -> dict[str, Family]:
    """Which families are trained as what; the baseline alone where it is itself the candidate.

    A `private` training has no baseline: that one learns without noise.
    """
    if private:
        return {"candidate": family}
    return {"baseline": BASELINE} if family == BASELINE else {"baseline": BASELINE, "candidate": family}


def _protected(
    privacy: Privacy,
    problem: Problem,
    schedule: Schedule,
    settings: dict[str, Any],
    splits: Path,
    environment: Environment,
) -> tuple[Schedule, dict[str, Any]]:
    """The schedule of a private training that the budget has paid for, and what it promises."""
    table, spending = plan(privacy, problem.train, schedule.epochs, schedule.batch_size)
    promise = terms(privacy, spending, problem)
    key = noise_key(environment.home, environment.noise_key)
    secret = secret_for(key, training_of(settings | promise, problem.record, splits))
    budget = privacy.epsilon if privacy.budget is None else privacy.budget
    reserve(open_ledger(environment), problem.record.name, secret.mark, promise, budget)
    return replace(schedule, private=Private(privacy.clip, spending, schedule.epochs, table, secret)), promise


def check_family(family: Family, record: Record) -> None:
    """Raise ParameterError where `family` cannot read this `record`."""
    if any(column.type == "image" for column in record.features):
        raise ParameterError(
            "params.yaml: `record` asks for a model that learns from pictures, and there is none yet.",
            "Expected features that are numbers, categories, times or booleans; or a column with `role: text`.",
            "run the stages up to `split` (`dvc repro split`), and train your own model on data/splits.",
        )
    kind: Input = "text" if record.text else "table"
    if kind not in FAMILIES[family].reads:
        raise ParameterError(
            f"params.yaml: `train.family` is '{family}', which reads a {FAMILIES[family].reads[0]}.",
            f"Expected a family for a {kind}: {', '.join(name for name in FAMILIES if kind in FAMILIES[name].reads)}.",
            "choose one of them, or give a column `role: text`.",
        )


def pose(
    splits: Path, record: Record, class_weight: str, seed: int, *, closed: bool = False, named: bool = False
) -> Problem:
    """The problem that the training and validation rows pose. Raises TrainingError where they cannot teach.

    Its labels are those that occur or, where the set is `closed`, those of the record. Whose and of when the
    rows are is told where the set is `closed`, or the rows are to be `named`.
    """
    frames = {name: pl.read_parquet(splits / f"{name}.parquet") for name in ("train", "valid")}
    labels = record.label.categories if closed else label_names(frames["train"], record)
    counts = np.array([(frames["train"][record.label.name] == label).sum() for label in labels])
    if (counts >= 2).sum() < (2 if closed else max(2, len(labels))):
        raise TrainingError(
            f"train: {int((counts >= 2).sum())} of {len(labels)} classes have two training rows or more.",
            "Expected at least two classes with at least two rows each.",
            "bring more rows, or leave the rare labels out of `record`'s categories.",
        )
    weights = counts.sum() / (len(labels) * counts) if class_weight == "balanced" else np.ones(len(labels))
    parts = {name: _part(frame, record, labels, named=closed or named) for name, frame in frames.items()}
    return Problem(record, labels, parts["train"], parts["valid"], weights.astype(np.float64), seed)


def label_names(rows: pl.DataFrame, record: Record) -> tuple[str, ...]:
    """The labels that `rows` hold, in the record's order where it lists them."""
    present = set(rows[record.label.name].drop_nulls().cast(pl.String))
    return tuple(label for label in record.label.categories or sorted(present) if label in present)


def _part(rows: pl.DataFrame, record: Record, labels: tuple[str, ...], *, named: bool) -> Part:
    rows = rows.filter(pl.col(record.label.name).cast(pl.String).is_in(labels))
    places = {label: place for place, label in enumerate(labels)}
    answers: NDArray[np.int64] = np.array([places[str(label)] for label in rows[record.label.name]], dtype=np.int64)
    subjects = tuple(rows["subject"]) if named and record.with_role("subject") is not None else ()
    time = record.with_role("time")
    times = tuple(rows[time.name]) if named and time is not None and time.name in rows.columns else ()
    return Part(inputs(rows, record), answers, subjects, times)


def _settings(name: Family, schedule: Schedule, options: Any, class_weight: str, seed: int) -> dict[str, Any]:
    shared = {"family": name, "seed": seed, "class_weight": class_weight, **asdict(options)}
    if name == BASELINE:
        return shared
    own = {key: value for key, value in asdict(schedule).items() if key not in ("checkpoint", "private")}
    return shared | own


def follow(
    registry: Registry, record: Record, role: str, settings: dict[str, Any], environment: Environment, workspace: Path
) -> Live:
    """A new run in MLflow for a model in this `role`, and whoever reports to it."""
    version = describe(workspace / RAW)
    tags = {
        "role": role,
        "data_version": version[0] if version else "unversioned",
        "git_revision": git_revision(workspace),
        "flow_run": environment.flow_run or "none (dvc repro)",
    }
    name = f"{settings['family']} ({role})"
    run_id = registry.start(record.name, name, settings, tags)
    return Live(registry, run_id, Terminal(settings["family"]), record.name)


def _bundle(
    name: Family, fitted: Fitted, problem: Problem, seed: int, text: TextRules, promise: dict[str, Any]
) -> Bundle:
    protected = {"privacy": promise | {"covers": COVERS}} if promise else {}
    about = (
        fitted.about
        | protected
        | {
            "seed": seed,
            "threads": os.cpu_count(),
            "train_rows": len(problem.train.labels),
            "valid_rows": len(problem.valid.labels),
        }
    )
    return Bundle(name, problem.labels, fitted.features, fitted.graph, about, text=text)


if __name__ == "__main__":
    run(train)
