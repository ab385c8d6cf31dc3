"""Enough new feedback, answers that drift, or people forgotten -> retrain(reason)."""

import os
from datetime import datetime
from pathlib import Path
from typing import Any

from prefect import flow
from prefect.client.schemas.objects import State
from prefect.states import Completed, Failed

from flows.retrain import retrain
from pipelines.drift.answers import moved_answers
from pipelines.environment import read_environment
from pipelines.erased import retrain_by, unlearnt
from pipelines.errors import FlywheelError
from pipelines.feedback import waiting
from pipelines.ledger import Ledger, now, open_ledger
from pipelines.parameters import check_parameters, convert, read_parameters, setting
from pipelines.record import Record
from pipelines.workspace import require


@flow(name="listen", persist_result=False)
def listen(workspace: str = ".") -> State[Any]:
    """Retrain when there is a reason to: users have answered, answers drift, or people were forgotten."""
    try:
        reason, told = reason_to_retrain(Path(workspace).resolve())
    except FlywheelError as error:
        return Failed(message=str(error))
    if reason is None:
        return Completed(message=told)
    state = retrain(reason=reason, workspace=workspace, return_state=True)
    if state.is_completed():
        return Completed(message=f"{told}: retrained. {state.message or ''}")
    return Failed(message=state.message)


def reason_to_retrain(workspace: Path) -> tuple[str | None, str]:
    """Why a retrain is due now, or None; and how things stand, in words."""
    require(workspace)
    parameters = read_parameters(workspace)
    check_parameters(parameters)
    enough = setting(parameters, "listen", "min_feedback")
    environment = read_environment(os.environ, workspace)
    ledger = open_ledger(environment)
    if reason := _erasure(ledger, parameters):
        return reason, reason
    found, _ = waiting(environment.ledger, ledger.learnt_until())
    told = f"{found:,} new answers, {enough:,} are enough (`listen.min_feedback`)"
    if found < enough and (reason := _drift(ledger, parameters, environment.ledger, workspace)):
        return reason, reason
    return (f"feedback: {found:,} new answers" if found >= enough else None), told


def _drift(ledger: Ledger, parameters: dict[str, Any], url: str, workspace: Path) -> str | None:
    """That the champion's answers are no longer what they were when it was made, or None; each is a reason once."""
    champion = ledger.champion(convert("record", parameters["record"], Record).name)
    if champion is None or not setting(parameters, "listen", "drift"):
        return None
    reason, last = moved_answers(champion, url, workspace), ledger.last_run()
    return None if last is not None and last.body.get("reason") == reason else reason


def _erasure(ledger: Ledger, parameters: dict[str, Any]) -> str | None:
    """That people were erased so long ago that models may learn from them no longer, or None."""
    within = setting(parameters, "forget", "retrain_within_days")
    people = unlearnt(ledger, convert("record", parameters["record"], Record).name)
    due = [e for e in people if retrain_by(datetime.fromisoformat(e["at"]), within - 1) <= now()[:10]]
    reason, last = f"erasure: {len(people):,} people are to be unlearnt", ledger.last_run()
    # A challenger that was not promoted leaves them unlearnt: once a day, not every five minutes.
    tried = last is not None and last.body.get("reason") == reason and last.started[:10] == now()[:10]
    return reason if due and not tried else None


if __name__ == "__main__":
    listen()
