"""How long a turn takes: the first, and one that finds nothing to do, with and without a running Prefect server."""

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from reporting import Figure, report

from flows.server import prefect_server

REPEATS = 3


def main() -> None:
    """Measure in a workspace and a home of their own; print and write the figures."""
    with tempfile.TemporaryDirectory(prefix="flywheel-bench-") as folder:
        place, home = Path(folder) / "workspace", Path(folder) / "home"
        home.mkdir()
        os.environ.update({"HOME": str(home), "FLYWHEEL_HOME": str(home / ".flywheel")})
        os.environ.pop("PREFECT_API_URL", None)
        flywheel = [sys.executable, "-m", "flywheel.cli"]
        subprocess.run([*flywheel, "new", str(place), "--preset", "sample"], check=True, capture_output=True)
        first = once(lambda: call([*flywheel, "run"], place))
        # The keeper ends its server two seconds after the last flow: each of these starts one of its own.
        cold = median(lambda: call([*flywheel, "run"], place), pause=6)
        with prefect_server(home / ".flywheel", None):
            warm = median(lambda: call([*flywheel, "run"], place))
        peer = median(lambda: call([sys.executable, "-m", "dvc", "repro"], place))
        helping = median(lambda: call([*flywheel, "--help"], place))
    how = f"median of {REPEATS}, embedded sample of 6,000 rows"
    report(
        "flow",
        [
            Figure("first run, server included", first, "s", "lower", "", 90, "once, embedded sample of 6,000 rows"),
            Figure("nothing to do, no server running", cold, "s", "lower", "", 20, how),
            Figure("nothing to do, server running", warm, "s", "lower", "", 5, how),
            Figure("the same against `dvc repro`", warm / peer, "x", "lower", f"dvc repro {peer:.1f} s", None, how),
            Figure("flywheel --help", helping, "s", "lower", "", 0.5, how),
        ],
    )


def call(command: list[str], place: Path) -> None:
    """Run `command` in `place`, and expect it to succeed."""
    subprocess.run(command, cwd=place, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def once(work: Callable[[], None]) -> float:
    """The seconds that `work` takes."""
    started = time.monotonic()
    work()
    return time.monotonic() - started


def median(work: Callable[[], None], pause: float = 0.0) -> float:
    """The median of the seconds that `work` takes, with a pause before each time."""
    times = []
    for _ in range(REPEATS):
        time.sleep(pause)
        times.append(once(work))
    return statistics.median(times)


if __name__ == "__main__":
    main()
