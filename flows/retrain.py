"""ingest -> the graph -> compare -> scan -> promote: one turn of the flywheel."""

import os
import time
from pathlib import Path
from typing import Any

from prefect import flow
from prefect.client.schemas.objects import State
from prefect.runtime import flow_run
from prefect.states import Completed, Failed

from flows.graph import reproduce, stages_in_order
from flows.steps import Done, take
from pipelines.compare import Compared, compare
from pipelines.environment import Environment, calm, read_environment
from pipelines.errors import FlywheelError
from pipelines.feedback import waiting
from pipelines.ingest import Ingested, ingest
from pipelines.leaks.report import Scanned, read_report
from pipelines.ledger import open_ledger
from pipelines.parameters import check_parameters, read_parameters
from pipelines.promote import promote
from pipelines.scan import scan
from pipelines.stage import call
from pipelines.workspace import holding, require


@flow(name="retrain", persist_result=False)
def retrain(reason: str = "asked for", workspace: str = ".", patience: float = 0) -> State[Any]:
    """Fold what is new into the data, bring the graph up to date, let the better model serve.

    A user's mistake ends the flow in state Failed with its three lines as the message, without a traceback. Where
    another run holds the workspace, this one waits for `patience` seconds at most.
    """
    calm()
    try:
        notes = turn(Path(workspace).resolve(), reason, str(flow_run.id or f"local-{time.time_ns()}"), patience)
    except FlywheelError as error:
        return Failed(message=str(error))
    return Completed(message=notes["decision"])


def turn(workspace: Path, reason: str, run: str, patience: float = 0) -> dict[str, Any]:
    """One run under the workspace's lock, from ingestion to decision; its notes, as the ledger keeps them."""
    require(workspace)
    check_parameters(read_parameters(workspace))
    environment = read_environment(os.environ, workspace)
    with holding(workspace, patience=patience):
        ledger = open_ledger(environment)
        notes: dict[str, Any] = {"reason": reason, "flow_run": run, "steps": []}
        ledger.start_run(run, notes)
        outcome = "completed"
        try:
            _go(workspace, environment, run, notes)
        except BaseException as error:
            # A signal, ctrl-C among them, interrupts a run; only an error fails it.
            outcome = "failed" if isinstance(error, Exception) else "interrupted"
            if isinstance(error, FlywheelError):
                notes |= {"error": str(error), "exit_code": error.exit_code}
            raise
        finally:
            ledger.end_run(run, outcome, notes)
    return notes


def _go(workspace: Path, environment: Environment, run: str, notes: dict[str, Any]) -> None:
    steps = notes["steps"]
    _, newest = waiting(environment.ledger, 0)
    arrived: Ingested = take("ingest", lambda: _ingest(workspace), touches_world=True, notes=steps).value
    notes |= {"version": arrived.version, "ingested": vars(arrived), "feedback_until": newest}
    for stage in stages_in_order(workspace):
        take(stage, lambda stage=stage: reproduce(workspace, stage, run), touches_world=False, notes=steps)  # type: ignore[misc]
    take("compare", lambda: _compare(workspace), touches_world=True, notes=steps)
    take("scan", lambda: _scan(workspace), touches_world=True, notes=steps)
    decision = take("promote", lambda: _promote(workspace), touches_world=True, notes=steps).value
    notes |= {"decision": decision["reason"], "decision_question": decision["question"]}


def _ingest(workspace: Path) -> Done:
    arrived: Ingested = call(ingest, [], workspace)
    detail = f"{arrived.read:,} rows read, {arrived.added:,} added"
    detail += f", {arrived.added_feedback:,} from feedback" if arrived.added_feedback else ""
    detail += f", {arrived.superseded:,} superseded" if arrived.superseded else ""
    detail += f", {arrived.restated:,} given to the people whom `record` names now" if arrived.restated else ""
    taken_out = arrived.changed and not (_new(arrived) or arrived.restated)
    detail += ", rows of people who left or of old times taken out" if taken_out else ""
    return Done("ran" if arrived.changed else "unchanged", detail, arrived)


def _new(arrived: Ingested) -> int:
    return arrived.added + arrived.added_feedback


def _compare(workspace: Path) -> Done:
    found: Compared = call(compare, [], workspace)
    if found.reason or found.again:
        return Done("unchanged", found.reason, found)
    moved = f"moved: {', '.join(found.alarms)}" if found.alarms else "nothing moved"
    return Done("ran", f"{found.rows:,} new rows beside the champion's; {moved}", found)


def _scan(workspace: Path) -> Done:
    before = read_report(workspace)
    scanned: Scanned = call(scan, [], workspace)
    same = before is not None and not before.leaks and before.state == scanned.state
    return Done("unchanged" if same else "ran", "" if same else f"{scanned.files:,} files, 0 leaks", scanned)


def _promote(workspace: Path) -> Done:
    ledger = open_ledger(read_environment(os.environ, workspace))
    before = ledger.last("decision")
    entry = call(promote, [], workspace)
    same = before is not None and entry.get("number") is not None and entry["number"] <= before["number"]
    reigns = "the champion stays" if ledger.champion(entry["model"]) else "there is no champion yet"
    verdict = f"version {entry['version']} is champion" if entry["promote"] else reigns
    return Done("unchanged" if same else "ran", "" if same else verdict, entry)


if __name__ == "__main__":
    retrain()
