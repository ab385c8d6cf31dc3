"""`flywheel up`: Prefect, a worker, the MLflow UI and the service together; ctrl-C stops them all."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path

from flywheel.deploying import deploy
from pipelines.environment import read_environment
from pipelines.errors import ServerError
from pipelines.workspace import require

READY_SECONDS = 120
STOP_SECONDS = 8


@dataclass(frozen=True)
class Server:
    """One of the servers: how it is started, and where it can be asked whether it is ready."""

    name: str
    command: list[str]
    address: str
    health: str


def up() -> int:
    """Start everything for the current workspace, print the addresses, and wait; 0 after ctrl-C or SIGTERM."""
    workspace = Path.cwd()
    require(workspace)
    logs = workspace / ".flywheel" / "logs"
    logs.mkdir(parents=True, exist_ok=True)
    prefect, mlflow, service = _ports()
    os.environ["PWD"] = str(workspace)  # what prefect.yaml deploys
    os.environ["PREFECT_API_URL"] = f"http://127.0.0.1:{prefect}/api"
    running: list[subprocess.Popen[bytes]] = []
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    try:
        tracking = read_environment(os.environ, workspace).tracking
        servers = _servers(workspace, tracking, prefect, mlflow, service)
        # All at once: each spends its first seconds on imports, and one core is enough for that.
        running += [_spawn(servers[0].command, _log(logs, servers[0]))]
        _lay_out(workspace, tracking)
        running += [_spawn(server.command, _log(logs, server)) for server in servers[1:]]
        for server, process in zip(servers, list(running), strict=True):
            _wait(server, process, logs)
            if server is servers[0]:
                deploy(workspace, os.environ["PREFECT_API_URL"])
        _work(logs, running)
        print("\nctrl-C stops them all.", flush=True)
        _watch(running)
    except KeyboardInterrupt:
        print("\nStopping …", flush=True)
    finally:
        _stop(running)
    return 0


def _lay_out(workspace: Path, tracking: str) -> None:
    """Have a store of MLflow that is not there yet made whole before its server may be stopped halfway.

    In another process: what it takes to be imported would stay here as long as the servers run.
    """
    if not tracking.startswith("sqlite:///") or Path(tracking.removeprefix("sqlite:///")).exists():
        return
    make = "import pathlib, sys; from pipelines.registry import Registry; Registry(sys.argv[1], pathlib.Path())"
    made = subprocess.run([sys.executable, "-c", make, tracking], cwd=workspace, stderr=subprocess.PIPE, check=False)
    if made.returncode:
        raise ServerError(
            "The store of MLflow could not be made.",
            f"Expected a folder that we may write to, with room for 1 MB, for {tracking}.",
            "make room, or correct MLFLOW_TRACKING_URI.",
        )


def _servers(workspace: Path, tracking: str, prefect: int, mlflow: int, service: int) -> list[Server]:
    python = sys.executable
    artifacts = (workspace / "mlruns" / "artifacts").as_uri()
    local = "http://127.0.0.1"
    return [
        Server(
            "Prefect",
            [python, "-m", "prefect", "server", "start", "--host", "127.0.0.1", "--port", str(prefect)],
            f"{local}:{prefect}",
            f"{local}:{prefect}/api/health",
        ),
        Server(
            "MLflow",
            [
                *[python, "-m", "mlflow", "server", "--host", "127.0.0.1", "--port", str(mlflow), "--workers", "1"],
                *["--backend-store-uri", tracking, "--default-artifact-root", artifacts],
            ],
            f"{local}:{mlflow}",
            f"{local}:{mlflow}/health",
        ),
        Server(
            "Service",
            [python, "-m", "flywheel.cli", "serve", "--port", str(service)],
            f"{local}:{service}",
            f"{local}:{service}/health",
        ),
    ]


def _log(logs: Path, server: Server) -> Path:
    return logs / f"{server.name.lower()}.log"


def _wait(server: Server, process: "subprocess.Popen[bytes]", logs: Path) -> None:
    """Return once `server` answers; its address is printed."""
    print(f"{server.name:<9} starting …", end="\r", flush=True)
    deadline = time.monotonic() + READY_SECONDS
    while not _answers(server.health):
        if process.poll() is not None or time.monotonic() > deadline:
            raise ServerError(
                f"{server.name} did not start.",
                f"Expected an answer at {server.health}.",
                f"read {_log(logs, server)}, and try again.",
            )
        time.sleep(0.2)
    print(f"{server.name:<9} {server.address}          ", flush=True)


def _work(logs: Path, running: "list[subprocess.Popen[bytes]]") -> None:
    """Start a worker for the deployments."""
    worker = [sys.executable, "-m", "prefect", "worker", "start", "--pool", "flywheel"]
    running.append(_spawn(worker, logs / "worker.log"))
    print("Worker    runs retrain/weekly, listen/frequent and forget/daily", flush=True)


def _spawn(command: list[str], log: Path) -> "subprocess.Popen[bytes]":
    with log.open("ab") as file:
        # A session of its own: ctrl-C reaches us alone, and we stop the others in order, with their children.
        return subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=file, stderr=subprocess.STDOUT, start_new_session=True
        )


def _watch(running: "list[subprocess.Popen[bytes]]") -> None:
    while all(process.poll() is None for process in running):
        time.sleep(0.5)
    raise ServerError(
        "One of the servers has ended.", "Expected all to run until ctrl-C.", "read the logs in .flywheel/logs."
    )


def _stop(running: "list[subprocess.Popen[bytes]]") -> None:
    for process in reversed(running):
        _signal(process, signal.SIGTERM)
    deadline = time.monotonic() + STOP_SECONDS
    while any(process.poll() is None for process in running) and time.monotonic() < deadline:
        time.sleep(0.1)
    for process in running:
        _signal(process, signal.SIGKILL)  # also children whose parent has already ended
        process.wait()


def _signal(process: "subprocess.Popen[bytes]", number: signal.Signals) -> None:
    try:
        os.killpg(process.pid, number)
    except ProcessLookupError:
        return


def _answers(address: str) -> bool:
    try:
        with urllib.request.urlopen(address, timeout=2) as answer:  # noqa: S310  (loopback, by construction)
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def _ports() -> tuple[int, int, int]:
    """The usual ports of Prefect, MLflow and the service, or free ones where another program has them."""
    return _port(4200), _port(5000), _port(8000)


def _port(usual: int) -> int:
    for wanted in (usual, 0):
        with socket.socket() as probe:
            # As the servers bind: a port whose last server has just ended is free, though the kernel still waits.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", wanted))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise ServerError("No port is free.", "Expected three free ports.", "stop other servers, then try again.")
