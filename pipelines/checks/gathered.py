"""What is kept of all rows for the checks of the table: a hash here, a code there, and a sample of bounded size.

Shards are taken one at a time, in the order of arrival. A row costs some 60 bytes, whatever stands in it; signatures of
texts and values for the search of leaks are kept of `SIGNED` and `SAMPLED` rows at most, chosen by hash.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date

import numpy as np
import polars as pl

from pipelines.checks.nearly import Signatures, lots_of, sign
from pipelines.record import Column, Record
from pipelines.spelling import normals
from pipelines.values import present, typed

SAMPLED = 20_000
SIGNED = 100_000
# Where more texts are to come, so many more than that are signed: lots are drawn, and do not come out even.
SPARE = 1.2


@dataclass
class Gathered:
    """All that the checks of the table look at.

    `keys` has a row per row: row, label, part, origin, `text` and `normal` (64-bit hashes of the text as it is and as
    it counts) or `features`, `content` (of all columns) and one hash per column that may be an id.
    """

    record: Record
    keys: pl.DataFrame
    sample: pl.DataFrame
    signatures: Signatures
    missing: Counter[str] = field(default_factory=Counter)
    blank: dict[str, list[str]] = field(default_factory=dict)
    newest_day: str | None = None
    arrived: int = 0

    @property
    def rows(self) -> int:
        """How many rows were seen."""
        return self.keys.height


def may_be_ids(record: Record) -> list[Column]:
    """The columns in which a value could name one row: no measure, no answer, no text that people write."""
    roles = ("text", "label", "time", "split", "consent", "subject")
    measures = [c for c in record.columns if c.type == "integer" and c.role == "feature"]
    kinds = ("text", "category", "integer")
    return [c for c in record.columns if c.role not in roles and c.type in kinds and c not in measures]


def gather(shards: Iterable[pl.DataFrame], record: Record, some: int = 0) -> Gathered:
    """What `shards` of rows hold, each with row, origin and the record's columns as text, as they arrived.

    Of `some` rows or about as many; where that is not known, all texts are signed until they are too many.
    """
    keys: list[pl.DataFrame] = []
    samples: list[pl.DataFrame] = []
    signed = sign([], [], min(1.0, SPARE * SIGNED / max(some, 1)))
    missing: Counter[str] = Counter()
    blank: dict[str, list[str]] = {}
    newest: list[date] = []
    for shard in shards:
        values = typed(shard, record)
        plain = _plain(values, record)
        keys.append(_keys(shard, values, plain, record))
        samples = _smallest([*samples, values.drop("subject", strict=False)])
        signed = signed if record.text is None else _signed(signed, shard["row"], plain)
        missing.update({c.name: shard.select(present(c).is_null().sum()).item() for c in record.columns})
        _note_blanks(shard, record, blank)
        newest += _newest(values, record)
    sample = samples[0] if samples else pl.DataFrame()
    day = str(max(newest)) if newest else None
    found = pl.concat(keys) if keys else pl.DataFrame(schema={"row": pl.String, "label": pl.String})
    return Gathered(record, found, sample, signed.cut(SIGNED), missing, blank, day)


def _plain(values: pl.DataFrame, record: Record) -> pl.Series:
    """Each text without the differences that do not count."""
    if record.text is None:
        return pl.Series([], dtype=pl.String)
    return normals(values[record.text.name])


def _keys(shard: pl.DataFrame, values: pl.DataFrame, plain: pl.Series, record: Record) -> pl.DataFrame:
    """The compact keys of a shard. Polars' hashes are equal for equal values within one process: they are not kept."""
    split = record.with_role("split")
    part = pl.col(split.name).cast(pl.Categorical) if split else pl.lit(None, dtype=pl.Categorical).alias("part")
    ids = [
        pl.when(present(c).is_not_null()).then(pl.col(c.name).hash()).alias(f"id {c.name}") for c in may_be_ids(record)
    ]
    kept = shard.select(
        "row",
        pl.col("origin").cast(pl.Categorical),
        part.alias("part"),
        pl.struct(record.names).hash().alias("content"),
        *ids,
    )
    # Numbers dispute nothing: two people may well rate one text differently.
    given = values[record.label.name].cast(pl.String) if record.has_classes else pl.Series([None] * values.height)
    label = given.cast(pl.Categorical).alias("label")
    if record.text is None:
        features = shard.select(pl.struct(c.name for c in record.features).hash().alias("features"))
        return kept.with_columns(label, features.to_series())
    texts = values[record.text.name]
    whole = pl.DataFrame({"text": texts, "normal": plain}).select(
        pl.when(pl.col(name).is_not_null()).then(pl.col(name).hash()).alias(name) for name in ("text", "normal")
    )
    return kept.with_columns(label, *whole)


def _smallest(frames: list[pl.DataFrame]) -> list[pl.DataFrame]:
    """The rows whose ids hash to the smallest numbers: the same sample, whatever the shards were."""
    rows = pl.concat(frames)
    return [rows if rows.height <= SAMPLED else rows.sort(pl.col("row").hash(), "row").head(SAMPLED)]


def _signed(signed: Signatures, rows: pl.Series, texts: pl.Series) -> Signatures:
    """What was signed, and this shard's texts; cut down now and then, for cutting costs as much as signing."""
    held = texts.is_not_null()
    rows, plain = rows.filter(held), texts.filter(held).to_list()
    if signed.kept < 1:  # the others would only be signed to be left out
        within = lots_of(plain) < np.uint64(signed.kept * 2**64)
        rows = rows.filter(pl.Series(within, dtype=pl.Boolean))
        plain = [text for text, is_in in zip(plain, within, strict=True) if is_in]
    both = signed.beside(sign(rows.to_list(), plain))
    return both.cut(SIGNED) if len(both.rows) > 2 * SIGNED else both


def _note_blanks(shard: pl.DataFrame, record: Record, blank: dict[str, list[str]]) -> None:
    """Cells of numbers that hold spaces and nothing else: neither a number nor an honest blank."""
    for column in record.columns:
        if column.is_numeric:
            cell = pl.col(column.name)
            rows = shard.filter((cell.str.len_bytes() > 0) & (cell.str.strip_chars() == ""))["row"]
            if rows.len():
                blank.setdefault(column.name, []).extend(rows)


def _newest(values: pl.DataFrame, record: Record) -> list[date]:
    time = record.with_role("time")
    if time is None or time.type != "time":
        return []
    newest = values.select(pl.col(time.name).max().dt.date()).item()
    return [] if newest is None else [newest]
