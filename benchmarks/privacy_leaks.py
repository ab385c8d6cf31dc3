"""How fast outputs are searched for people: megabytes per CPU-second, new and unchanged, beside a plain byte search."""

import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from reporting import Figure, report

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))

REPEATS = 3
NAIVE_NEEDLES = 200


def figures() -> list[Figure]:
    """The scan of the embedded sample's outputs (6,000 rows, linear model), pinned to one core."""
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    with tempfile.TemporaryDirectory(prefix="flywheel-bench-") as folder:
        os.environ.update({"HOME": folder, "FLYWHEEL_HOME": f"{folder}/.flywheel", "FLYWHEEL_MASTER_KEY": "5a" * 32})
        workspace = _turned(Path(folder) / "workspace")
        return _measure(workspace)


def _turned(folder: Path) -> Any:
    """A workspace with all outputs of one turn but the promotion's."""
    import workspaces

    parameters = workspaces.small_sample()
    parameters["ingest"] = {"source": "sample", "sample": {"rows": 6000, "seed": 7}}
    made = workspaces.make(folder, parameters)
    made.turn()
    return made


def _measure(workspace: Any) -> list[Figure]:
    from pipelines.scan import KEPT, scan

    first = workspace.run(scan)
    megabytes = first.bytes_read / 1e6

    def afresh() -> None:
        (workspace.path / KEPT / "clean.json").unlink()
        workspace.run(scan)

    def anew() -> None:
        (workspace.path / KEPT / "wanted.npz").unlink()
        afresh()

    whole, known = _median(afresh), _median(lambda: workspace.run(scan))
    opened = _median(anew) - whole
    naive = _naive(workspace)
    how = f"median of {REPEATS}, {first.files} files, {megabytes:.1f} MB, {first.identifiers:,} identifiers, one core"
    peer = f"`bytes in bytes` for the same identifiers, raw bytes alone: {naive:.2g} MB/CPU-s"
    return [
        Figure("leak scan, every file read", megabytes / whole, "MB/CPU-s", "higher", peer, None, how),
        Figure("leak scan, every file read", whole, "CPU-s", "lower", "", None, how),
        Figure("leak scan, nothing changed", known, "CPU-s", "lower", "", 0.3, how),
        Figure("leak scan, opening people for it", opened, "CPU-s", "lower", "", None, f"{how}; once per data version"),
    ]


def _naive(workspace: Any) -> float:
    """Megabytes per CPU-second of looking for one identifier after the other, without any disguise."""
    rows = workspace.opened()
    people = sorted({value for name in ("user_id", "email", "phone") for value in rows[name].drop_nulls()})
    needles = [value.encode() for value in people[:NAIVE_NEEDLES]]
    content = b"\0".join(path.read_bytes() for path in (workspace.path / "data").rglob("*") if path.is_file())
    seconds = _median(lambda: [needle in content for needle in needles])
    return len(content) / 1e6 / (seconds * len(people) / len(needles))


def _median(work: Callable[[], object]) -> float:
    """The median of the CPU-seconds that `work` takes."""
    times = []
    for _ in range(REPEATS):
        started = time.process_time()
        work()
        times.append(time.process_time() - started)
    return statistics.median(times)


if __name__ == "__main__":
    report("privacy_leaks", figures())
