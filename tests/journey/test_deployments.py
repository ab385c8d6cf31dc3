"""`prefect deploy --all`, a worker, `prefect deployment run`: what a team's Prefect does with a workspace."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable

import httpx
from places import SMALL, Place

Make = Callable[..., Place]
STEPS = {"ingest", "validate", "anonymise", "split", "train", "evaluate", "compare", "scan", "promote"}


def test_a_deployment_runs_to_the_end_with_one_task_run_per_stage(make: Make) -> None:
    place = make("deployed", *SMALL, counted=True)
    prefect = [sys.executable, "-m", "prefect"]
    place.run([*prefect, "work-pool", "create", "flywheel", "--type", "process"])
    told = place.run([*prefect, "--no-prompt", "deploy", "--all"]).stdout
    assert told.count("successfully created") == 3
    worker = subprocess.Popen(
        [*prefect, "worker", "start", "--pool", "flywheel"],
        cwd=place.folder,
        env=place.own(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        place.run([*prefect, "deployment", "run", "retrain/weekly", "--watch"])
    finally:
        os.killpg(worker.pid, signal.SIGTERM)
        worker.wait(timeout=20)
    status = place.status()
    assert status["last_run"]["reason"] == "weekly schedule"
    assert status["champion"]["version"] == 1
    names = task_names(place, status["last_run"]["id"])
    assert sorted(names) == sorted(STEPS)


def task_names(place: Place, flow_run: str) -> list[str]:
    """The names of a flow run's task runs, as Prefect's UI shows them."""
    asked = {"flow_runs": {"id": {"any_": [flow_run]}}}
    found = httpx.post(f"{place.environment['PREFECT_API_URL']}/task_runs/filter", json=asked).raise_for_status()
    runs = json.loads(found.text)
    assert {run["state_type"] for run in runs} == {"COMPLETED"}
    return [run["name"] for run in runs]
