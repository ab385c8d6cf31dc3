"""Erasures that were asked for -> receipts: what the service began is brought to its end.

A flow's parameters stand in Prefect's database, so no person is ever one: whom to forget is asked of the ledger.
"""

import os
from pathlib import Path
from typing import Any

from prefect import flow
from prefect.client.schemas.objects import State
from prefect.states import Completed, Failed

from flows.steps import Done, take
from pipelines.environment import read_environment
from pipelines.errors import FlywheelError
from pipelines.forget import forget as erase
from pipelines.parameters import check_parameters, convert, read_parameters, setting
from pipelines.record import Record
from pipelines.workspace import holding, require


@flow(name="forget", persist_result=False)
def forget(workspace: str = ".", patience: float = 0) -> State[Any]:
    """Look through every store for those who were erased, name the models that learnt from them, write receipts.

    Where a run holds the workspace, this one waits for `patience` seconds at most.
    """
    try:
        place = Path(workspace).resolve()
        require(place)
        with holding(place, patience=patience):
            done = take("forget", lambda: _forget(place), touches_world=True, notes=[])
    except FlywheelError as error:
        return Failed(message=str(error))
    return Completed(message=done.detail)


def _forget(workspace: Path) -> Done:
    parameters = read_parameters(workspace)
    check_parameters(parameters)
    receipts = erase(
        record=convert("record", parameters["record"], Record),
        retrain_within_days=setting(parameters, "forget", "retrain_within_days"),
        environment=read_environment(os.environ, workspace),
        workspace=workspace,
    )
    left = sum(receipt.left for receipt in receipts)
    return Done("ran" if receipts else "unchanged", f"{len(receipts):,} receipts, {left:,} rows left", receipts)


if __name__ == "__main__":
    forget()
