"""raw, validated -> anonymised: keep what predicts, forget who it was."""

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import polars as pl

from pipelines.access import enter
from pipelines.anonymity.rules import TableRules
from pipelines.anonymity.tables import generalise
from pipelines.canaries import canaries, let_through
from pipelines.environment import Environment
from pipelines.errors import LeakError
from pipelines.files import replacing, write_json
from pipelines.ledger import open_ledger
from pipelines.privacy.columns import without_people
from pipelines.privacy.text_rules import RULES_FILE, TextRules
from pipelines.raw import PLANTED, open_rows
from pipelines.record import Column, Record
from pipelines.stage import run
from pipelines.unlinking import unlinked
from pipelines.values import typed
from pipelines.vault import Vault, open_vault
from pipelines.versions import version_of

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
    text: TextRules = TextRules(),
    tables: TableRules = TableRules(),
    environment: Environment,
) -> None:
    """Write the accepted rows to `anonymised` without the people in them, and to `report` what was taken out.

    Canaries are cleaned as people are, and left out. Raises LeakError where one comes through.
    """
    vault = open_vault(environment.home, environment.master_key, record.name)
    access = enter(open_ledger(environment), environment, "anonymise", "data/raw", version_of(raw))
    frame = open_rows(raw, record, vault, access, planted=True)
    planted = pl.col("origin") == PLANTED
    accepted = pl.read_parquet(validated / "rows.parquet").filter("accepted").select("row")
    rows = typed(frame.join(accepted, on="row", maintain_order="left"), record)
    # Canaries show whether texts are cleaned; too few to keep each other company in a table.
    cleaned = forget_people(rows.filter(planted), record, TableRules(), text, vault.surrogate_key)
    _refuse_let_through(cleaned.rows, record, vault)
    result = forget_people(rows.filter(~planted), record, tables, text, vault.surrogate_key)
    with replacing(anonymised) as draft:
        draft.mkdir()
        unlinked(result.rows, vault).write_parquet(draft / "rows.parquet")
        # What a model learns from these rows, it must be asked by the same rules: they go with the rows.
        write_json(draft / RULES_FILE, text.to_json())
    write_json(report, describe(result, record, text))


def _refuse_let_through(cleaned: pl.DataFrame, record: Record, vault: Vault) -> None:
    known = canaries(vault, cleaned["row"])
    texts = [column.name for column in record.columns if column.type == "text" and keeps(column)]
    found = {name: let_through(known, cleaned[name]) for name in texts}
    if any(found.values()):
        where = ", ".join(f"{number} in {name}" for name, number in found.items() if number)
        raise LeakError(
            f"anonymise: identifiers of planted rows came through: {where}.",
            "Expected none: each e-mail address, number and link that we planted ourselves has to be taken out.",
            "mend the anonymiser or its rules (`anonymise` in params.yaml); real people's would come through as well.",
        )


def forget_people(
    rows: pl.DataFrame, record: Record, tables: TableRules, text: TextRules = TextRules(), key: bytes | None = None
) -> Anonymised:
    """Typed rows (row, subject, origin, the record's columns) without identifiers, in text or in columns.

    Times are cut to the day; the subject stays as a keyed pseudonym. Surrogates in texts come from `key`. Rare
    categories become "other"; with `tables.k` the quasi-identifiers then become lists (`anonymity.cells`), whose
    combinations k subjects share.
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
    table = generalise(rows, record, tables)
    return Anonymised(table.rows, spans, {name: len(values) for name, values in generalised.items()}, table.about)


def keeps(column: Column) -> bool:
    """Whether a column goes on behind the anonymiser: one with a use that does not name a person."""
    return column.privacy != "identifier" and column.role not in ("subject", "key", "consent")


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
        **({"tables": result.tables} if result.tables else {}),
    }


if __name__ == "__main__":
    run(anonymise)
