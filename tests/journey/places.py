"""A workspace as a user drives it: by the command line, in processes of its own."""

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flywheel.status import read_status

# As small as a first turn can be: no network is trained.
SMALL = ("ingest.sample.rows=1200", "train.family=linear")


@dataclass(frozen=True)
class Place:
    """A workspace, and the environment in which its commands run."""

    folder: Path
    environment: dict[str, str]

    def flywheel(self, *arguments: str, code: int = 0) -> "subprocess.CompletedProcess[str]":
        """Run a command here, and expect this exit code."""
        return self.run([sys.executable, "-m", "flywheel.cli", *arguments], code=code)

    def run(self, command: list[str], code: int = 0) -> "subprocess.CompletedProcess[str]":
        done = subprocess.run(
            command, cwd=self.folder, env=self.own(), capture_output=True, text=True, timeout=300, check=False
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
