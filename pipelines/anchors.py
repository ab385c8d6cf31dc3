"""The heads of chains, noted beside the keys: whoever cuts off a chain's end, or the whole, leaves its head behind."""

import fcntl
import json
import os
from pathlib import Path
from typing import NamedTuple


class Head(NamedTuple):
    """The last known entry of a chain, which is named by the digest of its first entry."""

    chain: str
    number: int
    digest: str


def raise_anchor(path: Path, head: Head) -> None:
    """Note in `path` how far a chain has come; it never goes back, and no chain is left out once it was there."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with path.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        noted = {known.chain: known for known in read_anchor(path)}
        if head.chain in noted and noted[head.chain].number >= head.number:
            return
        noted[head.chain] = head
        draft = path.with_suffix(f".{os.getpid()}")
        draft.write_text(json.dumps(list(noted.values())), "ascii")
        draft.replace(path)


def read_anchor(path: Path) -> list[Head]:
    """The heads noted in `path`."""
    try:
        return [Head(*noted) for noted in json.loads(path.read_text("ascii"))]
    except FileNotFoundError:
        return []
