"""Workspaces for tests: small, real, and driven stage by stage as dvc.yaml would."""

import copy
import hashlib
import os
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from itertools import takewhile
from pathlib import Path
from typing import Any

import polars as pl
import yaml

from pipelines.access import Access
from pipelines.environment import Environment, read_environment
from pipelines.ingest import ingest
from pipelines.ledger import Ledger
from pipelines.raw import open_rows
from pipelines.record import Record, parse_record
from pipelines.stage import call
from pipelines.vault import Vault, open_vault
from pipelines.versions import initialise, quiet

REPOSITORY = Path(__file__).parent.parent
MASTER_KEY = "5a" * 32
# What tells a process that its lines are to be counted, which makes it half as slow again.
TRACED = "COVERAGE_PROCESS_CONFIG"
# What a test shows where it opens sealed rows.
ACCESS = Access("prove", "0" * 64)

# The sample, as small as its linear baseline still beats the commonest class.
SMALL: dict[str, Any] = {
    "ingest": {"source": "sample", "sample": {"rows": 900, "seed": 7}},
    "train": {"family": "linear", "linear": {"words": 2, "characters": 2, "terms": 5000, "c": 10.0}},
    "evaluate": {"draws": 60},
}
# Reviews by people, as short as a record gets.
REVIEWS = {
    "name": "reviews",
    "columns": {
        "user": {"type": "text", "role": "subject", "privacy": "identifier"},
        "city": {"type": "category", "privacy": "quasi", "required": False},
        "age": {"type": "integer", "required": False, "min": 13, "max": 120},
        "consent": {"type": "category", "role": "consent", "granted": ["yes"]},
        "at": {"type": "time", "role": "time"},
        "text": {"type": "text", "role": "text", "privacy": "free_text", "max": 200},
        "mood": {"type": "category", "role": "label", "categories": ["bad", "good"]},
    },
}
HEADER = ("user", "city", "age", "consent", "at", "text", "mood")


@dataclass(frozen=True)
class Workspace:
    """A workspace in a folder of its own."""

    path: Path

    @property
    def parameters(self) -> dict[str, Any]:
        found: dict[str, Any] = yaml.safe_load((self.path / "params.yaml").read_text("utf-8"))
        return found

    @property
    def record(self) -> Record:
        return parse_record(self.parameters["record"])

    @property
    def environment(self) -> Environment:
        return read_environment(os.environ, self.path)

    @property
    def ledger(self) -> Ledger:
        return Ledger(self.environment.ledger)

    @property
    def vault(self) -> Vault:
        return open_vault(self.environment.home, self.environment.master_key, self.record.name)

    @property
    def raw(self) -> Path:
        return self.path / "data/raw"

    def set(self, section: str, values: Any) -> None:
        """Change one section of params.yaml."""
        write_yaml(self.path / "params.yaml", {**self.parameters, section: values})

    def run(self, stage: Callable[..., Any], *paths: str) -> Any:
        """What `stage` returns for `paths`, which stand as in dvc.yaml."""
        return call(stage, [str(self.path / path) for path in paths], self.path)

    def turn(self, last: str = "evaluate") -> None:
        """Run ingest, then the stages of dvc.yaml up to `last`, in their order and with the paths that stand there."""
        self.run(ingest)
        stages = yaml.safe_load((REPOSITORY / "dvc.yaml").read_text("utf-8"))["stages"]
        for name in [*takewhile(lambda stage: stage != last, stages), last]:
            _, _, module, *paths = stages[name]["cmd"].split()
            self.run(getattr(import_module(module), name), *paths)

    def opened(self) -> pl.DataFrame:
        """All rows of data/raw, in the clear."""
        return open_rows(self.raw, self.record, self.vault, ACCESS)

    def bring(self, rows: Sequence[Sequence[str]], name: str = "source.csv") -> None:
        """Make a CSV of REVIEWS the source."""
        write_csv(self.path / name, rows)
        self.set("ingest", {"source": name})


def make(path: Path, parameters: Mapping[str, Any]) -> Workspace:
    """A new workspace with these parameters beside the repository's graph."""
    path.mkdir(parents=True)
    write_yaml(path / "params.yaml", parameters)
    shutil.copy(REPOSITORY / "dvc.yaml", path / "dvc.yaml")
    with quiet():
        initialise(path)
    return Workspace(path)


def small_sample() -> dict[str, Any]:
    """The repository's parameters with SMALL instead of its sizes."""
    parameters: dict[str, Any] = yaml.safe_load((REPOSITORY / "params.yaml").read_text("utf-8"))
    return {**parameters, **copy.deepcopy(SMALL)}


def small_reviews() -> dict[str, Any]:
    """Parameters for a CSV of REVIEWS."""
    return {"record": copy.deepcopy(REVIEWS), "seed": 7, "ingest": {"source": "source.csv"}}


def review(number: int, **changed: str) -> list[str]:
    """One faultless row of REVIEWS; its words do not repeat those of another number."""
    row = {
        "user": f"user{number}",
        "city": "Paris",
        "age": "30",
        "consent": "yes",
        "at": "2026-03-04T05:06:07+00:00",
        "text": f"thing number {number} is fine",
        "mood": "good" if number % 2 else "bad",
    }
    return [(row | changed)[name] for name in HEADER]


def write_csv(path: Path, rows: Sequence[Sequence[str]], header: Sequence[str] = HEADER) -> Path:
    """Write cells, none of which needs quotes."""
    path.write_text("".join(",".join(row) + "\n" for row in [header, *rows]), "utf-8")
    return path


def write_yaml(path: Path, value: Any) -> None:
    """Write YAML that keeps the order of keys."""
    path.write_text(yaml.safe_dump(value, sort_keys=False, allow_unicode=True), "utf-8")


def image(folder: Path) -> dict[str, str]:
    """Every file below `folder`, with a digest of its bytes."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def lines(error: BaseException) -> list[str]:
    """The three lines of an error: what happened, what was expected, how to fix it."""
    found = str(error).split("\n")
    assert len(found) == 3, found
    assert found[2].startswith("Fix: "), found
    return found
