"""Adult in classes of ten: what Mondrian hides, how fast, and what a model still learns from it; peers in the same run.

    FLYWHEEL_DATASETS=DIR [FLYWHEEL_TABLE_PEERS=PYTHON] python benchmarks/privacy_tables.py

DIR/adult holds adult.data and hierarchies/; the test part is not opened. FLYWHEEL_TABLE_PEERS: a Python with anjana.
CPU-seconds of one process on one core, medians.
"""

import contextlib
import csv
import json
import os
import statistics
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import polars as pl
import yaml
from numpy.typing import NDArray
from reporting import Figure, report

from pipelines.anonymity.cells import generalised
from pipelines.anonymity.coding import by_interval
from pipelines.anonymity.partition import partition
from pipelines.anonymity.requirements import Requirements
from pipelines.anonymity.rules import TableRules
from pipelines.anonymity.tables import generalise
from pipelines.bundle import Bundle
from pipelines.models import Part, Problem
from pipelines.models.linear import fit
from pipelines.models.options import Linear
from pipelines.record import Record, parse_record
from pipelines.rows import inputs
from pipelines.values import typed

SIX = ("age", "sex", "race", "native-country", "education", "occupation")
TREES = {"native-country": "country", **{name: name for name in ("sex", "race", "education", "occupation")}}
K, REPEATS = 10, 7
ANJANA = """
import json, os, sys, time
os.sched_setaffinity(0, {int(sys.argv[1])})
import pandas as pd
from anjana.anonymity import k_anonymity
folder, k, repeats = sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
names = {"native-country": "country"}
quasi = ["age", "sex", "race", "native-country", "education", "occupation"]
table = pd.read_csv(f"{folder}/adult.data", skipinitialspace=True)
trees = {q: dict(pd.read_csv(f"{folder}/hierarchies/{names.get(q, q)}.csv", header=None)) for q in quasi}
seconds = []
for _ in range(repeats):
    given = table.copy()
    started = time.process_time()
    found = k_anonymity(given, [], quasi, k, 50, trees)
    seconds.append(time.process_time() - started)
json.dump({"seconds": sorted(seconds)[len(seconds) // 2], "kept": len(found), "rows": len(table)}, sys.stdout)
"""


def figures() -> list[Figure]:
    """What our Mondrian and its peers come to on Adult's 32,561 training rows; nothing where the data are not there."""
    folder = Path(os.environ.get("FLYWHEEL_DATASETS", "")) / "adult"
    if not (folder / "adult.data").is_file():
        print("tables: FLYWHEEL_DATASETS names no folder with adult/adult.data; its rows are left out.")
        return []
    rows, record = read(folder)
    with one_core() as core:
        peers = anjana(folder, core)
        return [*ordinal(rows, peers), *peers, *published(rows, record, folder), *utility(rows, record)]


def read(folder: Path) -> tuple[pl.DataFrame, Record]:
    """Adult's training rows as the preset's record types them, each a person of its own."""
    preset = Path(__file__).parent.parent / "presets" / "adult.yaml"
    record = parse_record(yaml.safe_load(preset.read_text("utf-8"))["record"])
    cells = pl.read_csv(folder / "adult.data", infer_schema_length=0)
    cells = cells.rename({name: name.strip() for name in cells.columns}).with_columns(pl.all().str.strip_chars())
    cells = cells.with_columns(
        pl.lit(None, pl.String).alias(name) for name in record.names if name not in cells.columns
    )
    rows = typed(cells, record).with_row_index("row").with_columns(pl.format("r{}", "row").alias("subject"))
    return rows, record


@contextlib.contextmanager
def one_core() -> Iterator[int]:
    """Hold this process on one core; its number."""
    before = os.sched_getaffinity(0)
    core = min(before)
    os.sched_setaffinity(0, {core})
    try:
        yield core
    finally:
        os.sched_setaffinity(0, before)


def seconds(*works: Callable[[], object]) -> list[float]:
    """The median CPU-seconds of each of `works`, which take turns so that a noisy neighbour disturbs all of them."""
    found: list[list[float]] = [[] for _ in works]
    for turn in range(REPEATS + 1):
        for work, taken in zip(works, found, strict=True):
            started = time.process_time()
            work()
            if turn:  # the first warms up
                taken.append(time.process_time() - started)
    return [statistics.median(taken) for taken in found]


def ordinal(rows: pl.DataFrame, peers: list[Figure]) -> list[Figure]:
    """Both Mondrians on the same codes, every column ordinal: categories by their rank in the alphabet."""
    lost, whole_peer = (f"here {peer.value:,.0f}, " for peer in peers) if peers else ("", "")
    # "?" is a value here, as in the anchor's coding.
    table = rows.select(pl.col(name) if name == "age" else pl.col(name).fill_null("?") for name in SIX)
    columns = [table[name] for name in SIX]
    coded = [by_interval(column) for column in columns]
    matrix = np.column_stack([table["age"].to_numpy(), *(column.codes for column in coded[1:])]).astype(np.float64)
    ours, theirs = partition(coded, Requirements(K)), plain_mondrian(matrix, K)
    assert ours is not None

    def whole() -> None:
        fresh = [by_interval(column) for column in columns]
        classes = partition(fresh, Requirements(K))
        for column in fresh:
            generalised(column, classes)

    fast, peer, all_ = seconds(lambda: partition(coded, Requirements(K)), lambda: plain_mondrian(matrix, K), whole)
    how = f"k = {K}; {', '.join(SIX)}; ordinal coding; 0 rows suppressed, {rows.height:,} rows; median of {REPEATS}"
    gcp, plain = (100 * ordinal_penalty(matrix, classes) for classes in (ours, theirs))
    anchor, rate = f"plain Mondrian here {plain:.2f} %, anchor 6.2 %", f"plain Mondrian here {rows.height / peer:,.0f}"
    smallest = int(np.bincount(ours).min())
    return [
        Figure(
            "Adult: rows suppressed",
            100 * (1 - len(ours) / rows.height),
            "%",
            "lower",
            f"anjana {lost}published 43.7 %",
            0.0,
            how,
        ),
        Figure("Adult: smallest class", smallest, "rows", "higher", f"plain {np.bincount(theirs).min()}", K, how),
        Figure("Adult: GCP, ordinal coding", gcp, "%", "lower", anchor, 6.2, f"{how}; stretch 5 %"),
        Figure("Adult: partition", rows.height / fast, "rows/CPU-s", "higher", rate, 200_000, how),
        Figure(
            "Adult: values to cells",
            rows.height / all_,
            "rows/CPU-s",
            "higher",
            f"anjana {whole_peer}published 34,000",
            200_000,
            how,
        ),
    ]


def plain_mondrian(matrix: NDArray[np.float64], k: int) -> NDArray[np.int64]:
    """The textbook's strict Mondrian: the widest column first, cut at its median."""
    ranges = np.ptp(matrix, axis=0)
    classes, waiting, count = np.empty(len(matrix), dtype=np.int64), [np.arange(len(matrix))], 0
    while waiting:
        members = waiting.pop()
        part = matrix[members]
        widths = (part.max(axis=0) - part.min(axis=0)) / ranges
        for column in np.argsort(-widths, kind="stable") if len(members) >= 2 * k else ():
            middle = np.median(part[:, column])
            left = part[:, column] <= middle
            if left.all():
                left = part[:, column] < middle
            if k <= left.sum() <= len(members) - k:
                waiting += [members[left], members[~left]]
                break
        else:
            classes[members] = count
            count += 1
    return classes


def ordinal_penalty(matrix: NDArray[np.float64], classes: NDArray[np.int64]) -> float:
    """GCP of ordinal columns: a class's width as a share of the range, averaged over rows and columns."""
    order = np.argsort(classes, kind="stable")
    starts = np.flatnonzero(np.diff(classes[order], prepend=-1))
    ordered = matrix[order]
    widths = np.maximum.reduceat(ordered, starts) - np.minimum.reduceat(ordered, starts)
    sizes = np.diff(np.append(starts, len(order)))
    return float((sizes[:, None] * widths / np.ptp(matrix, axis=0)).sum() / matrix.size)


def anjana(folder: Path, core: int) -> list[Figure]:
    """anjana on the same six columns, with hierarchies, in a Python of its own on the same core."""
    python = os.environ.get("FLYWHEEL_TABLE_PEERS")
    if not python:
        print("tables: FLYWHEEL_TABLE_PEERS names no Python that has anjana; its rows are left out.")
        return []
    arguments = [str(core), str(folder), str(K), str(REPEATS)]
    told = subprocess.run([python, "-c", ANJANA, *arguments], capture_output=True, text=True, check=True)
    found = json.loads(told.stdout)
    how = f"k = {K}; {', '.join(SIX)}; hierarchies, 50 % may be suppressed; median of {REPEATS}"
    lost = 100 * (1 - found["kept"] / found["rows"])
    return [
        Figure("anjana: rows suppressed", lost, "%", "lower", "anchor 43.7 %", None, how),
        Figure("anjana: whole", found["rows"] / found["seconds"], "rows/CPU-s", "higher", "anchor 34,000", None, how),
    ]


def published(rows: pl.DataFrame, record: Record, folder: Path) -> list[Figure]:
    """What the pipeline does with Adult: coding, classes, cells and all measures, by the rules of params.yaml."""
    trees = {name: read_tree(folder / "hierarchies" / f"{file}.csv") for name, file in TREES.items()}
    asked = {
        "sets, 6 columns": TableRules(k=K, quasi=SIX),
        "hierarchies, 6 columns": TableRules(k=K, quasi=SIX, hierarchies=trees),
        "sets, 6 columns, l = 2": TableRules(k=K, quasi=SIX, distinct_l=2),
        "sets, 6 columns, t = 0.2": TableRules(k=K, quasi=SIX, t=0.2),
        "sets, the preset's 9 columns": TableRules(k=K),
    }
    found = []
    for what, rules in asked.items():
        about = generalise(rows, record, rules).about
        reached = ", ".join(f"{name} {value:g}" for name, value in about["reached"].items())
        how = f"{about['suppressed']} rows suppressed, {about['classes']:,} classes; reached {reached}"
        found.append(Figure(f"Adult, {what}: GCP", 100 * about["gcp"], "%", "lower", "", None, how))
        (taken,) = seconds(lambda rules=rules: generalise(rows, record, rules))
        how = f"coding, partition, cells and measures; median of {REPEATS}"
        found.append(Figure(f"Adult, {what}", rows.height / taken, "rows/CPU-s", "higher", "", None, how))
    return found


def read_tree(path: Path) -> dict[str, tuple[str, ...]]:
    """A hierarchy as ARX and anjana write it: each value, then its ancestors."""
    with path.open(encoding="utf-8", newline="") as lines:
        return {value: tuple(above) for value, *above in csv.reader(lines)}


def utility(rows: pl.DataFrame, record: Record) -> list[Figure]:
    """Accuracy on raw rows of a linear model that learned from raw ones, from classes, or without the columns."""
    held = pl.Series(np.random.default_rng(7).random(rows.height) < 0.2)
    learned, asked = rows.filter(~held), rows.filter(held)
    quasi = [column.name for column in record.features if column.privacy == "quasi"]
    lists = {f"k = {k}": generalise(learned, record, TableRules(k=k)).rows for k in (10, 50)}
    various = {"k = 10, t = 0.2": generalise(learned, record, TableRules(k=10, t=0.2)).rows}
    nothing = {
        "without the 9 columns": learned.with_columns(pl.lit(None).cast(learned.schema[n]).alias(n) for n in quasi)
    }
    how = f"{learned.height:,} rows learned from, {asked.height:,} others of adult.data asked as they are"
    raw = accuracy(learned, asked, record)
    return [
        Figure("Adult, linear: learned from raw rows", raw, "%", "higher", "", None, how),
        *(
            Figure(
                f"Adult, linear: {what}", accuracy(part, asked, record), "%", "higher", f"raw {raw:.2f} %", None, how
            )
            for what, part in {**lists, **various, **nothing}.items()
        ),
    ]


def accuracy(learned: pl.DataFrame, asked: pl.DataFrame, record: Record) -> float:
    """The share of `asked` that a linear model of `learned` answers as its label says, in per cent."""
    labels = tuple(sorted(learned[record.label.name].unique()))
    parts = [Part(inputs(part, record), places(part, record, labels)) for part in (learned, asked)]
    fitted = fit(Problem(record, labels, *parts, np.ones(len(labels)), 7), Linear())
    bundle = Bundle("linear", labels, fitted.features, fitted.graph, threads=1)
    return float(100 * (bundle.probabilities(parts[1].columns).argmax(axis=1) == parts[1].labels).mean())


def places(rows: pl.DataFrame, record: Record, labels: tuple[str, ...]) -> NDArray[np.int64]:
    """The place of each row's label among `labels`."""
    return np.array([labels.index(label) for label in rows[record.label.name]], dtype=np.int64)


if __name__ == "__main__":
    report("privacy_tables", figures())
