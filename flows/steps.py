"""A step of a flow as a Prefect task: named, timed, told, and tried again only where the world is at fault."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from prefect import task
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import State
from prefect.runtime import task_run
from prefect.states import Failed

from flows.telling import tell
from pipelines.errors import FlywheelError, WorldError

Outcome = Literal["ran", "restored", "unchanged", "failed"]
RETRIES = 3
REFUSED = "Refused"


@dataclass(frozen=True)
class Done:
    """How a step ended, what there is to tell, and what it returned."""

    outcome: Outcome
    detail: str = ""
    value: Any = None


Step = Callable[[], Done]


def take(name: str, step: Step, *, touches_world: bool, notes: list[dict[str, Any]]) -> Done:
    """What `step` did, run as the Prefect task `name` and entered into `notes`.

    Raises the step's own FlywheelError. Its task run then ends in state Failed, by a state and not by an
    exception: Prefect would log a traceback for the user's mistake.
    """
    started, met = time.monotonic(), list[FlywheelError]()
    kind = patiently if touches_world else once
    state: State[Any] = kind.with_options(name=name, task_run_name=name)(step, met, return_state=True)
    seconds = round(time.monotonic() - started, 2)
    done: Done = Done("failed") if met else state.result()
    notes.append({"name": name, "outcome": done.outcome, "seconds": seconds, "detail": done.detail})
    tell(name, done.outcome, seconds, done.detail)
    if met:
        raise met[-1]
    return done


def _attempt(step: Step, met: list[FlywheelError], retries: int) -> Done | State[Any]:
    met.clear()
    try:
        return step()
    except FlywheelError as error:
        if isinstance(error, WorldError) and (task_run.run_count or 1) <= retries:
            raise
        met.append(error)
        return Failed(name=REFUSED, message=str(error))


def _may_heal(_task: Any, _run: Any, state: State[Any]) -> bool:
    """Whether a retry can help: Prefect would also retry a state that says why it cannot."""
    return state.name != REFUSED


@task(cache_policy=NO_CACHE, persist_result=False)
def once(step: Step, met: list[FlywheelError]) -> Done | State[Any]:
    """Run a step that is a function of its inputs: the same input would fail in the same way."""
    return _attempt(step, met, 0)


@task(
    cache_policy=NO_CACHE,
    persist_result=False,
    retries=RETRIES,
    retry_delay_seconds=[1, 2, 4],
    retry_condition_fn=_may_heal,
)
def patiently(step: Step, met: list[FlywheelError]) -> Done | State[Any]:
    """Run a step that touches the world, again where the world failed."""
    return _attempt(step, met, RETRIES)
