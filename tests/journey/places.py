"""A workspace as a user drives it: by the command line, in processes of its own."""

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from workspaces import TRACED

from flywheel.status import read_status

# As small as a first turn can be: no network is trained.
SMALL = ("ingest.sample.rows=1200", "train.family=linear")
# As small as a network can be that is met in mid-training.
NETWORK = (
    *("ingest.sample.rows=1200", "train.epochs=12", "train.patience=12", "train.learning_rate=0.0005"),
    *("train.lstm.length=32", "train.lstm.embedding=16", "train.lstm.units=16"),
)


@dataclass(frozen=True)
class Place:
    """A workspace, and the environment in which its commands run."""

    folder: Path
    environment: dict[str, str]

    def flywheel(self, *arguments: str, code: int = 0, counted: bool = False) -> "subprocess.CompletedProcess[str]":
        """Run a command here, and expect this exit code. Lines are counted where nothing else walks."""
        return self.run([sys.executable, "-m", "flywheel.cli", *arguments], code=code, counted=counted)

    def run(self, command: list[str], code: int = 0, counted: bool = False) -> "subprocess.CompletedProcess[str]":
        own = self.own() | ({TRACED: os.environ[TRACED]} if counted and TRACED in os.environ else {})
        done = subprocess.run(
            command, cwd=self.folder, env=own, capture_output=True, text=True, timeout=900, check=False
        )
        assert done.returncode == code, f"{command}: {done.returncode}\n{done.stdout[-3000:]}\n{done.stderr[-5000:]}"
        return done

    def own(self) -> dict[str, str]:
        """The environment as a shell would pass it on here: Prefect deploys the folder that PWD names."""
        return {**self.environment, "PWD": str(self.folder)}

    def start(self, *arguments: str) -> "subprocess.Popen[str]":
        """Start a command here in a process group of its own."""
        return subprocess.Popen(
            [sys.executable, "-m", "flywheel.cli", *arguments],
            cwd=self.folder,
            env=self.own(),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    def status(self) -> dict[str, Any]:
        """What `flywheel status --json` says, without the second that a process of its own takes."""
        return read_status(self.folder)

    def dvc(self, *arguments: str) -> str:
        """What a DVC command prints here."""
        done = self.run([sys.executable, "-m", "dvc", *arguments])
        return done.stdout + done.stderr


class Moment:
    """A workspace and its home as they stand now: each `again` is the same place, as it was then.

    For journeys that begin where another has ended. The place stays where it is, as MLflow names its folders in full.
    """

    def __init__(self, place: Place) -> None:
        self._place, self._folder = place, place.folder.parent
        self._copy = self._folder.with_name(self._folder.name + "-then")
        shutil.copytree(self._folder, self._copy, symlinks=True)

    def again(self) -> Place:
        """The place, with nothing in it that was done since."""
        shutil.rmtree(self._folder)
        shutil.copytree(self._copy, self._folder, symlinks=True)
        return self._place
