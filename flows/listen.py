"""Enough new feedback -> retrain(reason)."""

import os
from pathlib import Path
from typing import Any

from prefect import flow
from prefect.client.schemas.objects import State
from prefect.states import Completed, Failed

from flows.retrain import retrain
from pipelines.environment import read_environment
from pipelines.errors import FlywheelError
from pipelines.feedback import waiting
from pipelines.ledger import open_ledger
from pipelines.parameters import check_parameters, read_parameters
from pipelines.workspace import require


@flow(name="listen", persist_result=False)
def listen(workspace: str = ".") -> State[Any]:
    """Retrain when there is a reason to: so far, when enough users have answered since the last run."""
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
    enough = int((parameters.get("listen") or {}).get("min_feedback", 200))
    environment = read_environment(os.environ, workspace)
    found, _ = waiting(environment.ledger, open_ledger(environment).learnt_until())
    told = f"{found:,} new answers, {enough:,} are enough (`listen.min_feedback`)"
    return (f"feedback: {found:,} new answers" if found >= enough else None), told


if __name__ == "__main__":
    listen()
