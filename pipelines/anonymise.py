"""validated -> anonymised: keep what predicts, forget who it was."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl

from pipelines.access import enter
from pipelines.anonymity.rules import TableRules, quasi_columns
from pipelines.anonymity.tables import generalise
from pipelines.cleaning import Cleaned, Cleaning, clean, keeps, look_at, quasi_categories
from pipelines.environment import Environment
from pipelines.errors import LeakError
from pipelines.files import drafting, replacing, write_json
from pipelines.ledger import open_ledger
from pipelines.privacy.text_rules import RULES_FILE, TextRules
from pipelines.record import OTHER, Record
from pipelines.shards import Shard, map_shards, shards_named
from pipelines.stage import run
from pipelines.tables import parts_of, write_table
from pipelines.unlinking import in_order, parts_for
from pipelines.versions import version_of

# What a part of the anonymised table holds: it is sorted in memory.
ROWS_AT_ONCE = 200_000


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

    Rare categories become "other"; with `tables.k` the quasi-identifiers then become lists (`anonymity.cells`), whose
    combinations k subjects share. Canaries are cleaned as people are, and left out. Raises LeakError where one comes
    through.
    """
    access = enter(open_ledger(environment), environment, "anonymise", "data/raw", version_of(raw))
    accepted = dict(parts_of(validated / "rows.parquet"))
    shards = shards_named(raw, list(accepted))
    with drafting(anonymised) as drafts:
        paths = {name: path.absolute() for name, path in accepted.items()}
        job = Cleaning(raw.absolute(), record, text, tables, access, paths, drafts.absolute())
        job, company = _know_company(job, shards, environment)
        cleaned = map_shards(clean, job, shards, record.name, environment)
        _refuse_let_through(cleaned)
        rows = sum(each.rows for each in cleaned)
        subjects = 0
        with replacing(anonymised) as draft:
            draft.mkdir()
            parts = in_order([drafts / f"rows-{shard.name}.parquet" for shard in shards], rows, ROWS_AT_ONCE)
            subjects = write_table(draft / "rows.parquet", parts, parts_for(rows, ROWS_AT_ONCE), "subject")
            # What a model learns from these rows, it must be asked by the same rules: they go with the rows.
            write_json(draft / RULES_FILE, text.to_json())
    spans = sum((each.spans for each in cleaned), Counter[str]())
    write_json(report, {"rows": rows, "subjects": subjects, **describe(record, text, spans), **company})


def _know_company(job: Cleaning, shards: Sequence[Shard], environment: Environment) -> tuple[Cleaning, dict[str, Any]]:
    """The `job` with what has to be known of all rows, and what the report says of it.

    Rows are opened for it by this machine alone: what quasi-identifiers are before they are merged crosses no network.
    """
    categories, k = quasi_categories(job.record), job.tables.k
    if k:
        quasi_columns(job.record, job.tables)  # refuses wrong rules before anything is opened
    if not categories and not k:
        return job, {"categories_merged": {}}
    here = replace(environment, dask=None)
    looks = map_shards(look_at, job, shards, job.record.name, here)
    rare: dict[str, list[str]] = {}
    common: dict[str, list[str]] = {}
    for name in (column.name for column in categories):
        pairs = pl.concat([look[name] for look in looks])
        company = pairs.group_by(name).agg(pl.col("subject").n_unique())
        few = pl.col("subject") < job.tables.fewest_subjects
        rare[name], common[name] = (company.filter(which)[name].sort().to_list() for which in (few, ~few))
    told: dict[str, Any] = {"categories_merged": {name: len(values) for name, values in rare.items()}}
    if k:
        told["tables"] = _generalise(job, shards, [look.pop("") for look in looks], rare)
    return replace(job, common=common, cells=bool(k)), told


def _generalise(
    job: Cleaning, shards: Sequence[Shard], rows: list[pl.DataFrame], rare: dict[str, list[str]]
) -> dict[str, Any]:
    """Write the published cells of quasi-identifiers beside the drafts of each shard; what is told of them."""
    whole = pl.concat(rows).with_columns(
        pl.when(pl.col(name).is_in(values)).then(pl.lit(OTHER)).otherwise(pl.col(name)).alias(name)
        for name, values in rare.items()
        if values and name in rows[0].columns
    )
    table = generalise(whole, job.record, job.tables)
    names = [column.name for column in quasi_columns(job.record, job.tables)]
    start = 0
    for shard, some in zip(shards, rows, strict=True):
        cells = table.rows.select("row", *names)[start : start + some.height]
        cells.write_parquet(job.drafts / f"cells-{shard.name}.parquet")
        start += some.height
    return table.about


def _refuse_let_through(cleaned: Sequence[Cleaned]) -> None:
    found = sum((each.through for each in cleaned), Counter[str]())
    if found:
        where = ", ".join(f"{number} in {name}" for name, number in found.items())
        raise LeakError(
            f"anonymise: identifiers of planted rows came through: {where}.",
            "Expected none: each e-mail address, number and link that we planted ourselves has to be taken out.",
            "mend the anonymiser or its rules (`anonymise` in params.yaml); real people's would come through as well.",
        )


def describe(record: Record, text: TextRules, spans: Counter[str]) -> dict[str, object]:
    """What was taken out, in counts: never a value."""
    return {
        "columns_dropped": [column.name for column in record.columns if not keeps(column)],
        "text": text.to_json(),
        "spans_removed": dict(sorted(spans.items())),
    }


if __name__ == "__main__":
    run(anonymise)
