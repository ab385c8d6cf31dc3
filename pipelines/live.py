"""A training as it is watched: curves in MLflow and TensorBoard, a bar on the terminal."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipelines.environment import Environment
from pipelines.events import Events
from pipelines.progress import Terminal
from pipelines.record import Record
from pipelines.registry import Registry
from pipelines.versions import describe
from pipelines.workspace import OWN, RAW, git_revision

# How MLflow knows that a run belongs to another one.
PARENT = "mlflow.parentRunId"


@dataclass(frozen=True)
class Live:
    """Whoever watches one training."""

    registry: Registry
    run: str
    terminal: Terminal
    events: Events
    experiment: str

    def batch(self, epoch: int, done: int, total: int, loss: float) -> None:
        """Move the bar."""
        self.terminal.batch(epoch, done, total, loss)

    def epoch(self, epoch: int, epochs: int, measures: dict[str, float]) -> None:
        """Add a point to each curve."""
        self.terminal.epoch(epoch, epochs, measures)
        self.registry.log(self.run, measures, epoch)
        self.events.write(measures, epoch)

    def doing(self, told: str) -> None:
        """Say it on the terminal."""
        self.terminal.doing(told)

    def trial(self, family: str, settings: Mapping[str, Any], measures: dict[str, float], told: str) -> None:
        """A run below this one for what a search tried, and a line."""
        own = {"family": family, **settings}
        run = self.registry.start(self.experiment, f"{family} (trial)", own, {PARENT: self.run, "role": "trial"})
        self.registry.log(run, measures)
        self.registry.finish(run)
        self.terminal.trial(family, settings, measures, told)


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
    run = registry.start(record.name, name, settings, tags)
    events = Events(workspace / OWN / "tensorboard" / run)
    return Live(registry, run, Terminal(settings["family"]), events, record.name)
