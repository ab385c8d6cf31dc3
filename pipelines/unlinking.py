"""Names and an order behind the anonymiser that lead back to a person only while that person's key lives."""

import hashlib
from collections.abc import Iterator
from pathlib import Path

import polars as pl

from pipelines.vault import Vault

# Few enough that many people share one, and enough to cut a part to a tenth of a percent.
BUCKETS = 1000


def renamed(rows: pl.DataFrame, vault: Vault) -> pl.DataFrame:
    """`rows` under names that lead back to a person only while that person's key lives, and their `place`.

    Row and subject are named by the subject's own key: once it is destroyed, nobody can tell whose rows these were,
    in any version. `bucket` (0 to 999) is shared by many people, so that a split needs no name; `place` follows from
    the content alone: whoever sorts by it leaves no trace of the order of arrival.
    """
    keys = vault.own_names(set(rows["subject"]), "anonymised")
    if len(keys) < rows["subject"].n_unique():  # somebody was forgotten since the rows were opened
        rows = rows.filter(pl.col("subject").is_in(list(keys)))
    names = [_own_name(keys[subject], row) for row, subject in zip(rows["row"], rows["subject"], strict=True)]
    content = [name for name in rows.columns if name not in ("row", "subject")]
    buckets = {subject: _bucket(subject) for subject in keys}
    return (
        rows.with_columns(
            pl.Series("row", names, dtype=pl.String),
            pl.Series("subject", [keys[subject].hex()[:32] for subject in rows["subject"]], dtype=pl.String),
            pl.Series("bucket", [buckets[subject] for subject in rows["subject"]], dtype=pl.UInt16),
        )
        .with_columns(place=pl.Series([_place(row) for row in rows.select(content).iter_rows()], dtype=pl.Binary))
        .select("row", "subject", "bucket", *content, "place")
    )


def in_order(drafts: list[Path], rows: int, at_most: int) -> Iterator[tuple[str, pl.DataFrame]]:
    """The `rows` renamed rows in `drafts`, in named parts of about `at_most` rows: ranges of buckets, each in order."""
    count = parts_for(rows, at_most)
    for number in range(count):
        first, last = (-(-BUCKETS * each // count) for each in (number, number + 1))
        part = pl.scan_parquet(drafts).filter(pl.col("bucket").is_between(first, last, closed="left")).collect()
        yield f"{number + 1:06}", part.sort("place", "bucket", "row").drop("place")


def parts_for(rows: int, at_most: int) -> int:
    """In how many parts so many rows are written."""
    return min(max(1, -(-rows // at_most)), BUCKETS)


def _own_name(key: bytes, row: str) -> str:
    return hashlib.blake2b(row.encode(), key=key, digest_size=16).hexdigest()


def _bucket(subject: str) -> int:
    return int.from_bytes(hashlib.sha256(subject.encode()).digest()[:8], "big") % BUCKETS


def _place(content: tuple[object, ...]) -> bytes:
    return hashlib.sha256(repr(content).encode("utf-8", "surrogatepass")).digest()
