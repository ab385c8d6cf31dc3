"""`flywheel status`: the data, the last run, the champion, the last decision, the feedback that waits."""

import json
import os
from pathlib import Path
from typing import Any

from flywheel.words import count, figure, moment, told
from pipelines.costs import Cost
from pipelines.environment import read_environment
from pipelines.erased import requested, unlearnt
from pipelines.errors import BusyError
from pipelines.feedback import waiting
from pipelines.files import read_json
from pipelines.ledger import Champion, Ledger, Run, open_ledger
from pipelines.parameters import convert, read_parameters, setting
from pipelines.record import Record
from pipelines.versions import describe
from pipelines.workspace import RAW, VALIDATED, holding, require


def status(*, as_json: bool) -> int:
    """Print how the current workspace stands; 0."""
    found = read_status(Path.cwd())
    print(json.dumps(found, ensure_ascii=False, indent=2) if as_json else tell(found))
    return 0


def read_status(workspace: Path) -> dict[str, Any]:
    """How `workspace` stands, as plain values.

    Keys: `data` (version, rows, quarantined, source), `last_run` (id, reason, outcome, steps, when), `champion`
    (version, run_id, data_version, metrics, since), `decision` (promote, reason, gates), `feedback_waiting`,
    `erasures` (people erased whom today's data or the champion learnt from, and erasures that wait for their receipt).
    Each is None where there is none yet.
    """
    require(workspace)
    parameters = read_parameters(workspace)
    record = convert("record", parameters.get("record"), Record)
    environment = read_environment(os.environ, workspace)
    ledger = open_ledger(environment)
    found, _ = waiting(environment.ledger, ledger.learnt_until())
    enough = setting(parameters, "listen", "min_feedback")
    return {
        "workspace": str(workspace),
        "model": record.name,
        "data": _data(workspace),
        "last_run": _run(workspace, ledger.last_run()),
        "champion": _champion(ledger, ledger.champion(record.name)),
        "decision": _decision(ledger.last("decision")),
        "erasures": {
            "to_unlearn": len(unlearnt(ledger, record.name)),
            "without_receipt": len(requested(ledger, record.name)),
        },
        "feedback_waiting": found,
        "feedback_needed": enough,
    }


def _data(workspace: Path) -> dict[str, Any] | None:
    version = describe(workspace / RAW)
    if version is None:
        return None
    counts_file = workspace / VALIDATED / "counts.json"
    counts: Any = read_json(counts_file) if counts_file.exists() else {}
    return {
        "version": version[0],
        "rows": version[1].get("rows"),
        "source": version[1].get("source"),
        "ingested": version[1].get("ingested"),
        "accepted": counts.get("accepted"),
        "quarantined": counts.get("quarantined"),
    }


def _run(workspace: Path, run: Run | None) -> dict[str, Any] | None:
    if run is None:
        return None
    outcome = "interrupted" if run.outcome == "running" and not _held(workspace) else run.outcome
    stages = {step["name"]: step["outcome"] for step in run.body.get("steps", [])}
    return {
        "id": run.id,
        "reason": run.body.get("reason"),
        "outcome": outcome,
        "started": run.started,
        "ended": run.ended,
        "stages": stages,
        "seconds": {step["name"]: step["seconds"] for step in run.body.get("steps", [])},
        "error": run.body.get("error"),
    }


def _held(workspace: Path) -> bool:
    """Whether a live process holds the workspace: a run that was killed holds nothing."""
    try:
        with holding(workspace):
            return False
    except BusyError:
        return True


def _champion(ledger: Ledger, champion: Champion | None) -> dict[str, Any] | None:
    if champion is None:
        return None
    reign = next(e for e in ledger.all("decision") if e.get("promote") and e.get("version") == champion.version)
    return {
        "version": champion.version,
        "family": champion.body["family"],
        "run_id": champion.body["run"],
        "data_version": champion.body["data_version"],
        "metrics": champion.body["measures"],
        "cost": champion.body.get("cost"),  # champions of before have none
        "since": reign["at"],
    }


def _decision(entry: dict[str, Any] | None) -> dict[str, Any] | None:
    if entry is None:
        return None
    return {key: entry.get(key) for key in ("at", "promote", "winner", "reason", "gates", "version", "by")}


def tell(found: dict[str, Any]) -> str:
    """The status in words."""
    lines = [f"{found['model']} in {found['workspace']}", ""]
    data, run, champion, decision = found["data"], found["last_run"], found["champion"], found["decision"]
    lines.append(
        f"data      {count(data['rows'], 'row')}, version {data['version'][:8]}, of {moment(data['ingested'])}"
        if data
        else "data      none yet: `flywheel run` brings them"
    )
    if data and data["accepted"] is not None:
        lines.append(f"          {data['accepted']:,} may pass, {data['quarantined']:,} quarantined")
    lines += _tell_run(run)
    if champion:
        lines.append(
            f"champion  version {champion['version']} ({champion['family']}), since {moment(champion['since'])}"
        )
        lines.append(f"          {_figures(champion['metrics'])}, on data {champion['data_version'][:8]}")
        if champion["cost"]:
            lines.append(f"          {Cost(**champion['cost'])}")
        lines.append(f"          MLflow run {champion['run_id']}")
    else:
        lines.append("champion  none yet")
    if decision:
        lines.append(f"decision  {decision['reason']}")
        lines += [f"          {'✓' if g['passed'] else '✗'} {g['name']}: {g['reason']}" for g in decision["gates"]]
    erased = found["erasures"]
    if erased["to_unlearn"]:
        people = f"{erased['to_unlearn']:,} people were erased, and data or champion still come of them"
        lines.append(f"erasures  {people}: run again to learn without them")
    if erased["without_receipt"]:
        lines.append(f"          {erased['without_receipt']:,} wait for a receipt: `flywheel forget --pending`")
    lines.append(f"feedback  {found['feedback_waiting']:,} answers wait; {found['feedback_needed']:,} start a retrain")
    return "\n".join(lines)


def _figures(metrics: dict[str, Any]) -> str:
    """The first two measures of the champion's task."""
    return ", ".join(f"{name} {figure(metrics, key)}" for key, name in list(told(metrics).items())[:2])


def _tell_run(run: dict[str, Any] | None) -> list[str]:
    if run is None:
        return ["last run  none yet"]
    steps = ", ".join(f"{name} {outcome}" for name, outcome in run["stages"].items())
    lines = [
        f"last run  {run['outcome']} at {moment(run['ended'] or run['started'])}: {run['reason']}",
        f"          {steps}",
    ]
    return lines + ([f"          {line}" for line in run["error"].splitlines()] if run["error"] else [])
