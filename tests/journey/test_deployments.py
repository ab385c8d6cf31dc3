"""`prefect deploy --all`, a worker, `prefect deployment run`: what a team's Prefect does with a workspace."""

import json
import os
import signal
import subprocess
import sys

import httpx
import pytest
from places import Moment, Place

pytestmark = pytest.mark.xdist_group("no network")

STEPS = {"ingest", "validate", "anonymise", "split", "train", "evaluate", "compare", "scan", "promote"}


def test_a_deployment_runs_to_the_end_with_one_task_run_per_stage(by_hand: Moment) -> None:
    place = by_hand.again()
    path = place.folder / "params.yaml"
    path.write_text(path.read_text("utf-8").replace("c: 10.0", "c: 9.0"), "utf-8")
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
    stages = status["last_run"]["stages"]
    assert [stages[name] for name in ("validate", "train", "evaluate", "promote")] == ["unchanged", "ran", "ran", "ran"]
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
