"""raw, validated -> anonymised: keep what predicts, forget who it was."""

import hashlib
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from pipelines.access import enter
from pipelines.environment import Environment
from pipelines.files import replacing, write_json
from pipelines.ledger import open_ledger
from pipelines.privacy.columns import without_people
from pipelines.privacy.text_rules import RULES_FILE, TextRules
from pipelines.raw import open_rows
from pipelines.record import Column, Record
from pipelines.stage import run
from pipelines.values import typed
from pipelines.vault import Vault, open_vault
from pipelines.versions import version_of

OTHER = "other"
# Few enough that many people share one, and enough to cut a part to a tenth of a percent.
BUCKETS = 1000


@dataclass(frozen=True)
class TableRules:
    """How much company a person keeps: a quasi-identifying category shared by fewer subjects becomes "other"."""

    fewest_subjects: int = 10


@dataclass(frozen=True)
class Anonymised:
    """The rows without the people in them, and what was taken out."""

    rows: pl.DataFrame
    spans: Counter[str]
    generalised: dict[str, int]


def anonymise(
    raw: Path,
    validated: Path,
    anonymised: Path,
    report: Path,
    *,
    record: Record,
    text: TextRules = TextRules(),
    tables: TableRules = TableRules(),
    environment: Environment,
) -> None:
    """Write the accepted rows to `anonymised` without the people in them, and to `report` what was taken out."""
    vault = open_vault(environment.home, environment.master_key, record.name)
    access = enter(open_ledger(environment), environment, "anonymise", "data/raw", version_of(raw))
    frame = open_rows(raw, record, vault, access)
    accepted = pl.read_parquet(validated / "rows.parquet").filter("accepted").select("row")
    rows = typed(frame.join(accepted, on="row", maintain_order="left"), record)
    result = forget_people(rows, record, tables, text, vault.surrogate_key)
    with replacing(anonymised) as draft:
        draft.mkdir()
        unlinked(result.rows, vault).write_parquet(draft / "rows.parquet")
        # What a model learns from these rows, it must be asked by the same rules: they go with the rows.
        write_json(draft / RULES_FILE, text.to_json())
    write_json(report, describe(result, record, text))


def forget_people(
    rows: pl.DataFrame, record: Record, tables: TableRules, text: TextRules = TextRules(), key: bytes | None = None
) -> Anonymised:
    """Typed rows (row, subject, origin, the record's columns) without identifiers, in text or in columns.

    Times are cut to the day; the subject stays as a keyed pseudonym. Surrogates in texts come from `key`.
    """
    spans: Counter[str] = Counter()
    kept = [column for column in record.columns if keeps(column)]
    rows = rows.select("row", "subject", "origin", *(column.name for column in kept))
    rows = rows.with_columns(without_people(rows[column.name], column, spans, text, key) for column in kept)
    generalised = {column.name: _rare(rows, column, tables) for column in kept if _is_quasi_category(column)}
    rows = rows.with_columns(
        pl.when(pl.col(name).is_in(values)).then(pl.lit(OTHER)).otherwise(pl.col(name)).alias(name)
        for name, values in generalised.items()
        if values
    )
    return Anonymised(rows, spans, {name: len(values) for name, values in generalised.items()})


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


def keeps(column: Column) -> bool:
    """Whether a column goes on behind the anonymiser: one with a use that does not name a person."""
    return column.privacy != "identifier" and column.role not in ("subject", "consent")


def _is_quasi_category(column: Column) -> bool:
    return column.privacy == "quasi" and column.type == "category"


def _rare(rows: pl.DataFrame, column: Column, tables: TableRules) -> list[str]:
    company = rows.drop_nulls(column.name).group_by(column.name).agg(pl.col("subject").n_unique())
    return company.filter(pl.col("subject") < tables.fewest_subjects)[column.name].sort().to_list()


def describe(result: Anonymised, record: Record, text: TextRules) -> dict[str, object]:
    """What was taken out, in counts: never a value."""
    return {
        "rows": result.rows.height,
        "subjects": result.rows["subject"].n_unique(),
        "columns_dropped": [column.name for column in record.columns if not keeps(column)],
        "text": text.to_json(),
        "spans_removed": dict(sorted(result.spans.items())),
        "categories_merged": result.generalised,
    }


if __name__ == "__main__":
    run(anonymise)
