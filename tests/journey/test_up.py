"""`flywheel up`: four servers and a worker from one command, and no workspace that takes another's deployments over."""

import re
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from places import SMALL, Place
from processes import wait_until

pytestmark = pytest.mark.xdist_group("no network")


@contextmanager
def up(place: Place, code: int = 0) -> Iterator[str]:
    """What `flywheel up` printed until all was ready, or refused; ctrl-C at the end, and this exit code."""
    process = place.start("up")
    assert process.stdout is not None
    told = ""
    try:
        for line in process.stdout:
            told += line
            if line.startswith("ctrl-C") or "Fix:" in line:
                break
        yield told
    finally:
        if code == 0:
            process.send_signal(signal.SIGINT)
        assert process.wait(timeout=60) == code, told
        process.stdout.close()


def address(told: str, server: str) -> str:
    return re.findall(rf"{server} +(http\S+)", told)[-1]


def places_of(told: str) -> set[str]:
    """The folders in which the deployments of a Prefect server run."""
    found = httpx.post(f"{address(told, 'Prefect')}/api/deployments/filter", json={}).raise_for_status().json()
    return {step["directory"] for entry in found for steps in entry["pull_steps"] for step in steps.values()}


def test_a_second_workspace_does_not_take_the_deployments_of_the_first(
    make: Callable[..., Place], tmp_path: Path
) -> None:
    shared = {"PREFECT_HOME": str(tmp_path / "prefect")}
    first, second = (Place(p.folder, p.environment | shared) for p in (make("up_1", *SMALL), make("up_2", *SMALL)))
    with up(first) as told:
        assert places_of(told) == {str(first.folder)}
        health = httpx.get(f"{address(told, 'Service')}/health").raise_for_status().json()
        assert (health["status"], health["model"]) == ("no champion", "product_reviews")
        assert httpx.get(address(told, "MLflow")).status_code == 200
        with up(second, code=3) as refused:
            assert f"deployments of another workspace, {first.folder}" in refused
            assert 'Fix: give this one its own: `PREFECT_HOME="$PWD/.flywheel/prefect" flywheel up`.' in refused
        assert places_of(told) == {str(first.folder)}
    assert wait_until(lambda: not answers(address(told, "Prefect")), seconds=20)
    own = Place(second.folder, second.environment | {"PREFECT_HOME": str(second.folder / ".flywheel" / "prefect")})
    with up(own) as told:
        assert places_of(told) == {str(second.folder)}
    assert second.run(["git", "status", "--porcelain", ".flywheel"]).stdout == ""


def answers(server: str) -> bool:
    try:
        return httpx.get(server).status_code < 500
    except httpx.HTTPError:
        return False
