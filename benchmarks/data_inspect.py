"""Proposals for data sets that nobody has described, against what each set has; and every cut of a file, read.

    FLYWHEEL_DATASETS=DIR python benchmarks/data_inspect.py

DIR holds a folder for each set. CPU-seconds of one process; whole sets, not samples. Sets that are absent are named.
"""

import csv
import io
import os
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from reporting import Figure, report

from pipelines.errors import SourceError
from pipelines.proposing.proposal import Proposal, propose
from pipelines.record import Role
from pipelines.sources import SourceFile, read_rows

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))

from proposed import RIGHT

ROLES: tuple[Role, ...] = ("label", "text", "subject", "time")


def figures() -> list[Figure]:
    """Roles proposed right, how long a look takes, and what becomes of a file that was cut."""
    return [*_proposals(), *_cuts()]


def _proposals() -> list[Figure]:
    data = Path(os.environ.get("FLYWHEEL_DATASETS", "absent"))
    right = dict.fromkeys(ROLES, 0)
    seconds: dict[str, float] = {}
    absent = [name for name in RIGHT if not (data / name).is_dir()]
    for name, expected in RIGHT.items():
        if name in absent:
            continue
        started = time.process_time()
        found = propose(data / name)
        seconds[name] = time.process_time() - started
        for role, column in zip(ROLES, expected, strict=True):
            right[role] += _held_by(found, role) == column
    if not seconds:
        print("No data sets: FLYWHEEL_DATASETS names no folder that has any.")
        return []
    how = f"propose on {len(seconds)} whole sets; absent: {', '.join(absent) or 'none'}"
    told = [
        Figure(f"{role} proposed right", number, "sets", "higher", "all of them", len(seconds), how)
        for role, number in right.items()
    ]
    slowest = max(seconds, key=lambda name: seconds[name])
    cost = Figure(f"slowest look ({slowest})", seconds[slowest], "CPU s", "lower", "-", None, how)
    return [*told, cost, Figure("all looks together", sum(seconds.values()), "CPU s", "lower", "-", None, how)]


def _held_by(found: Proposal, role: Role) -> str:
    column = found.holder(role)
    return "" if column is None else column.name


def _cuts() -> list[Figure]:
    """Every byte at which a file of two kilobytes can be cut: rows that are no rows of the whole file."""
    rows = [[f"{place:03}", f'so, "{place}"\n好', "" if place % 3 else f"end {place}"] for place in range(90)]
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\n").writerows([["id", "text", "last"], *rows])
    whole = text.getvalue().encode()
    stored = [[cell or None for cell in row] for row in rows]
    wrong = wrong_by_pandas = 0
    with tempfile.TemporaryDirectory(prefix="flywheel-cuts-") as folder:
        path = Path(folder) / "a.csv"
        for length in range(len(whole)):
            path.write_bytes(whole[:length])
            found = _ours(path)
            wrong += found != stored[: len(found)]
            found = _pandas(path)
            wrong_by_pandas += found != stored[: len(found)]
    how = f"a CSV of {len(whole):,} bytes, cut at each of them; quotes, line ends and Chinese within cells"
    anchor = f"pandas.read_csv {wrong_by_pandas}"
    return [Figure("cuts that give a row that is none", wrong, "cuts", "lower", anchor, 0, how)]


def _ours(path: Path) -> Sequence[Sequence[str | None]]:
    try:
        return [list(row.values()) for row in read_rows(SourceFile(path, None), ["id", "text", "last"], (), None, None)]
    except SourceError:
        return []


def _pandas(path: Path) -> Sequence[Sequence[str | None]]:
    import pandas as pd

    try:
        frame = pd.read_csv(path, dtype=str, keep_default_na=False)
    except (ValueError, UnicodeDecodeError):
        return []
    return [[cell or None for cell in row] for row in frame.to_numpy().tolist()]


if __name__ == "__main__":
    report("data_inspect", figures())
