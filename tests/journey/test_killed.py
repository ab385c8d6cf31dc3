"""Killed anywhere, and run again: the same end as if nothing had happened, and no process left behind."""

import os
import signal
import subprocess
from collections.abc import Callable
from typing import Any

import pytest
from places import NETWORK, Moment, Place
from processes import wait_until, working_in

from pipelines.files import digest, read_json
from pipelines.ledger import Ledger

pytestmark = pytest.mark.xdist_group("network")

Make = Callable[..., Place]


def end_state(place: Place) -> dict[str, Any]:
    """All that a run comes to: the bytes of data and measures, the weights, the decisions."""
    ledger = Ledger(f"sqlite:///{place.folder / '.flywheel' / 'ledger.db'}")
    folders = ("validated", "anonymised", "splits", "model/baseline", "report/evaluation")
    card: Any = read_json(place.folder / "data" / "model" / "candidate" / "bundle.json")
    assert ledger.verify() is None
    return {
        **{name: digest(place.folder / "data" / name) for name in folders},
        "weights": card["about"]["weights"],
        "rows": place.status()["data"]["rows"],
        "decisions": [(entry["reason"], entry["version"]) for entry in ledger.all("decision")],
    }


@pytest.fixture(scope="module")
def there(turned: Moment) -> Place:
    """A workspace whose run nobody disturbed. Pseudonyms are its home's: who is to end there needs its keys."""
    return turned.again()


@pytest.fixture(scope="module")
def undisturbed(there: Place) -> dict[str, Any]:
    return end_state(there)


def stage_runs(place: Place, name: str) -> bool:
    return any(f"pipelines.{name}" in command for command in working_in(place.folder).values())


def killed(place: Place, running: "subprocess.Popen[str]", number: signal.Signals) -> None:
    """Send the flow a signal; within ten seconds none of its processes may be left."""
    running.send_signal(number)
    running.wait(timeout=10)
    assert wait_until(lambda: not working_in(place.folder), 10), working_in(place.folder)
    assert place.status()["last_run"]["outcome"] == "interrupted"


def test_killed_in_every_stage_and_run_again_it_ends_where_an_undisturbed_run_does(
    make: Make, there: Place, undisturbed: dict[str, Any]
) -> None:
    place = make("killed", *NETWORK, home=there.environment["FLYWHEEL_HOME"])
    for stage in ("validate", "anonymise", "split"):
        running = place.start("run")
        assert wait_until(lambda stage=stage: stage_runs(place, stage), 120), f"{stage} was never met"
        killed(place, running, signal.SIGKILL)

    running = place.start("run")
    checkpoint = place.folder / ".flywheel" / "checkpoints" / "lstm.npz"
    assert wait_until(checkpoint.exists, 120), "the training never wrote a checkpoint"
    killed(place, running, signal.SIGTERM)
    assert checkpoint.exists()

    running = place.start("run")
    assert wait_until(lambda: stage_runs(place, "evaluate"), 180)
    killed(place, running, signal.SIGKILL)
    told = running.stdout.read() if running.stdout else ""
    assert "epoch  1/12" not in told, "an epoch was trained twice"
    assert "epoch 12/12" in told
    assert not checkpoint.exists()

    place.flywheel("run")
    assert place.status()["last_run"]["stages"]["train"] == "unchanged"
    assert end_state(place) == undisturbed


def test_a_second_run_at_the_same_time_is_told_to_wait(make: Make) -> None:
    place = make("busy", *NETWORK)
    first = place.start("run")
    assert wait_until(lambda: stage_runs(place, "validate"), 120)
    told = place.flywheel("run", code=3).stderr
    assert "Another run holds this workspace" in told
    os.killpg(first.pid, signal.SIGKILL)
    first.wait(timeout=5)
    assert wait_until(lambda: not working_in(place.folder), 10)
