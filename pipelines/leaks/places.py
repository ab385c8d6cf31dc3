"""Where people are looked for: every file that a run writes, and which step writes it.

Not the source, which is theirs, nor the code: what stands there was not written by a run.
"""

import configparser
import os
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import yaml

from pipelines.environment import Environment
from pipelines.workspace import MODEL, OWN, RAW

# How stages, the registry and downloads name their temporary folders, which a killed one leaves behind.
TEMPORARY = ("flywheel-gx-*", "flywheel-model-*", "flywheel-remote-*", "flywheel-source-*", "flywheel-stage-*")
# What a model has learnt are numbers and single words: a number there is no telephone.
NUMBERS = "train"
CACHE = "an earlier run, kept by DVC"


@dataclass(frozen=True)
class Place:
    """A file or folder, the step that writes it, and whether people read it: then patterns are looked for as well."""

    path: Path
    writer: str
    looks: bool = False


def places(workspace: Path, environment: Environment) -> list[Place]:
    """Where a run in `workspace` writes; the first that holds a file says who wrote it."""
    return [
        *_graph(workspace),
        Place(workspace / RAW, "ingest"),
        Place(workspace / f"{RAW}.dvc", "ingest"),
        Place(workspace / "data/report/drift", "compare", looks=True),
        Place(workspace / "data/report", "scan"),
        *(Place(path, "a stage that was killed", looks=True) for path in (workspace / "data").glob(".*.draft")),
        Place(workspace / "dvc.lock", "the graph"),
        *_cache(workspace),
        Place(workspace / ".dvc/tmp", "the graph"),
        Place(workspace / "mlruns", "train or promote"),
        *_database(environment.tracking, "train or promote"),
        *(Place(workspace / OWN / name, "promote") for name in ("champions", "profiles")),
        Place(workspace / OWN / "checkpoints", "train"),
        Place(workspace / OWN / "logs", "a server", looks=True),
        Place(workspace / OWN, "the flow or the service"),
        *_database(environment.ledger, "the flow or the service"),
        Place(workspace / "logs", "a command", looks=True),
        *(Place(path, "a command", looks=True) for name in ("*.log", "nohup.out") for path in workspace.glob(name)),
        Place(environment.home / "prefect", "the Prefect server", looks=True),
        Place(environment.home / "keys", "the vault"),
        *(Place(path, "Prefect") for path in environment.prefect_home.glob("prefect.db*")),
        *_temporary(),
    ]


def _graph(workspace: Path) -> Iterator[Place]:
    """The outputs of each stage, as dvc.yaml names them, and their drafts."""
    stages = yaml.safe_load((workspace / "dvc.yaml").read_text("utf-8"))["stages"]
    for name, stage in stages.items():
        for entry in stage.get("outs", []):
            for out in [entry] if isinstance(entry, str) else entry:
                yield Place(workspace / out, name, looks=Path(out) != MODEL)


def _cache(workspace: Path) -> Iterator[Place]:
    """DVC's cache, also where the workspace's settings put it elsewhere."""
    yield Place(workspace / ".dvc/cache", CACHE)
    for name in ("config", "config.local"):
        settings = configparser.ConfigParser(interpolation=None)
        settings.read(workspace / ".dvc" / name, "utf-8")
        if chosen := settings.get("cache", "dir", fallback=None):
            yield Place((workspace / ".dvc" / chosen).resolve(), CACHE)


def _database(url: str, writer: str) -> Iterator[Place]:
    if url.startswith("sqlite:///"):
        path = Path(url.removeprefix("sqlite:///"))
        yield from (Place(each, writer) for each in path.parent.glob(f"{path.name}*"))


def _temporary() -> Iterator[Place]:
    folder = Path(tempfile.gettempdir())
    for name in TEMPORARY:
        yield from (Place(path, "a stage, while it ran", looks=True) for path in folder.glob(name))


def out_of_reach(environment: Environment) -> list[str]:
    """Stores that a run writes to and that are no files here: nobody looks into them."""
    found = [url for url in (environment.ledger, environment.tracking) if not url.startswith(("sqlite:", "file:"))]
    if environment.prefect_api and not (environment.prefect_home / "prefect.db").exists():
        found.append(environment.prefect_api)
    return sorted({_without_password(url) for url in found})


def _without_password(url: str) -> str:
    scheme, _, rest = url.partition("://")
    return f"{scheme}://{rest.rpartition('@')[2]}"


def files(place: Place) -> Iterator[Path]:
    """The files of a place; a link is followed to a file, never to a folder."""
    if place.path.is_file():
        yield place.path
        return
    for folder, _, names in os.walk(place.path):
        for name in sorted(names):
            path = Path(folder, name)
            if path.is_file():
                yield path
