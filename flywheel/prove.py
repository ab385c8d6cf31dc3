"""`flywheel prove`: train a twin of the model with canaries, and record what it remembers of them."""

import os
import tempfile
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from pipelines.bundle import Bundle
from pipelines.compliance.gathering import TWIN
from pipelines.environment import read_environment
from pipelines.errors import DataError
from pipelines.files import digest, read_json, write_json
from pipelines.ledger import now, open_ledger
from pipelines.lineage import begun_with
from pipelines.models import FAMILIES, Family, Private, Problem, Schedule, fit
from pipelines.models.chance import secret_for
from pipelines.models.options import Pace
from pipelines.models.starting import CHAMPIONS, FRESH, Start
from pipelines.parameters import arguments_for, read_parameters
from pipelines.posing import pose
from pipelines.progress import Terminal
from pipelines.protection import plan
from pipelines.registry import open_registry
from pipelines.reports import roles_in
from pipelines.teaching import check_family
from pipelines.train import BASELINE, train
from pipelines.twin import Twin, examine
from pipelines.workspace import MODEL, SPLITS, holding, require


def prove(canaries: int) -> int:
    """Train the twin of the model that serves with so many canaries; print and record what came of it; 0.

    Before a promotion, of the model that was trained last.
    """
    workspace = Path.cwd()
    require(workspace)
    chosen = arguments_for(train, read_parameters(workspace))
    check_family(chosen["family"], chosen["record"])
    if not (workspace / MODEL / "runs.json").is_file():
        raise DataError(
            "prove: there is no model yet.",
            "Expected one in data/model, whose twin is to be trained.",
            "run `flywheel run` first.",
        )
    if not chosen["record"].has_classes:
        raise DataError(
            f"prove: the model's task is {chosen['record'].task}, and canaries are told by their classes.",
            "Expected a record whose label is a category.",
            "read what attacks found instead: data/report/evaluation/membership.json holds it for every task.",
        )
    role = _role(chosen["record"].name, workspace)
    family = BASELINE if role == "baseline" else chosen["family"]
    with holding(workspace), tempfile.TemporaryDirectory(prefix="flywheel-twin-") as folder:
        private, seed = chosen.get("privacy"), chosen.get("seed", 0)
        weights = chosen.get("class_weight", "none")
        closed, named = private is not None, family == "auto"
        problem = pose(workspace / SPLITS, chosen["record"], weights, seed, closed=closed, named=named)
        delta = private.delta if private else 0.0
        begun = _begun(chosen, workspace) if role == "candidate" else None
        twin = examine(problem, lambda rows: _learn(rows, family, chosen, begun, Path(folder)), canaries, delta, seed)
    found = {"at": now(), "family": family, "model": digest(workspace / MODEL / role), **_figures(twin)}
    write_json(workspace / TWIN, found)
    _remember(workspace, role, found)
    print(tell(twin))
    return 0


def _role(record: str, workspace: Path) -> str:
    """The role of the model in data/model that serves; of another champion, that of the one that was trained last."""
    champion = open_ledger(read_environment(os.environ, workspace)).champion(record)
    roles = roles_in(workspace / MODEL)
    serving = [role for role in roles if champion and digest(workspace / MODEL / role) == champion.body["digest"]]
    return (serving or sorted(roles, reverse=True))[0]


def _begun(chosen: dict[str, Any], workspace: Path) -> Start | None:
    """The model whose weights the twin begins with, as its model did."""
    environment = read_environment(os.environ, workspace)
    ledger, registry = open_ledger(environment), open_registry(environment, workspace)
    return begun_with(chosen.get("start", FRESH), chosen["record"].name, workspace / CHAMPIONS, ledger, registry)


def _learn(problem: Problem, family: Family, chosen: dict[str, Any], begun: Start | None, folder: Path) -> Bundle:
    """The twin, trained as `train` would."""
    names = ("epochs", "batch_size", "learning_rate", "patience")
    usual = {"epochs": 12, "batch_size": 64, "learning_rate": 0.001, "patience": 3}
    own = {name: chosen.get(name, usual[name]) for name in names}
    schedule = Schedule(**own, checkpoint=folder / "twin.npz", pace=chosen.get("schedule", Pace()), start=begun)
    private = chosen.get("privacy")
    if private is not None:
        # Its noise is its own, and is paid from no budget: the twin is thrown away, and a bound is all that is told.
        table, spending = plan(private, problem.train, schedule.epochs, schedule.batch_size)
        secret = secret_for(os.urandom(32), "twin")
        schedule = replace(schedule, private=Private(private.clip, spending, schedule.epochs, table, secret))
    fitted = fit(family, problem, chosen.get(family) or FAMILIES[family].options(), schedule, Terminal(family))
    return Bundle(family, problem.labels, fitted.features, fitted.graph, fitted.about, task=problem.task)


def _figures(twin: Twin) -> dict[str, Any]:
    return {
        "exposure": twin.exposure.largest,
        "audited": twin.audit.bound,
        "exposures": asdict(twin.exposure),
        "audit": asdict(twin.audit),
    }


def _remember(workspace: Path, role: str, found: dict[str, Any]) -> None:
    """Tell the ledger, and the MLflow run of the model whose twin it was."""
    environment = read_environment(os.environ, workspace)
    open_ledger(environment).append("proof", found)
    runs: Any = read_json(workspace / MODEL / "runs.json")
    registry = open_registry(environment, workspace)
    if registry.exists(runs[role]):
        registry.log(runs[role], {"canary_exposure": found["exposure"], "audited_epsilon": found["audited"]})


def tell(twin: Twin) -> str:
    """What was found, in words."""
    seen, asked = twin.exposure, twin.audit
    return "\n".join(
        [
            f"exposure  {seen.largest:.1f} bits at most, {seen.mean:.1f} on average of {seen.canaries} canaries "
            f"against {seen.references:,}; a coin's average is 1.44",
            f"audit     epsilon is at least {asked.bound:.2f} (95 %): {asked.right} of {asked.guesses} guesses right, "
            f"{asked.canaries} canaries",
        ]
    )
