"""anonymised -> splits: train, valid and test; a row in test stays in test for ever."""

import hashlib
from pathlib import Path

import polars as pl

from pipelines.errors import DataError
from pipelines.files import replacing, write_json
from pipelines.privacy.text_rules import pass_on_rules
from pipelines.record import Record
from pipelines.spelling import normal
from pipelines.stage import run

PARTS = ("train", "valid", "test")
# What data sets call their own parts.
NAMES = {
    "train": "train",
    "valid": "valid",
    "validation": "valid",
    "dev": "valid",
    "val": "valid",
    "test": "test",
}


def split(
    anonymised: Path, splits: Path, *, record: Record, valid: float = 0.15, test: float = 0.15, seed: int = 0
) -> None:
    """Write the parts of `anonymised` to `splits`: as the data say themselves, or else by the bucket of the subject."""
    rows = pl.read_parquet(anonymised / "rows.parquet")
    parts = without_overlap(rows.with_columns(part=assign(rows, record, valid, test, seed)), record)
    _refuse_empty(parts)
    with replacing(splits) as draft:
        draft.mkdir()
        for name in PARTS:
            parts.filter(pl.col("part") == name).drop("part").write_parquet(draft / f"{name}.parquet")
        pass_on_rules(anonymised, draft)
        write_json(draft / "counts.json", {**_counts(parts), "overlap": rows.height - parts.height})


def assign(rows: pl.DataFrame, record: Record, valid: float, test: float, seed: int) -> pl.Series:
    """The part of each row.

    A row that names its part keeps it; if the data bring no validation part, one is cut from their training
    part. Feedback on data with a standard split never joins its test part.
    """
    column = record.with_role("split")
    keys = _keys(rows, record)
    if column is None:
        return pl.Series([_part(key, seed, valid, test) for key in keys], dtype=pl.String)
    given = [None if name is None else NAMES.get(name.casefold()) for name in rows[column.name]]
    own_valid = "valid" in given
    return pl.Series(
        [
            name if name in ("valid", "test") or (name == "train" and own_valid) else _part(key, seed, valid, 0.0)
            for name, key in zip(given, keys, strict=True)
        ],
        dtype=pl.String,
    )


def without_overlap(rows: pl.DataFrame, record: Record) -> pl.DataFrame:
    """`rows` without training and validation rows whose text also stands in test, or in validation."""
    if record.text is None:
        return rows
    keys = pl.Series("key", _texts(rows, record.text.name), dtype=pl.String)
    held = pl.col("part").replace_strict({"train": 0, "valid": 1, "test": 2}, return_dtype=pl.Int8)
    keep = held == held.max().over("key")
    return rows.with_columns(keys).filter(keep).drop("key")


def _keys(rows: pl.DataFrame, record: Record) -> list[str]:
    """What keeps rows together: the person's bucket, or the content where nobody is named; all machines split alike."""
    if record.with_role("subject") is not None:
        return rows["bucket"].cast(pl.String).to_list()
    if record.text is not None:
        return _texts(rows, record.text.name)
    names = [column.name for column in record.features]
    if any(isinstance(rows.schema[name], pl.List) for name in names):
        # Generalised cells change as rows come in, and with them the part: what stays is the row's own keyed name.
        return rows["row"].to_list()
    return (
        rows.select(pl.concat_str(pl.col(names).cast(pl.String).fill_null(""), separator="\x1f")).to_series().to_list()
    )


def _texts(rows: pl.DataFrame, name: str) -> list[str]:
    """The normal text of each row; a row without one has its own name instead: no two of them share a text."""
    return [normal(text or "") or f"\0{row}" for text, row in zip(rows[name], rows["row"], strict=True)]


def _part(key: str, seed: int, valid: float, test: float) -> str:
    place = int.from_bytes(hashlib.sha256(f"{seed}\0{key}".encode()).digest()[:8], "big") / 2**64
    if place < test:
        return "test"
    return "valid" if place < test + valid else "train"


def _counts(parts: pl.DataFrame) -> dict[str, int]:
    return {name: parts.filter(pl.col("part") == name).height for name in PARTS}


def _refuse_empty(parts: pl.DataFrame) -> None:
    empty = [name for name, rows in _counts(parts).items() if rows == 0]
    if empty:
        raise DataError(
            f"split: no row fell into {' and '.join(empty)}.",
            f"Expected rows in each of {', '.join(PARTS)}; {parts.height:,} rows in all.",
            "bring more rows, or raise `split.valid` and `split.test` in params.yaml.",
        )


if __name__ == "__main__":
    run(split)
