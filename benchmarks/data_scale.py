"""A generated CSV of up to ten million rows through ingest, validate and anonymise: seconds, and the most memory held.

`python data_scale.py [TOP]` stops at TOP rows (10,000,000 unless given). Each step is a process of its own, measured
from outside: its seconds by the clock, its CPU-seconds, and the most memory that it and its children held at once.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
import yaml
from reporting import Figure, report

from pipelines.versions import initialise, quiet

REPOSITORY = Path(__file__).parent.parent
SIZES = (10_000, 100_000, 1_000_000, 10_000_000)
REPEATED = 1_000_000  # rows, at which the rate of ingest has a bar: the machine's own pace changes by a fifth
TOP_NEEDS = 12 * 2**30  # bytes of disk for the largest size: the source, data/raw, its copy in DVC's cache, the rest
COLUMNS = {
    "user": {"type": "text", "role": "subject", "privacy": "identifier"},
    "city": {"type": "category", "role": "feature", "privacy": "quasi", "required": False},
    "age": {"type": "integer", "role": "feature", "privacy": "quasi", "required": False, "min": 13, "max": 120},
    "amount": {"type": "number", "role": "feature", "min": 0},
    "device": {"type": "category", "role": "feature", "categories": ["phone", "tablet", "laptop", "watch", "other"]},
    "at": {"type": "time", "role": "time"},
    "review": {"type": "text", "role": "text", "privacy": "free_text", "max": 2000},
    "consent": {"type": "category", "role": "consent", "granted": ["yes"]},
    "label": {"type": "category", "role": "label", "categories": ["bad", "good"]},
}
# Four columns, so that the suite has twelve expectations besides that there are rows at all.
TWELVE = {name: COLUMNS[name] for name in ("user", "age", "device", "review", "label")}
WORDS = [
    "the",
    "battery",
    "of",
    "this",
    "phone",
    "is",
    "great",
    "and",
    "holds",
    "long",
    "but",
    "screen",
    "broke",
    "after",
    "one",
    "week",
    "so",
    "I",
    "wrote",
    "to",
    "support",
    "who",
    "never",
    "answered",
    "me",
    "again",
    "in",
    "time",
    "for",
    "my",
    "trip",
    "home,",
    "which",
    "was",
    "a",
    "pity",
]
STEPS = {
    "ingest": (),
    "validate": ("data/raw", "data/validated", "data/report/validation"),
    "anonymise": ("data/raw", "data/validated", "data/anonymised", "data/report/privacy.json"),
}


@dataclass(frozen=True)
class Taken:
    """What one step took: seconds by the clock and of the processors, and bytes of memory at its highest."""

    seconds: float
    cpu: float
    peak: float


def write_source(path: Path, rows: int, seed: int = 7) -> None:
    """Write `rows` rows of about 200 bytes: ten for each person, an e-mail address or a telephone number in a fifth."""
    random = np.random.default_rng(seed)
    with path.open("wb") as file:
        for start in range(0, rows, 100_000):
            _some(random, min(100_000, rows - start), max(rows // 10, 1)).write_csv(file, include_header=start == 0)


def _some(random: np.random.Generator, rows: int, people: int) -> pl.DataFrame:
    words = np.array(WORDS)[random.integers(0, len(WORDS), (rows, 26))]
    user, age, chance = random.integers(0, people, rows), random.integers(18, 90, rows), random.random(rows)
    frame = pl.DataFrame({f"w{place}": words[:, place] for place in range(words.shape[1])})
    frame = frame.select(said=pl.concat_str(pl.all(), separator=" ")).with_columns(
        user=user,
        age=age,
        chance=chance,
        second=random.integers(0, 365 * 86400, rows),
        n=random.integers(0, 10**6, rows),
    )
    person = pl.format("user{}", "user")
    told = (
        pl.when(pl.col("chance") < 0.1)
        .then(pl.format("{} mail {}@example.com", "said", person))
        .when(pl.col("chance") < 0.2)
        .then(pl.format("{} call 212-555-01{}", "said", pl.col("age")))
        .otherwise("said")
    )
    device = pl.col("n").replace_strict(dict(enumerate(COLUMNS["device"]["categories"])), default="phone")  # type: ignore[arg-type]
    at = pl.datetime(2025, 1, 1) + pl.duration(seconds="second")
    return frame.select(
        person.alias("user"),
        pl.format("city{}", pl.col("n") % 60).alias("city"),
        pl.when(pl.col("chance") < 0.999).then("age").otherwise(pl.lit(300)).alias("age"),
        (pl.col("n") / 100).alias("amount"),
        device.alias("device"),
        at.dt.strftime("%Y-%m-%dT%H:%M:%S+00:00").alias("at"),
        told.alias("review"),
        pl.when(pl.col("chance") < 0.99).then(pl.lit("yes")).otherwise(pl.lit("no")).alias("consent"),
        pl.when(pl.col("n") % 2 == 0).then(pl.lit("good")).otherwise(pl.lit("bad")).alias("label"),
    )


def workspace(folder: Path, source: Path, columns: dict[str, object]) -> Path:
    """A workspace in `folder` whose source is `source`."""
    folder.mkdir()
    parameters = {
        "record": {"name": "scale", "columns": columns},
        "seed": 7,
        "ingest": {"source": str(source)},
        "anonymise": {"text": {"finders": ["patterns"]}},
    }
    (folder / "params.yaml").write_text(yaml.safe_dump(parameters, sort_keys=False), "utf-8")
    shutil.copy(REPOSITORY / "dvc.yaml", folder / "dvc.yaml")
    with quiet():
        initialise(folder)
    return folder


def run(folder: Path, step: str) -> Taken:
    """What the `step` took in the workspace `folder`."""
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY), "FLYWHEEL_HOME": str(folder / "home")}
    started = time.monotonic()
    command = [sys.executable, "-m", f"pipelines.{step}", *STEPS[step]]
    child = subprocess.Popen(command, cwd=folder, env=environment, stderr=subprocess.DEVNULL)
    peak, resident = 0, 0.0
    cpu: dict[int, float] = {}  # of each process while it lived: a grandchild's is told to no one who waits for it
    while child.poll() is None:
        # To divide what is shared takes the kernel tens of milliseconds, in which the processes wait: it is asked only
        # when there is more to divide than ever.
        family = list(_family(child.pid))
        cpu |= {process: spent for process in family if (spent := _spent(process))}
        if (now := sum(map(_resident, family))) > 1.01 * resident:
            resident, peak = now, max(peak, sum(map(_held, family)))
        time.sleep(0.05)
    seconds = time.monotonic() - started
    assert child.returncode == 0, f"{step} ended with {child.returncode}"
    return Taken(seconds, sum(cpu.values()), peak)


def _family(process: int) -> Iterator[int]:
    """A process and all that descend from it."""
    yield process
    for thread in Path(f"/proc/{process}/task").glob("*"):
        for child in _read(thread / "children"):
            yield from _family(int(child))


def _spent(process: int) -> float:
    """The CPU-seconds of a process so far; 0 where it has ended."""
    told = _read(Path(f"/proc/{process}/stat"))
    # Behind its name, which stands in brackets and may hold spaces, user and system time are the 12th and 13th.
    after = " ".join(told).rpartition(")")[2].split()
    return (int(after[11]) + int(after[12])) / os.sysconf("SC_CLK_TCK") if after else 0.0


def _resident(process: int) -> int:
    """The bytes of memory of a process; what it shares with others counts for each."""
    told = _read(Path(f"/proc/{process}/statm"))
    return int(told[1]) * os.sysconf("SC_PAGE_SIZE") if told else 0


def _held(process: int) -> int:
    """The bytes of memory of a process; what several share is divided among them."""
    told = _read(Path(f"/proc/{process}/smaps_rollup"))
    return int(told[told.index("Pss:") + 1]) * 1024 if "Pss:" in told else 0


def _read(path: Path) -> list[str]:
    """The words of a file of the kernel's; none where the process has ended."""
    try:
        return path.read_text("ascii").split()
    except (FileNotFoundError, ProcessLookupError):
        return []


def figures(top: int = SIZES[-1]) -> list[Figure]:
    """Rates, the most memory, and how time grows with rows."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        sizes = [rows for rows in SIZES if rows <= top]
        if sizes[-1] == SIZES[-1] and shutil.disk_usage(folder).free < TOP_NEEDS:
            print(f"{SIZES[-1]:,} rows need 12 GB of free disk, which are not there: left out")
            sizes.pop()
        taken = {rows: _measure(folder, rows) for rows in sizes}
        found = [each for rows in sizes for each in _curve(rows, taken[rows])]
        if len(sizes) > 2:
            found += [_growth(step, {rows: taken[rows][step] for rows in sizes}) for step in STEPS]
        largest = taken[sizes[-1]]
        how = f"the process and its children (PSS: what they share counts once), {sizes[-1]:,} rows"
        found += [
            Figure(f"{step}, most memory", each.peak / 1e9, "GB", "lower", "", 1.5, how)
            for step, each in largest.items()
        ]
        return [*found, *_against_peers(folder, min(top, 1_000_000))]


def _measure(folder: Path, rows: int) -> dict[str, Taken]:
    source = folder / f"{rows}.csv"
    write_source(source, rows)
    print(f"{rows:,} rows, {source.stat().st_size / 1e9:.2f} GB", flush=True)
    place = workspace(folder / str(rows), source, COLUMNS)
    taken = {}
    for step in STEPS:
        found = [run(place, step)]
        if step == "ingest" and rows == REPEATED:
            found += [run(workspace(folder / f"{rows}-{again}", source, COLUMNS), step) for again in (2, 3)]
        taken[step] = each = sorted(found, key=lambda each: each.seconds)[len(found) // 2]
        print(
            f"  {step}: {each.seconds:.1f} s, {each.cpu:.1f} CPU-s, {each.peak / 1e9:.2f} GB, "
            f"{rows / each.seconds:,.0f} rows/s",
            flush=True,
        )
    shutil.rmtree(place)
    if rows != 1_000_000:
        source.unlink()
    return taken


def _curve(rows: int, taken: dict[str, Taken]) -> list[Figure]:
    how = f"{rows:,} generated rows of 200 bytes, whole verb as a process of its own"
    how += ", once; ingest: the median of 3" if rows == REPEATED else ", once"
    bars = {"ingest": 100_000} if rows >= 1_000_000 else {}
    return [
        Figure(
            f"{step}, {rows:,} rows",
            rows / each.seconds,
            "rows/s",
            "higher",
            f"{each.cpu:.0f} CPU-s",
            bars.get(step),
            how,
        )
        for step, each in taken.items()
    ]


def _growth(step: str, taken: dict[int, Taken]) -> Figure:
    """The exponent of CPU-seconds against rows between the two largest sizes.

    There starting counts for little. A fit from 100,000 rows on, less what 10,000 rows take, was tried: half a second
    is left at 100,000 rows, and its noise moved the exponent by a tenth.
    """
    less, more = sorted(taken)[-2:]
    exponent = float(np.log(taken[more].cpu / taken[less].cpu) / np.log(more / less))
    how = f"log of the ratio of CPU-seconds, {more:,} against {less:,} rows, over that of the rows; 1 is linear"
    return Figure(f"{step}, growth", exponent, "exponent", "lower", "1: linear", 1.1, how)


def _against_peers(folder: Path, rows: int) -> list[Figure]:
    """Validation of a million rows against twelve expectations, and the readers of peers on the same file."""
    source = folder / f"{rows}.csv"
    if not source.exists():
        write_source(source, rows)
    place = workspace(folder / "twelve", source, TWELVE)
    run(place, "ingest")
    # The middle one of three.
    taken = sorted((run(place, "validate") for _ in range(3)), key=lambda each: each.seconds)[1]
    begun = time.process_time()
    pl.read_csv(source, infer_schema=False)
    peer = rows / (time.process_time() - begun)
    how = f"{rows:,} rows, whole verb: opened, 12 expectations and the row count, pages written; median of 3"
    anchor = "1.3 s: a suite in pandas alone, 1 M rows in memory"
    return [
        Figure("validate, 1 M rows", taken.seconds, "s", "lower", anchor, 15 if rows == 1_000_000 else None, how),
        Figure(
            "polars.read_csv, the peer of reading", peer, "rows/CPU-s", "higher", "not strict, not sealed", None, how
        ),
    ]


if __name__ == "__main__":
    report("data_scale", figures(int(sys.argv[1]) if len(sys.argv) > 1 else SIZES[-1]))
