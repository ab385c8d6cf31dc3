"""What only all rows together can tell: which repeat an earlier one, and which texts have two labels.

A shard gives a stand-in for each of its rows: keyed hashes of 128 bits, equal where what they stand for is equal, which
tell nothing to whoever has no key. The rows that may repeat something are found among the stand-ins of all shards, and
the checks judge those alone, by their stand-ins.
"""

from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipelines import checks
from pipelines.cells import encode_rows
from pipelines.record import Column, Record
from pipelines.seen import Seen, keyed, one_by_one
from pipelines.spelling import normals

Flags = NDArray[np.bool_]

# The reasons against rows, in the order of the suite.
REPEATED, DISPUTED = "row repeats an earlier one", "text has two labels"


def uniqueness(record: Record) -> dict[str, Column]:
    """The columns in which no value may come twice, by the reason against the second row."""
    return {f"{column.name} stands in an earlier row": column for column in record.columns if column.unique}


def stand_ins(values: pl.DataFrame, record: Record, key: bytes) -> pl.DataFrame:
    """A stand-in for each row of typed `values` (subject, origin, the record's columns).

    The halves of the hashes of the row (same_1, same_2), of its text (text_1, text_2) and of its cell in each unique
    column (NAME once_1, NAME once_2), one of its label, its origin, and whether it stands in a standard test split.
    """
    same = values.select(
        "subject", *((pl.col(c.name) + 0.0 if c.type == "number" else pl.col(c.name)) for c in record.columns)
    ).cast(pl.String)
    split, label = record.with_role("split"), record.with_role("label")
    labels = pl.Series("label", [None] * values.height, dtype=pl.String)
    if label is not None:
        known = pl.col(label.name).is_in(label.categories) if label.categories else pl.lit(value=True)
        labels = same.select(pl.when(known).then(label.name).alias("label")).to_series()
    texts = normals(values[record.text.name]) if record.text else pl.Series([None] * values.height, dtype=pl.String)
    once = [column.name for column in uniqueness(record).values()]
    found = [
        *_halves("same", encode_rows(same, same.columns), key),
        *_halves("text", texts, key),
        _hashed(labels, key),
        *(half for name in once for half in _halves(f"{name} once", same[name], key)),
    ]
    tested = (pl.col(split.name) == "test").fill_null(value=False) if split else pl.lit(value=False)
    return values.select("origin", tested.alias("tested")).with_columns(found)


def _hashed(labels: pl.Series, key: bytes) -> pl.Series:
    """The first halves for labels, of which there are few different ones."""
    each = labels.drop_nulls().unique()
    firsts, _ = _halves("label", each, key)
    return labels.replace_strict(each, firsts, default=None, return_dtype=pl.UInt64).alias("label_1")


def _halves(name: str, contents: pl.Series, key: bytes) -> tuple[pl.Series, pl.Series]:
    """The halves of the keyed hashes of texts or bytes; null where there is nothing to hash."""
    halves = keyed(one_by_one(contents.cast(pl.Binary).fill_null(b"")), key)
    found = pl.DataFrame({f"{name}_{half + 1}": halves[:, half] for half in (0, 1)})
    first, second = found.select(pl.when(contents.is_not_null()).then(pl.all())).get_columns()
    return first, second


def judge_across(drafts: list[Path], record: Record) -> dict[str, pl.Series]:
    """For each reason, whether each row passes, in the order of the `drafts`, which hold the stand-ins."""
    once = {reason: _stands_once(drafts, reason, column) for reason, column in uniqueness(record).items()}
    return {REPEATED: _rows_are_new(drafts, record), DISPUTED: _labels_agree(drafts, record), **once}


def _stands_once(drafts: list[Path], reason: str, column: Column) -> pl.Series:
    names, seen = [f"{column.name} once_{half}" for half in (1, 2)], Seen()
    found = []
    for draft in drafts:
        halves = pl.read_parquet(draft, columns=names)
        there = halves[names[0]].is_not_null().to_numpy()
        passes = np.ones(halves.height, dtype=np.bool_)
        passes[there] = ~seen.add(halves.select(names).drop_nulls().to_numpy())
        found.append(passes)
    return pl.Series(reason, np.concatenate(found))


def _rows_are_new(drafts: list[Path], record: Record) -> pl.Series:
    subject = record.with_role("subject")
    rows = pl.scan_parquet(drafts)
    passes = np.ones(rows.select(pl.len()).collect().item(), dtype=np.bool_)
    if subject is not None:
        again = _occur_twice(rows.select("same_1").collect().to_series())
        name = pl.concat_str("same_1", "same_2", separator=" ")
        some = _at(rows.select(subject=name), again).with_columns(pl.col("subject").alias(subject.name))
        passes[again] = checks.rows_are_new(some, Record(record.name, (subject,))).to_numpy()
    return pl.Series(REPEATED, passes)


def _labels_agree(drafts: list[Path], record: Record) -> pl.Series:
    rows = pl.scan_parquet(drafts)
    passes = np.ones(rows.select(pl.len()).collect().item(), dtype=np.bool_)
    if record.text is not None and record.has_classes:
        labelled = pl.when(pl.col("label_1").is_not_null()).then("text_1")
        again = _occur_twice(rows.select(labelled).collect().to_series())
        split = record.with_role("split")
        tested = [pl.when("tested").then(pl.lit("test")).otherwise(pl.lit("")).alias(split.name)] if split else []
        text = pl.concat_str("text_1", "text_2", separator=" ").alias(record.text.name)
        label = pl.col("label_1").cast(pl.String).alias(record.label.name)
        # A label that is none of the known ones has no stand-in: it disputes nobody's.
        anything = replace(record.label, categories=())
        columns = tuple(anything if column is record.label else column for column in record.columns)
        some = _at(rows.select("origin", text, label, *tested), again)
        passes[again] = checks.labels_agree(some, replace(record, columns=columns)).to_numpy()
    return pl.Series(DISPUTED, passes)


def _occur_twice(halves: pl.Series) -> NDArray[np.intp]:
    """The places of those that occur more than once; of each that does, all. Missing ones do not."""
    places = np.flatnonzero(halves.is_not_null().to_numpy())
    values = halves.drop_nulls().to_numpy()
    ordered = np.sort(values)
    repeated = np.unique(ordered[1:][ordered[1:] == ordered[:-1]])
    if not len(repeated):
        return places[:0]
    nearest = np.searchsorted(repeated, values)
    nearest[nearest == len(repeated)] = 0
    found: NDArray[np.intp] = places[repeated[nearest] == values]
    return found


def _at(rows: pl.LazyFrame, places: NDArray[np.intp]) -> pl.DataFrame:
    wanted = pl.LazyFrame({"place": places}, schema={"place": pl.UInt32})
    numbered = rows.with_row_index("place")
    return numbered.join(wanted, on="place", how="semi").sort("place").drop("place").collect()
