"""raw, validated -> anonymised: keep what predicts, forget who it was."""

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import polars as pl

from pipelines.anonymity.rules import TableRules
from pipelines.anonymity.tables import generalise
from pipelines.environment import Environment
from pipelines.files import replacing, write_json
from pipelines.ledger import Ledger
from pipelines.privacy.columns import without_people
from pipelines.raw import open_rows
from pipelines.record import Column, Record
from pipelines.stage import run
from pipelines.values import typed
from pipelines.vault import open_vault

OTHER = "other"


@dataclass(frozen=True)
class Anonymised:
    """The rows without the people in them, and what was taken out."""

    rows: pl.DataFrame
    spans: Counter[str]
    generalised: dict[str, int]
    tables: dict[str, Any] = field(default_factory=dict)


def anonymise(
    raw: Path,
    validated: Path,
    anonymised: Path,
    report: Path,
    *,
    record: Record,
    tables: TableRules = TableRules(),
    environment: Environment,
) -> None:
    """Write the accepted rows to `anonymised` without the people in them, and to `report` what was taken out."""
    vault = open_vault(environment.home, environment.master_key, record.name)
    frame = open_rows(raw, record, vault)
    Ledger(environment.ledger).append("access", {"why": "anonymise", "what": "data/raw", "rows": frame.height})
    accepted = pl.read_parquet(validated / "rows.parquet").filter("accepted").select("row")
    result = forget_people(typed(frame.join(accepted, on="row", maintain_order="left"), record), record, tables)
    with replacing(anonymised) as draft:
        draft.mkdir()
        result.rows.write_parquet(draft / "rows.parquet")
    write_json(report, describe(result, record))


def forget_people(rows: pl.DataFrame, record: Record, tables: TableRules) -> Anonymised:
    """Typed rows (row, subject, origin, the record's columns) without identifiers, in text or in columns.

    Times are cut to the day; the subject stays as a keyed pseudonym. Rare categories become "other"; with `tables.k`
    the quasi-identifiers then become lists (`anonymity.cells`), whose combinations k subjects share.
    """
    spans: Counter[str] = Counter()
    kept = [column for column in record.columns if keeps(column)]
    rows = rows.select("row", "subject", "origin", *(column.name for column in kept))
    rows = rows.with_columns(without_people(rows[column.name], column, spans) for column in kept)
    generalised = {column.name: _rare(rows, column, tables) for column in kept if _is_quasi_category(column)}
    rows = rows.with_columns(
        pl.when(pl.col(name).is_in(values)).then(pl.lit(OTHER)).otherwise(pl.col(name)).alias(name)
        for name, values in generalised.items()
        if values
    )
    table = generalise(rows, record, tables)
    return Anonymised(table.rows, spans, {name: len(values) for name, values in generalised.items()}, table.about)


def keeps(column: Column) -> bool:
    """Whether a column goes on behind the anonymiser: one with a use that does not name a person."""
    return column.privacy != "identifier" and column.role not in ("subject", "consent")


def _is_quasi_category(column: Column) -> bool:
    return column.privacy == "quasi" and column.type == "category"


def _rare(rows: pl.DataFrame, column: Column, tables: TableRules) -> list[str]:
    company = rows.drop_nulls(column.name).group_by(column.name).agg(pl.col("subject").n_unique())
    return company.filter(pl.col("subject") < tables.fewest_subjects)[column.name].sort().to_list()


def describe(result: Anonymised, record: Record) -> dict[str, object]:
    """What was taken out, in counts: never a value."""
    return {
        "rows": result.rows.height,
        "subjects": result.rows["subject"].n_unique(),
        "columns_dropped": [column.name for column in record.columns if not keeps(column)],
        "spans_removed": dict(sorted(result.spans.items())),
        "categories_merged": result.generalised,
        **({"tables": result.tables} if result.tables else {}),
    }


if __name__ == "__main__":
    run(anonymise)
