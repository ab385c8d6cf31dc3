"""The deployments of prefect.yaml, registered with a Prefect server that no other workspace has put its own into."""

import json
import subprocess
import sys
import urllib.request
from pathlib import Path
from typing import Any

import yaml

from pipelines.errors import ServerError

STEP = "prefect.deployments.steps.set_working_directory"


def deploy(workspace: Path, api: str) -> None:
    """Register what prefect.yaml describes at the server `api`, with a work pool for it.

    Raises ServerError where deployments of the same names run in another workspace: a server knows one of each, and
    that workspace would silently be retrained no more.
    """
    _refuse_another(workspace, api)
    prefect = [sys.executable, "-m", "prefect"]
    pool = [*prefect, "work-pool", "create", "flywheel", "--type", "process"]
    subprocess.run(pool, capture_output=True, check=False)  # it may be there already
    command = [*prefect, "--no-prompt", "deploy", "--all"]
    done = subprocess.run(command, cwd=workspace, capture_output=True, check=False, text=True)
    if done.returncode != 0:
        raise ServerError(
            f"Prefect did not register the deployments (exit code {done.returncode}).",
            "Expected prefect.yaml as Prefect reads it.",
            "type `prefect deploy --all` in the workspace: it says what is wrong.",
        )


def _refuse_another(workspace: Path, api: str) -> None:
    content = yaml.safe_load((workspace / "prefect.yaml").read_text("utf-8"))
    ours = {(entry["name"], entry["entrypoint"]) for entry in content["deployments"]}
    for found in _deployments(api):
        place = _place(found)
        if (found["name"], found["entrypoint"]) not in ours or place is None:
            continue
        # One that is gone, or was moved here, has nothing to lose.
        if place.resolve() != workspace.resolve() and (place / "prefect.yaml").is_file():
            raise ServerError(
                f"This Prefect runs the deployments of another workspace, {place}.",
                "Expected a Prefect for each workspace: a server knows one deployment of each name.",
                'give this one its own: `PREFECT_HOME="$PWD/.flywheel/prefect" flywheel up`.',
            )


def _deployments(api: str) -> list[dict[str, Any]]:
    question = urllib.request.Request(  # noqa: S310  (the address is our own server's)
        f"{api}/deployments/filter", b"{}", {"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(question, timeout=30) as answer:  # noqa: S310
        found: list[dict[str, Any]] = json.loads(answer.read())
    return found


def _place(deployment: dict[str, Any]) -> Path | None:
    """The folder that a deployment runs in; None for one that does not say it."""
    steps = [step[STEP] for step in deployment.get("pull_steps") or () if STEP in step]
    return Path(steps[0]["directory"]) if steps else None
