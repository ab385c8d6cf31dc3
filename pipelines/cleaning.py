"""A shard of sealed rows -> the same rows without the people in them, as far as their company in the table is known."""

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl

from pipelines.access import Access
from pipelines.anonymity.rules import TableRules, quasi_columns, sensitive_column
from pipelines.canaries import canaries, let_through
from pipelines.privacy.columns import without_people
from pipelines.privacy.text_rules import TextRules
from pipelines.raw import PLANTED, open_rows
from pipelines.record import OTHER, Column, Record
from pipelines.shards import Shard
from pipelines.unlinking import renamed
from pipelines.values import typed
from pipelines.vault import Vault

# A range of buckets is read from each draft: few rows beside it are, if they lie in small groups.
ROWS_TOGETHER = 4096


@dataclass(frozen=True)
class Cleaning:
    """What is done with each shard of `raw`, under which entry of the access log.

    `accepted`: by shard, where its verdicts stand. `common`: the values of quasi-identifying categories that enough
    people share. `cells`: whether the drafts hold the published cells of quasi-identifiers.
    """

    raw: Path
    record: Record
    text: TextRules
    tables: TableRules
    access: Access
    accepted: dict[str, Path]
    drafts: Path
    common: dict[str, list[str]] = field(default_factory=dict)
    cells: bool = False


@dataclass(frozen=True)
class Cleaned:
    """What was found in the texts of a shard, by type; and the identifiers of canaries that came through, by column."""

    rows: int
    spans: Counter[str]
    through: Counter[str]


def look_at(job: Cleaning, shard: Shard, vault: Vault) -> dict[str, pl.DataFrame]:
    """What has to be known of all rows before any is cleaned: never leaves this machine, nor its memory.

    By quasi-identifying category its values with as many of their people as are asked for; under "" the columns by
    which people keep company, where that is asked for. People are numbers: two that are alike count as one, so that a
    person never keeps less company than is told.
    """
    rows = _people(_accepted(job, shard, vault))
    rows = rows.with_columns(subject=pl.col("subject").str.slice(0, 15).str.to_integer(base=16))
    found = {column.name: _company(rows, column.name, job.tables) for column in quasi_categories(job.record)}
    if job.tables.k:
        columns = [*quasi_columns(job.record, job.tables), sensitive_column(job.record, job.tables)]
        cut = [without_people(rows[c.name], c, Counter(), job.text, vault.surrogate_key) for c in columns]
        found[""] = rows.select("row", "subject").with_columns(cut)
    return found


def clean(job: Cleaning, shard: Shard, vault: Vault) -> Cleaned:
    """Write the rows of a shard without identifiers, in text or in columns, as a draft under their own names."""
    rows = _accepted(job, shard, vault)
    through: Counter[str] = Counter()
    planted, _ = forget_people(rows.filter(pl.col("origin") == PLANTED), job, vault)
    known = canaries(vault, planted["row"])
    for column in job.record.columns:
        if column.type == "text" and keeps(column):
            through[column.name] += let_through(known, planted[column.name])
    kept, spans = forget_people(_people(rows), job, vault)
    kept = kept.with_columns(_merged(name, values) for name, values in job.common.items())
    if job.cells:
        cells = pl.read_parquet(job.drafts / f"cells-{shard.name}.parquet")
        order = kept.columns
        kept = kept.drop(cells.columns[1:]).join(cells, on="row", maintain_order="left").select(order)
    draft = job.drafts / f"rows-{shard.name}.parquet"
    renamed(kept, vault).sort("bucket").write_parquet(draft, row_group_size=ROWS_TOGETHER)
    return Cleaned(kept.height, spans, through)


def forget_people(rows: pl.DataFrame, job: Cleaning, vault: Vault) -> tuple[pl.DataFrame, Counter[str]]:
    """Typed rows (row, subject, origin, the columns that go on) with texts cleaned and times cut to the day.

    And what was taken out of the texts, by type. The subject is a keyed pseudonym still.
    """
    spans: Counter[str] = Counter()
    kept = [column for column in job.record.columns if keeps(column)]
    rows = rows.select("row", "subject", "origin", *(column.name for column in kept))
    cleaned = [without_people(rows[column.name], column, spans, job.text, vault.surrogate_key) for column in kept]
    return rows.with_columns(cleaned), spans


def keeps(column: Column) -> bool:
    """Whether a column goes on behind the anonymiser: one with a use that does not name a person."""
    return column.privacy != "identifier" and column.role not in ("subject", "key", "consent")


def quasi_categories(record: Record) -> list[Column]:
    """The columns whose values need company, one by one."""
    return [column for column in record.columns if keeps(column) and _is_quasi_category(column)]


def _is_quasi_category(column: Column) -> bool:
    return column.privacy == "quasi" and column.type == "category"


def _company(rows: pl.DataFrame, name: str, tables: TableRules) -> pl.DataFrame:
    pairs = rows.select(name, "subject").drop_nulls(name).unique()
    return pairs.group_by(name).agg(pl.col("subject").head(tables.fewest_subjects)).explode("subject")


def _merged(name: str, common: list[str]) -> pl.Expr:
    stays = pl.col(name).is_null() | pl.col(name).is_in(common)
    return pl.when(stays).then(name).otherwise(pl.lit(OTHER)).alias(name)


def _people(rows: pl.DataFrame) -> pl.DataFrame:
    return rows.filter(pl.col("origin") != PLANTED)


def _accepted(job: Cleaning, shard: Shard, vault: Vault) -> pl.DataFrame:
    rows = open_rows(job.raw, job.record, vault, job.access, planted=True, only=shard.parts)
    accepted = pl.scan_parquet(job.accepted[shard.name]).filter("accepted").select("row").collect()
    return typed(rows.join(accepted, on="row", how="semi", maintain_order="left"), job.record)
