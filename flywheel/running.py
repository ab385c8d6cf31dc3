"""`flywheel run`, `listen` and `rollback`: a flow against a Prefect server, its outcome told to a person."""

import gc
import logging
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from flows.server import prefect_server
from flywheel.new import link_code
from pipelines.environment import read_environment
from pipelines.ledger import open_ledger
from pipelines.parameters import check_parameters, read_parameters
from pipelines.workspace import require


def run(reason: str) -> int:
    """Turn the flywheel once in the current workspace; the exit code of the work."""
    workspace = Path.cwd()
    require(workspace)
    link_code(workspace)  # the links are this machine's own: a fresh clone has none
    check_parameters(read_parameters(workspace))  # a typing error need not wait for a server
    started = time.monotonic()
    with _prefect(workspace):
        with _without_collection():
            from flows.retrain import retrain

        state = _finish(lambda: retrain(reason=reason, workspace=str(workspace), return_state=True))
    code = _outcome(workspace, state)
    if code == 0:
        from flywheel.summary import summarise

        print(summarise(workspace, time.monotonic() - started))
    return code


def listen() -> int:
    """Retrain in the current workspace if there is a reason to."""
    workspace = Path.cwd()
    with _prefect(workspace):
        with _without_collection():
            from flows.listen import listen as flow

        state = _finish(lambda: flow(workspace=str(workspace), return_state=True))
    if state is not None and state.is_failed():
        return _told(workspace, state)
    print(state.message if state else "The work is done; Prefect was lost before it could note it.")
    return 0


def roll_back(to: int | None) -> int:
    """Make an earlier champion the champion again; a run that goes on meanwhile finds out when it would promote."""
    from pipelines.parameters import convert
    from pipelines.promote import rollback
    from pipelines.record import Record

    workspace = Path.cwd()
    require(workspace)
    environment = read_environment(os.environ, workspace)
    record = convert("record", read_parameters(workspace).get("record"), Record)
    entry = rollback(record=record, environment=environment, workspace=workspace, to=to)
    print(f"Version {entry['version']} is champion again: {entry['reason']}.")
    print("A running service takes it over within two seconds.")
    return 0


@contextmanager
def _without_collection() -> Iterator[None]:
    """Look for no garbage meanwhile: imports make hardly any, and looking costs a seventh of Prefect's two seconds."""
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()  # what was imported stays: to look through it again and again costs as much
        gc.enable()


@contextmanager
def _prefect(workspace: Path) -> Iterator[None]:
    """A Prefect API to run against, and Prefect's own log lines kept away: ours tell the story."""
    os.environ.setdefault("PREFECT_LOGGING_LEVEL", "CRITICAL")
    environment = read_environment(os.environ, workspace)
    with prefect_server(environment.home, environment.prefect_api):
        yield


def _finish(flow: Any) -> Any:
    """The flow's state, or None where the Prefect API was lost on the way: the ledger knows what was done."""
    import httpx
    from prefect.exceptions import PrefectException

    try:
        return flow()
    except (httpx.HTTPError, PrefectException) as error:
        logging.getLogger("flywheel").warning("Prefect was lost: %s", type(error).__name__)
        return None


def _outcome(workspace: Path, state: Any) -> int:
    """0 where the work is done, whatever Prefect knows of it; else the code of what stopped it, which is told."""
    last = open_ledger(read_environment(os.environ, workspace)).last_run()
    if state is not None and state.is_completed():
        return 0
    if state is None and last is not None and last.outcome == "completed":
        return 0
    return _told(workspace, state)


def _told(workspace: Path, state: Any) -> int:
    """The exit code of a run that did not end well, after its message; what nobody foresaw is raised as it is."""
    last = open_ledger(read_environment(os.environ, workspace)).last_run()
    code = last.body.get("exit_code") if last is not None and last.outcome == "failed" else None
    if state is None:
        print("The Prefect server was lost before the work was done; run again to go on.", file=sys.stderr)
    elif code is None and isinstance(state.data, BaseException):
        raise state.data
    else:
        print(state.message, file=sys.stderr)
    return int(code or 3)
