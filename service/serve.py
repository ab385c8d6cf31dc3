"""`flywheel serve`: the service of the current workspace, until it is told to stop."""

import json
import logging
import os
import socket
import sys
import traceback
from pathlib import Path
from types import TracebackType
from typing import Any

import uvicorn

from pipelines.environment import read_environment
from pipelines.errors import ServerError
from pipelines.parameters import read_parameters
from pipelines.record import Column, Record, parse_record
from pipelines.workspace import require
from service.app import create_app

# How long requests that are under way may take to end when the service is told to stop.
GRACE_SECONDS = 10


def serve(host: str, port: int) -> int:
    """Serve the current workspace at `host`:`port` until interrupted; 0."""
    workspace = Path.cwd()
    require(workspace)
    record = parse_record(read_parameters(workspace).get("record"))
    app = create_app(workspace, read_environment(os.environ, workspace))
    _log()
    with _listening(host, port) as place:
        # Ours, not uvicorn's: an access log tells who asked when, and a traceback repeats what was asked.
        config = uvicorn.Config(
            app, log_config=None, access_log=False, server_header=False, timeout_graceful_shutdown=GRACE_SECONDS
        )
        sys.stdout.write(_greeting(place, record))
        sys.stdout.flush()
        try:
            uvicorn.Server(config).run(sockets=[place])
        except KeyboardInterrupt:
            return 0
    return 0


def _listening(host: str, port: int) -> socket.socket:
    """A socket that listens. Raises ServerError where it cannot."""
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        place = socket.create_server((host, port), family=family, backlog=2048)
        # Connections inherit it. Without it an answer of two packets waits 40 ms for the first one's receipt.
        place.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    except (OSError, OverflowError) as error:
        raise ServerError(
            f"serve: {host}:{port} cannot be listened on ({getattr(error, 'strerror', None) or error}).",
            "Expected an address of this machine and a free port.",
            "stop what runs there, or choose another port with `--port`.",
        ) from None
    return place


def _greeting(place: socket.socket, record: Record) -> str:
    host, port = place.getsockname()[:2]
    address = f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
    writes = record.task == "language"
    route, asked = ("generate", {"prompt": "The battery"}) if writes else ("predict", _example(record))
    body = json.dumps(asked, ensure_ascii=False)
    routes = "POST /generate, POST /predict" if writes else "POST /predict"
    return (
        f"Serving {record.name} at {address}: {routes}, POST /feedback, GET /health. For example:\n"
        f"  curl -s {address}/{route} -H 'Content-Type: application/json' -d '{body}'\n"
    )


def _example(record: Record) -> dict[str, Any]:
    text = {"text": "The battery lasts two days"} if record.text is not None else {}
    features = {column.name: _example_value(column) for column in record.features}
    return text | ({"features": features} if features else {})


def _example_value(column: Column) -> float | str | None:
    if column.is_numeric:
        return column.min if column.min is not None else 1
    return column.categories[0] if column.categories else None


class PlacesOnly(logging.Formatter):
    """Tells of an exception its kind and where it happened; its message may repeat what somebody sent."""

    def formatException(self, ei: Any) -> str:  # noqa: N802 - logging's name
        """The kind, and the lines of code, innermost last."""
        kind: type[BaseException] = ei[0]
        trace: TracebackType | None = ei[2]
        places = [f"{frame.filename}:{frame.lineno} in {frame.name}" for frame in traceback.extract_tb(trace)]
        return "\n  ".join([kind.__name__, *places])


def _log() -> None:
    """Warnings and errors to standard error, without the values in them."""
    handler = logging.StreamHandler()
    handler.setFormatter(PlacesOnly("%(asctime)s %(levelname)s %(message)s"))
    for name in ("uvicorn", "flywheel.service"):
        logger = logging.getLogger(name)
        logger.handlers, logger.level, logger.propagate = [handler], logging.WARNING, False
