"""Sealing and opening rows, per core, against AES-GCM with a key object of its own for every row."""

import os
import secrets
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from reporting import Figure, report

from pipelines.access import Access
from pipelines.sample import COLUMNS, reviews
from pipelines.vault import open_vault

ROWS, REPEATS = 30_000, 5
HOW = f"{ROWS:,} rows of the embedded sample, one core, CPU-seconds, median of {REPEATS}"


def figures() -> list[Figure]:
    """Rows a CPU-second, in and out, and the peer's."""
    found = list(reviews(ROWS, 7))
    with tempfile.TemporaryDirectory() as folder:
        vault = open_vault(Path(folder), secrets.token_hex(32), "bench")
        rows = [
            (f"{place:032x}", vault.pseudonym(row["user_id"] or str(place)), [row[name] for name in COLUMNS])
            for place, row in enumerate(found)
        ]
        sealed = vault.seal(rows)  # the first time makes the keys
        stored = [(row, subject, blob) for (row, subject, _), blob in zip(rows, sealed, strict=True)]
        access = Access("prove", "of a benchmark")
        into, out = rate(lambda: vault.seal(rows)), rate(lambda: vault.open(stored, access))
        vault.close()
    content = ["\x1f".join(cell or "" for cell in cells).encode() for _, _, cells in rows]
    peer = rate(lambda: [AESGCM(secrets.token_bytes(32)).encrypt(os.urandom(12), each, None) for each in content])
    anchor = f"{peer / 1000:.0f} k rows/s: AES-GCM, a key object per row, no encoding of cells"
    return [
        Figure("sealing, in", into, "rows/s", "higher", anchor, 200_000, HOW),
        Figure("sealing, out", out, "rows/s", "higher", anchor, 200_000, HOW),
    ]


def rate(work: Callable[[], object]) -> float:
    """Rows a CPU-second that `work` does, which does ROWS of them."""
    seconds = []
    for _ in range(REPEATS):
        started = time.process_time()
        work()
        seconds.append(time.process_time() - started)
    return ROWS / statistics.median(seconds)


if __name__ == "__main__":
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    report("privacy_sealing", figures())
