"""splits -> model: a candidate, and beside it the simpler model that it must beat, each as a portable bundle."""

import os
import shutil
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, Literal

from pipelines.budget import reserve
from pipelines.bundle import Bundle, write_bundle
from pipelines.compression import UNCOMPRESSED, Compression, compress
from pipelines.environment import Environment
from pipelines.errors import ParameterError
from pipelines.files import write_json
from pipelines.ledger import open_ledger
from pipelines.lineage import begun_with
from pipelines.live import follow
from pipelines.metering import Rates, metering
from pipelines.models import Family, Fitted, Private, Problem, Schedule, fit
from pipelines.models.chance import secret_for
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
    Privacy,
    Transformer,
)
from pipelines.models.schedules import check_pace
from pipelines.models.starting import CHAMPIONS, FRESH, WEIGHTS, kept
from pipelines.noise import noise_key
from pipelines.posing import pose
from pipelines.privacy.text_rules import TextRules, read_rules
from pipelines.protection import COVERS, WITHOUT_GRADIENTS, check_privacy, plan, terms, training_of
from pipelines.record import Record
from pipelines.registry import open_registry
from pipelines.stage import run
from pipelines.teaching import check_family
from pipelines.workspace import OWN

BASELINE: Family = "linear"


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
    schedule: Pace = Pace(),
    start: str = FRESH,
    linear: Linear = Linear(),
    lstm: Lstm = Lstm(),
    mlp: Mlp = Mlp(),
    nbsvm: Nbsvm = Nbsvm(),
    ngrams: Ngrams = Ngrams(),
    boosting: Boosting = Boosting(),
    cnn: Cnn = Cnn(),
    bilstm: Bilstm = Bilstm(),
    transformer: Transformer = Transformer(),
    gpt: Gpt = Gpt(),
    pretrained: Pretrained = Pretrained(),
    auto: Auto = Auto(),
    compression: Compression = Compression(),
    environment: Environment,
    workspace: Path,
) -> None:
    """Write the bundles of the baseline and of the `family` to `model`, and the ids of their MLflow runs.

    With `privacy` there is no baseline, and the budget is paid before the training starts. A killed training goes
    on where it was. Raises TrainingError where the rows cannot teach, BudgetError where they may not.
    """
    check_family(family, record)
    check_pace(schedule)
    if privacy is not None:
        refuse_beside_privacy(schedule, start)
        check_privacy(privacy, family, record, class_weight)
    problem = pose(splits, record, class_weight, seed, closed=privacy is not None, named=family == "auto")
    text = read_rules(splits)
    options = {
        "linear": linear,
        "nbsvm": nbsvm,
        "ngrams": ngrams,
        "boosting": boosting,
        "mlp": mlp,
        "cnn": cnn,
        "lstm": lstm,
        "bilstm": bilstm,
        "transformer": transformer,
        "gpt": gpt,
        "pretrained": pretrained,
        "auto": auto,
    }
    registry = open_registry(environment, workspace)
    begun = begun_with(start, record.name, workspace / CHAMPIONS, open_ledger(environment), registry)
    runs = {}
    # The baseline comes first: it is there in seconds, and a broken data set shows in it.
    for role, name in roles(family, private=privacy is not None).items():
        checkpoint = workspace / OWN / "checkpoints" / f"{name}.npz"
        course = Schedule(
            epochs,
            batch_size,
            learning_rate,
            patience,
            checkpoint,
            pace=schedule,
            start=None if role == "baseline" else begun,
            save_every=environment.save_every,
        )
        settings = _settings(name, course, options[name], class_weight, seed)
        promise: dict[str, Any] = {}
        if privacy is not None:
            course, promise = _protected(privacy, problem, course, settings, splits, environment)
        told = {f"privacy_{key}": value for key, value in promise.items()}
        live = follow(registry, record, role, settings | told, environment, workspace)
        with metering(Rates(environment.core_watts, environment.hour_price)) as used:
            fitted = fit(name, problem, options[name], course, live)
        fitted = replace(fitted, about=fitted.about | _how(name, course, used))
        bundle = _bundle(name, fitted, problem, seed, text, promise)
        if compression.asked and name == family:
            write_bundle(bundle, model / UNCOMPRESSED)
            about = {**bundle.about, "compression": str(compression)}
            bundle = replace(bundle, graph=compress(bundle.graph, compression), about=about)
        write_bundle(bundle, model / role)
        _carry_weights(checkpoint, model / role)
        told |= used
        registry.log(live.run, {key: float(value) for key, value in told.items() if not isinstance(value, str)})
        registry.finish(live.run)
        runs[role] = live.run
    write_json(model / "runs.json", runs)


def refuse_beside_privacy(schedule: Pace, start: str) -> None:
    """Raise ParameterError where a private training would learn by other rules, or begin with what others taught."""
    for key, chosen, usual in (("start", start, FRESH), ("schedule", schedule, Pace())):
        if chosen != usual:
            raise ParameterError(
                f"params.yaml: `train.{key}` is set, and so is `train.privacy`.",
                "Expected one of them: a private training begins with nothing and has rules of its own.",
                f"leave `{key}` out, or `privacy`.",
            )


def _how(name: Family, course: Schedule, used: dict[str, Any]) -> dict[str, Any]:
    """What a network's training used and began with; the bytes of all others are the same each time, and stay so."""
    if name in WITHOUT_GRADIENTS:
        return {}
    return {"used": used} | ({"started_from": course.start.name} if course.start else {})


def _carry_weights(checkpoint: Path, bundle: Path) -> None:
    """Lay a network's weights beside its graph: whoever goes on from this model begins with them."""
    if kept(checkpoint).is_file():
        shutil.move(kept(checkpoint), bundle / WEIGHTS)


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


def _settings(name: Family, schedule: Schedule, options: Any, class_weight: str, seed: int) -> dict[str, Any]:
    shared = {"family": name, "seed": seed, "class_weight": class_weight, **asdict(options)}
    if name == BASELINE:
        return shared
    own = {key: getattr(schedule, key) for key in ("epochs", "batch_size", "learning_rate", "patience")}
    begun = {"start": schedule.start.name} if schedule.start else {}
    # What is left at its default says nothing, and is what older runs had too.
    usual = asdict(Pace())
    return shared | own | begun | {k: v for k, v in asdict(schedule.pace).items() if v != usual[k]}


def _bundle(
    name: Family, fitted: Fitted, problem: Problem, seed: int, text: TextRules, promise: dict[str, Any]
) -> Bundle:
    protected = {"privacy": promise | {"covers": COVERS}} if promise else {}
    about = (
        {"threads": os.cpu_count()}
        | fitted.about
        | protected
        | {
            "seed": seed,
            "train_rows": len(problem.train.labels),
            "valid_rows": len(problem.valid.labels),
        }
    )
    label = problem.record.with_role("label")
    limits = (label.min, label.max) if label and problem.task == "regression" else (None, None)
    return Bundle(
        name, problem.labels, fitted.features, fitted.graph, about, text=text, task=problem.task, limits=limits
    )


if __name__ == "__main__":
    run(train)
