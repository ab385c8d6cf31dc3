"""Names and an order behind the anonymiser that lead back to a person only while that person's key lives."""

import hashlib

import polars as pl

from pipelines.vault import Vault

# Few enough that many people share one, and enough to cut a part to a tenth of a percent.
BUCKETS = 1000


def unlinked(rows: pl.DataFrame, vault: Vault) -> pl.DataFrame:
    """`rows` under names and in an order that lead back to a person only while that person's key lives.

    Row and subject are named by the subject's own key: once it is destroyed, nobody can tell whose rows these were,
    in any version. `bucket` (0 to 999) is shared by many people, so that a split needs no name; the order follows
    from the content alone, so that it is no trace of the order of arrival.
    """
    keys = vault.own_names(set(rows["subject"]), "anonymised")
    names = [_own_name(keys[subject], row) for row, subject in zip(rows["row"], rows["subject"], strict=True)]
    content = [name for name in rows.columns if name not in ("row", "subject")]
    return (
        rows.with_columns(
            pl.Series("row", names, dtype=pl.String),
            pl.Series("subject", [keys[subject].hex()[:32] for subject in rows["subject"]], dtype=pl.String),
            pl.Series("bucket", [_bucket(subject) for subject in rows["subject"]], dtype=pl.UInt16),
        )
        .with_columns(_order=pl.Series([_order(row) for row in rows.select(content).iter_rows()], dtype=pl.Binary))
        .sort("_order", "bucket", "row")
        .drop("_order")
        .select("row", "subject", "bucket", *content)
    )


def _own_name(key: bytes, row: str) -> str:
    return hashlib.blake2b(row.encode(), key=key, digest_size=16).hexdigest()


def _bucket(subject: str) -> int:
    return int.from_bytes(hashlib.sha256(subject.encode()).digest()[:8], "big") % BUCKETS


def _order(content: tuple[object, ...]) -> bytes:
    return hashlib.sha256(repr(content).encode("utf-8", "surrogatepass")).digest()
