"""A workspace: any folder that holds a dvc.yaml and a params.yaml, and where its things stand."""

import contextlib
import fcntl
import json
import os
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Literal

from pipelines.errors import BusyError, ParameterError
from pipelines.ledger import now

RAW = Path("data/raw")
VALIDATED = Path("data/validated")
SPLITS = Path("data/splits")
MODEL = Path("data/model")
EVALUATION = Path("data/report/evaluation")
PRIVACY = Path("data/report/privacy.json")
DOCS = Path("data/report/validation")
DRIFT = Path("data/report/drift")
# What this machine keeps of a workspace: the ledger, champions, checkpoints. Never committed, never shared.
OWN = Path(".flywheel")
# How often whoever waits for a workspace looks whether it is free, in seconds.
LOOK_AGAIN = 5.0


def require(workspace: Path) -> None:
    """Raise ParameterError where `workspace` is none."""
    for name in ("dvc.yaml", "params.yaml"):
        if not (workspace / name).is_file():
            raise ParameterError(
                f"{name} is missing here: this folder is no workspace.",
                "Expected a folder that holds a dvc.yaml and a params.yaml.",
                "run `flywheel new DIR --preset sample` and change into DIR, or change into a workspace.",
            )


def refuse_unreadable(directory: str) -> None:
    """Raise ParameterError for a path that no folder can have, or whose name would not be shown as it is."""
    parts = Path(directory.replace("\0", "\n")).parts
    if all(part.isprintable() and len(part.encode("utf-8", "replace")) <= 255 for part in parts):
        return
    raise ParameterError(
        "The name of the folder holds characters that are not shown, or too many.",
        "Expected parts of at most 255 bytes without line ends, control characters and marks of direction.",
        "choose another name.",
    )


def git_revision(workspace: Path) -> str:
    """The commit that `workspace` stands at, "-dirty" where files differ from it, "none" before the first commit."""
    head = _git(workspace, "rev-parse", "HEAD")
    if head is None:
        return "none"
    return head + ("-dirty" if _git(workspace, "status", "--porcelain", "--untracked-files=no") else "")


def _git(workspace: Path, *arguments: str) -> str | None:
    try:
        done = subprocess.run(["git", "-C", str(workspace), *arguments], capture_output=True, text=True, check=False)
    except FileNotFoundError:
        return None
    return done.stdout.strip() if done.returncode == 0 else None


@contextlib.contextmanager
def holding(workspace: Path, what: Literal["run", "ingestion"] = "run", patience: float = 0) -> Iterator[None]:
    """Hold `workspace` for one run, or one ingestion, which a run makes too.

    Raises BusyError where another one still does after `patience` seconds; a killed one lets go by itself.
    """
    path = workspace / OWN / f"{what}.lock"
    path.parent.mkdir(parents=True, exist_ok=True)
    end = time.monotonic() + patience
    with path.open("a+") as file:
        while not _taken(file):
            if time.monotonic() >= end:
                raise _busy(path, what)
            time.sleep(min(LOOK_AGAIN, patience))
        file.truncate(0)
        file.write(json.dumps({"process": os.getpid(), "since": now()}))
        file.flush()
        yield


def _taken(file: IO[str]) -> bool:
    """Whether the lock of `file` is ours now."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _busy(path: Path, what: str) -> BusyError:
    try:
        holder = json.loads(path.read_text("utf-8"))
        who = f"process {holder['process']}, since {holder['since'][:19]} UTC"
    except (ValueError, KeyError):
        who = "it has only just begun"
    return BusyError(
        f"Another {what} holds this workspace ({who}).",
        f"Expected one {what} at a time.",
        "wait until it ends (`flywheel status` shows it), then try again.",
    )
