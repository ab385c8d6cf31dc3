"""The edge: argv + params.yaml + the environment -> one function call."""

import json
import os
import signal
import sys
import threading
import time
import typing
from collections.abc import Callable
from inspect import Parameter, signature
from pathlib import Path
from typing import Any

from pipelines.environment import calm, collect_rarely, read_environment
from pipelines.errors import FlywheelError, ParameterError
from pipelines.parameters import arguments_for, keywords, read_parameters

# Set by the flow that starts a stage: its process id, and where the stage says how it ended.
OWNER = "FLYWHEEL_OWNER"
RECEIPT = "FLYWHEEL_RECEIPT"


def run(function: Callable[..., Any]) -> None:
    """Call a stage's `function` with paths from the command line and its section of params.yaml, then exit."""
    calm()
    collect_rarely()
    follow_owner()
    started = time.monotonic()
    try:
        call(function, sys.argv[1:], Path.cwd())
    except FlywheelError as error:
        if RECEIPT not in os.environ:  # a flow reads the receipt, and tells the user itself
            sys.stderr.write(f"{error}\n")
        write_receipt(error=str(error), exit_code=error.exit_code, seconds=time.monotonic() - started)
        sys.exit(error.exit_code)
    write_receipt(error=None, exit_code=0, seconds=time.monotonic() - started)


def call(function: Callable[..., Any], arguments: list[str], workspace: Path) -> Any:
    """What `function` returns for these path `arguments` in `workspace`."""
    values = arguments_for(function, read_parameters(workspace))
    if "environment" in keywords(function):
        values["environment"] = read_environment(os.environ, workspace)
    if "workspace" in keywords(function):
        values["workspace"] = workspace
    return function(*as_paths(function, arguments), **values)


def as_paths(function: Callable[..., Any], arguments: list[str]) -> list[Path]:
    """The positional paths of `function`. Raises ParameterError when their number is wrong."""
    hints = typing.get_type_hints(function)
    positional = [p for p in signature(function).parameters.values() if p.kind is Parameter.POSITIONAL_OR_KEYWORD]
    needed = [p.name for p in positional if p.default is Parameter.empty]
    if not len(needed) <= len(arguments) <= len(positional) or any(hints[p.name] is not Path for p in positional):
        names = " ".join(parameter.name.upper() for parameter in positional)
        raise ParameterError(
            f"{function.__name__}: {len(arguments)} paths given.",
            f"Expected {len(needed)}: {names}.",
            f"call it as dvc.yaml does: python -m pipelines.{function.__name__} {names}",
        )
    return [Path(argument) for argument in arguments]


def write_receipt(*, error: str | None, exit_code: int, seconds: float) -> None:
    """Tell the flow that started this stage how it ended; `dvc repro` alone passes no exit code through."""
    if path := os.environ.get(RECEIPT):
        body = {"error": error, "exit_code": exit_code, "seconds": round(seconds, 2)}
        Path(path).write_text(json.dumps(body), "utf-8")


def follow_owner() -> None:
    """End this process when the flow that started it is gone.

    SIGTERM to a flow, or to `dvc`, leaves the stage's command running as an orphan; SIGKILL always does.
    """
    owner = os.environ.get(OWNER)
    if owner:
        Path(os.environ[RECEIPT]).with_name("process").write_text(str(os.getpid()), "ascii")
        threading.Thread(target=_watch, args=(int(owner),), daemon=True).start()


def _watch(owner: int) -> None:
    while _alive(owner):
        time.sleep(0.2)
    os.kill(os.getpid(), signal.SIGKILL)


def _alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
