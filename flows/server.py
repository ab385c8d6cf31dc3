"""One local Prefect server per home: started under a lock, shared by all flows, gone soon after the last one.

Prefect's own temporary server serves one process, and several at once on a fresh home kill each other. Ours is
watched by a small keeper that ends it when no flow holds the lock any more: also when a flow was killed.
"""

import contextlib
import fcntl
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

from pipelines.environment import SILENCE
from pipelines.errors import ServerError

# The address of `prefect server start`, where a user may have one running already.
USUAL = "http://127.0.0.1:4200/api"
START_SECONDS = 120
# How long the server outlives its last flow: the next command of the same minute need not wait for a new one.
LINGER_SECONDS = 2.0


@contextlib.contextmanager
def prefect_server(home: Path, given: str | None) -> Iterator[str]:
    """The address of a Prefect API for the time of the block: the one given, one that runs, or our own.

    Raises ServerError where none answers. Must be entered before prefect is imported.
    """
    if given:
        yield given
        return
    folder = home / "prefect"
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "users.lock").open("w") as users:
        fcntl.flock(users, fcntl.LOCK_SH)  # waits while a keeper is ending its server
        address = _usual(_prefect_home()) or _ours(folder) or _start(folder)
        os.environ["PREFECT_API_URL"] = address
        try:
            yield address
        finally:
            os.environ.pop("PREFECT_API_URL", None)


def _prefect_home() -> Path:
    return Path(os.environ.get("PREFECT_HOME") or Path.home() / ".prefect").expanduser().resolve()


def _usual(prefect_home: Path) -> str | None:
    """The user's own server, if one runs at the usual address and keeps the same home as we would."""
    settings = _get(f"{USUAL}/admin/settings", seconds=0.5)
    if isinstance(settings, dict) and Path(str(settings.get("home"))) == prefect_home:
        return USUAL
    return None


def _ours(folder: Path) -> str | None:
    try:
        address = str(json.loads((folder / "server.json").read_text("utf-8"))["address"])
    except (FileNotFoundError, ValueError, KeyError):
        return None
    return address if _get(f"{address}/health", seconds=2) is True else None


def _get(address: str, seconds: float) -> Any:
    try:
        with urllib.request.urlopen(address, timeout=seconds) as answer:  # noqa: S310  (loopback, by construction)
            return json.load(answer)
    except (urllib.error.URLError, OSError, ValueError):
        return None


def _start(folder: Path) -> str:
    """Start a server and its keeper, unless another process was first; its address when it answers."""
    with (folder / "start.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if address := _ours(folder):
            return address
        with (folder / "server.log").open("ab") as log:
            keeper = subprocess.Popen(
                [sys.executable, "-m", "flows.server", str(folder)],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                cwd=Path(__file__).parent.parent,
            )
        return _await(folder, keeper)


def _await(folder: Path, keeper: "subprocess.Popen[bytes]") -> str:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and keeper.poll() is None:
        if address := _ours(folder):
            return address
        time.sleep(0.1)
    raise ServerError(
        "The local Prefect server did not start.",
        f"Expected it to answer within {START_SECONDS} s; its log is {folder / 'server.log'}.",
        "run `prefect server start` in another terminal, set PREFECT_API_URL to its address, and try again.",
    )


def keep(folder: Path) -> None:
    """Run a server until no flow needs it: the keeper's whole life."""
    address = f"http://127.0.0.1:{_free_port()}/api"
    server = _serve(address)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    note = folder / "server.json"
    try:
        _wait_until_healthy(address, server)
        note.write_text(json.dumps({"address": address, "keeper": os.getpid(), "server": server.pid}), "utf-8")
        with (folder / "users.lock").open("r+") as users:
            _wait_until_unused(users, server)
            note.unlink(missing_ok=True)
            _end(server)  # still holding the lock: nobody may count on a server that is about to end
    finally:
        note.unlink(missing_ok=True)
        _end(server)


def _serve(address: str) -> "subprocess.Popen[bytes]":
    port = address.split(":")[2].removesuffix("/api")
    command = [sys.executable, "-m", "uvicorn", "--factory", "prefect.server.api.server:create_app"]
    environment = {**os.environ, **SILENCE, "PREFECT_API_URL": address, "PREFECT_UI_ENABLED": "false"}
    return subprocess.Popen(
        [*command, "--host", "127.0.0.1", "--port", port, "--log-level", "warning", "--timeout-keep-alive", "30"],
        env=environment,
    )


def _wait_until_healthy(address: str, server: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + START_SECONDS
    while _get(f"{address}/health", seconds=2) is not True:
        if server.poll() is not None or time.monotonic() > deadline:
            sys.exit(1)
        time.sleep(0.1)


def _wait_until_unused(users: IO[str], server: "subprocess.Popen[bytes]") -> None:
    """Return, holding `users` alone, once nobody has held it for a while; or when the server itself has ended."""
    idle_since: float | None = None
    while server.poll() is None:
        try:
            fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            idle_since = None
        else:
            idle_since = idle_since or time.monotonic()
            if time.monotonic() - idle_since >= LINGER_SECONDS:
                return
            fcntl.flock(users, fcntl.LOCK_UN)
        time.sleep(0.3)


def _end(server: "subprocess.Popen[bytes]") -> None:
    if server.poll() is None:
        server.terminate()
        try:
            server.wait(timeout=4)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


if __name__ == "__main__":
    keep(Path(sys.argv[1]))
