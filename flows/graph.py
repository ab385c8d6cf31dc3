"""dvc.yaml seen from Prefect: which stages there are, in which order, and one of them brought up to date."""

import contextlib
import graphlib
import json
import os
import re
import signal
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from flows.steps import Done
from pipelines.errors import DataError, FlywheelError, ParameterError, WorldError
from pipelines.stage import OWNER, RECEIPT
from pipelines.versions import quiet, repository

# How DVC says that params.yaml lacks what a stage names.
MISSING = re.compile(r"Parameters? '([^',]+).* missing from 'params.yaml'")


class StageError(FlywheelError):
    """A stage failed; its own three lines, with its own exit code."""

    def __init__(self, message: str, exit_code: int) -> None:
        Exception.__init__(self, message)
        self.exit_code = exit_code


def stages_in_order(workspace: Path) -> list[str]:
    """The names of the graph's stages, each after all whose outputs it reads, as dvc.yaml says."""
    stages = yaml.safe_load((workspace / "dvc.yaml").read_text("utf-8"))["stages"]
    makers = {path: name for name, stage in stages.items() for path in _paths(stage.get("outs", []))}
    needs = {name: {makers[path] for path in stage.get("deps", []) if path in makers} for name, stage in stages.items()}
    return list(graphlib.TopologicalSorter(needs).static_order())


def _paths(entries: list[Any]) -> list[str]:
    """The paths of outputs, which dvc.yaml may also write as `path: {options}`."""
    return [path for entry in entries for path in ([entry] if isinstance(entry, str) else entry)]


def reproduce(workspace: Path, stage: str, flow_run: str) -> Done:
    """Bring one stage up to date in a process of its own: run it, or restore its outputs, or find it unchanged.

    Raises StageError with the stage's own words. Stages are deterministic: they are never retried.
    """
    from dvc.exceptions import ReproductionError

    with tempfile.TemporaryDirectory(prefix="flywheel-stage-") as folder:
        receipt = Path(folder) / "receipt.json"
        with _environment(receipt, flow_run), repository(workspace) as repo, quiet():
            try:
                done = repo.reproduce(targets=[stage], single_item=True)
            except ReproductionError as error:
                raise _stage_error(stage, receipt, error) from None
            finally:
                _end(receipt.with_name("process"))
        if receipt.exists():
            return Done("ran")
    return Done("restored" if done else "unchanged")


def _end(process: Path) -> None:
    """End the stage's process where it outlives its turn: this flow was told to stop, and need not be dead yet."""
    with contextlib.suppress(FileNotFoundError, ProcessLookupError):
        os.kill(int(process.read_text("ascii")), signal.SIGKILL)


@contextlib.contextmanager
def _environment(receipt: Path, flow_run: str) -> Iterator[None]:
    """What a stage's process inherits: whom it follows into death, where it reports, which Python it runs on."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    ours = {OWNER: str(os.getpid()), RECEIPT: str(receipt), "FLYWHEEL_FLOW_RUN": flow_run, "PATH": path}
    before = {name: os.environ.get(name) for name in ours}
    os.environ.update(ours)
    try:
        yield
    finally:
        for name, value in before.items():
            os.environ.pop(name, None)
            if value is not None:
                os.environ[name] = value


def _stage_error(stage: str, receipt: Path, error: Exception) -> FlywheelError:
    if receipt.exists():
        told: dict[str, Any] = json.loads(receipt.read_text("utf-8"))
        return StageError(told["error"], told["exit_code"])
    cause = str(error.__cause__ or error).rstrip(".")
    if (missing := MISSING.search(cause)) is not None:
        section = missing[1].partition(".")[0]
        return ParameterError(
            f"params.yaml: the section `{section}` is missing.",
            "Expected each section that dvc.yaml names, if only to say that all is as by default.",
            f"write `{section}: {{}}` into params.yaml, then run again.",
        )
    kind = DataError if "missing data" in cause or "does not exist" in cause else WorldError
    return kind(
        f"{stage}: the stage did not end as it should: {cause}.",
        "Expected it to finish; what it printed stands above.",
        f"run `dvc repro --single-item {stage}` to see it alone, then run again.",
    )
