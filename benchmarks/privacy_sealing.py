"""Sealing and opening rows, per core, against AES-GCM with a key object of its own for every row."""

import os
import secrets
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import polars as pl
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from reporting import Figure, report

from pipelines.access import Access
from pipelines.cells import encode_rows
from pipelines.sample import COLUMNS, reviews
from pipelines.vault import open_vault

ROWS, REPEATS = 30_000, 9
HOW = f"{ROWS:,} rows of the embedded sample, one core, CPU-seconds, median of {REPEATS} turns"


def figures() -> list[Figure]:
    """Rows a CPU-second, in and out, and the peer's."""
    found = list(reviews(ROWS, 7))
    with tempfile.TemporaryDirectory() as folder:
        vault = open_vault(Path(folder), secrets.token_hex(32), "bench")
        cells = pl.DataFrame(found, dict.fromkeys(COLUMNS, pl.String)).select(COLUMNS)
        rows = [f"{place:032x}" for place in range(ROWS)]
        subjects = [vault.pseudonym(row["user_id"] or str(place)) for place, row in enumerate(found)]
        names = pl.DataFrame({"row": rows, "subject": subjects})

        def seal() -> pl.Series:
            return vault.seal_frame(names.with_columns(content=encode_rows(cells, COLUMNS)))

        stored = names.with_columns(sealed=seal())  # the first time makes the keys
        access = Access("prove", "of a benchmark")
        content = ["\x1f".join(cell or "" for cell in row).encode() for row in cells.iter_rows()]
        into, out, peer = rates(
            seal,
            lambda: vault.open_frame(stored, COLUMNS, access),
            lambda: [AESGCM(secrets.token_bytes(32)).encrypt(os.urandom(12), each, None) for each in content],
        )
        vault.close()
    anchor = f"{peer / 1000:.0f} k rows/s: AES-GCM, a key object per row, no encoding of cells"
    return [
        Figure("sealing, in", into, "rows/s", "higher", anchor, 200_000, HOW),
        Figure("sealing, out", out, "rows/s", "higher", anchor, 200_000, HOW),
    ]


def rates(*works: Callable[[], object]) -> list[float]:
    """Rows a CPU-second of each of `works`, which do ROWS of them, in turns: what disturbs one disturbs all."""
    seconds = [[_seconds(work) for work in works] for _ in range(REPEATS)]
    return [ROWS / statistics.median(each) for each in zip(*seconds, strict=True)]


def _seconds(work: Callable[[], object]) -> float:
    started = time.process_time()
    work()
    return time.process_time() - started


if __name__ == "__main__":
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    report("privacy_sealing", figures())
