"""Sources from elsewhere: what the checks of the fetcher cost beside urllib and curl, and what a picture costs.

    [FLYWHEEL_DATASETS=DIR] python benchmarks/data_sources.py

CPU-seconds of the process that asks, medians, peers in the same run. DIR/mnist holds the IDX files; without them their
row is left out, and said.
"""

import contextlib
import io
import os
import resource
import shutil
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
from PIL import Image
from reporting import Figure, report

from pipelines.arriving import Sample, find_source
from pipelines.pictures import pixels_alone
from pipelines.record import Record, parse_record
from pipelines.sources.databases import Query
from pipelines.sources.fetching import Reach, fetch

SIZE, REPEATS = 256 << 20, 5
ROWS = 200_000


def figures() -> list[Figure]:
    """All figures of this part."""
    with tempfile.TemporaryDirectory(prefix="bench-sources-") as folder:
        place = Path(folder)
        return [*fetching(place), *pictures(), *digits(), *queries(place)]


def fetching(place: Path) -> list[Figure]:
    """CPU-seconds for a gigabyte from a server on loopback: ours, urllib's, curl's."""
    (place / "served").mkdir()
    (place / "served" / "big.csv").write_bytes(bytes(SIZE))
    with served(place / "served") as url:
        reach = Reach(private=("127.0.0.1",))

        def ours() -> None:
            fetch(url, place, reach)

        def theirs() -> None:
            with urllib.request.urlopen(url) as body, (place / "urllib").open("wb") as file:  # noqa: S310
                shutil.copyfileobj(body, file, 1 << 18)

        def curl() -> None:
            subprocess.run(["curl", "--silent", "--output", str(place / "curl"), url], check=True)

        asked = {"ours": ours, "urllib": theirs} | ({"curl": curl} if shutil.which("curl") else {})
        seconds = medians(asked)
    scale = (1 << 30) / SIZE
    found = [
        Figure(
            "fetching 1 GiB by checked addresses, with caps",
            seconds["ours"] * scale,
            "CPU-s",
            "lower",
            f"urllib {seconds['urllib'] * scale:.2f}",
            2 * seconds["urllib"] * scale,
            f"{SIZE >> 20} MiB from a server on loopback to disk, {REPEATS} times; bar: twice urllib (no checks)",
        )
    ]
    if "curl" in seconds:
        how = "the same file by curl, for comparison"
        found.append(Figure("the same by curl", seconds["curl"] * scale, "CPU-s", "lower", "", None, how))
    return found


@contextlib.contextmanager
def served(folder: Path) -> Iterator[str]:
    """A web server in a process of its own: its CPU seconds are not the asker's."""
    command = [sys.executable, "-u", "-m", "http.server", "0", "--bind", "127.0.0.1", "--directory", str(folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as server:
        assert server.stdout is not None
        port = server.stdout.readline().split("port ")[1].split()[0]
        try:
            yield f"http://127.0.0.1:{port}/big.csv"
        finally:
            server.kill()


def medians(asked: dict[str, Callable[[], None]]) -> dict[str, float]:
    """The median CPU-seconds of each, children included; in turns, so that a busy minute is everybody's."""
    spent: dict[str, list[float]] = {name: [] for name in asked}
    for _ in range(REPEATS):
        for name, run in asked.items():
            before = cpu()
            run()
            spent[name].append(cpu() - before)
    return {name: statistics.median(each) for name, each in spent.items()}


def cpu() -> float:
    """CPU-seconds of this process and of its children that have ended."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(each.ru_utime + each.ru_stime for each in used)


def pictures() -> list[Figure]:
    """What it costs to take all but the pixels out of a photograph, and to encode it again instead."""
    random = np.random.default_rng(7)
    small = Image.fromarray(random.integers(0, 255, (60, 80, 3), dtype=np.uint8)).resize((640, 480))
    out = io.BytesIO()
    small.save(out, "JPEG", quality=90, exif=b"Exif\x00\x00" + bytes(2000))
    photograph = out.getvalue()

    def again() -> None:
        for _ in range(20):
            Image.open(io.BytesIO(photograph)).convert("RGB").save(io.BytesIO(), "PNG")

    def ours() -> None:
        for _ in range(20):
            pixels_alone(photograph)

    seconds = medians({"ours": ours, "pillow": again})
    return [
        Figure(
            "a photograph without its metadata (640 x 480 JPEG)",
            seconds["ours"] / 20 * 1000,
            "CPU-ms",
            "lower",
            f"decoded and written as PNG by Pillow: {seconds['pillow'] / 20 * 1000:.3g}",
            seconds["pillow"] / 20 * 1000 / 10,
            f"a JPEG of {len(photograph):,} bytes; bar: a tenth of Pillow",
        )
    ]


def digits() -> list[Figure]:
    """How fast IDX files become rows."""
    folder = Path(os.environ.get("FLYWHEEL_DATASETS", "")) / "mnist"
    if not (folder / "t10k-images-idx3-ubyte.gz").is_file():
        sys.stderr.write("data_sources: FLYWHEEL_DATASETS/mnist is absent; the figure of IDX files is left out.\n")
        return []
    columns = {"image": {"type": "image", "role": "feature"}, "label": {"type": "category", "role": "label"}}
    record = parse_record({"name": "digits", "columns": columns})
    started = time.process_time()
    files = {"train-images-idx3-ubyte.gz": "train"}
    found = find_source(folder, str(folder), Sample(), files, "idx", None)
    rows = sum(frame.height for frame in found.frames(record))
    rate = rows / (time.process_time() - started)
    return [Figure("MNIST's training images to rows", rate, "rows/CPU-s", "higher", "", None, f"{rows:,} images")]


def queries(place: Path) -> list[Figure]:
    """How fast a table of SQLite becomes rows."""
    with contextlib.closing(sqlite3.connect(place / "reviews.db")) as made, made:
        made.execute("CREATE TABLE reviews (id INTEGER PRIMARY KEY, text TEXT, mood TEXT, score REAL, at TEXT)")
        many = ((f"review number {n} of a thing", "good", n / 7, "2026-01-01T00:00:00") for n in range(ROWS))
        made.executemany("INSERT INTO reviews (text, mood, score, at) VALUES (?, ?, ?, ?)", many)
    query = Query("SELECT * FROM reviews", "id")
    started = time.process_time()
    found = find_source(place, "sqlite:///reviews.db", Sample(), None, None, None, query=query)
    rows = sum(frame.height for frame in found.frames(table()))
    rate = rows / (time.process_time() - started)
    return [Figure("a query to rows (SQLite, 5 columns)", rate, "rows/CPU-s", "higher", "", 100_000, f"{rows:,} rows")]


def table() -> Record:
    """The record of the table."""
    kinds = {"id": "integer", "text": "text", "mood": "category", "score": "number", "at": "time"}
    roles = {"text": "text", "mood": "label"}
    columns = {name: {"type": kind, "role": roles.get(name)} for name, kind in kinds.items()}
    return parse_record({"name": "reviews", "columns": columns})


if __name__ == "__main__":
    report("data_sources", figures())
