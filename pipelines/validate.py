"""raw -> validated: which rows may pass, and why the others may not."""

import shutil
import tempfile
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from pipelines.access import enter
from pipelines.checks.finding import FINDINGS
from pipelines.checks.limits import Checks
from pipelines.checks.report import Report, look_over, refuse_grave
from pipelines.environment import Environment
from pipelines.errors import DataError
from pipelines.expectations import suite, table
from pipelines.files import replacing, write_json
from pipelines.ledger import open_ledger
from pipelines.pages import make_local, write_index
from pipelines.raw import PLANTED, open_rows
from pipelines.record import Record
from pipelines.stage import run
from pipelines.vault import open_vault
from pipelines.versions import version_of

if TYPE_CHECKING:
    from great_expectations.checkpoint.checkpoint import CheckpointResult

# Values never leave memory: the checkpoint keeps counts and row ids alone.
RESULT = {
    "result_format": "COMPLETE",
    "exclude_unexpected_values": True,
    "unexpected_index_column_names": ["row"],
    "return_unexpected_index_query": False,
}


@dataclass
class Reasons:
    """Why rows may not pass: reasons by row id; those of canaries (`planted`) apart, for they count for nobody."""

    by_row: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    planted: dict[str, list[str]] = field(default_factory=dict)

    def counts(self) -> dict[str, int]:
        """How many rows each reason holds back, most frequent first."""
        return dict(Counter(reason for reasons in self.by_row.values() for reason in reasons).most_common())


def validate(
    raw: Path,
    validated: Path,
    docs: Path,
    *,
    record: Record,
    max_quarantined: float = 0.2,
    checks: Checks = Checks(),
    environment: Environment,
) -> None:
    """Write to `validated` which rows may pass and why not, and to `docs` pages that show it without values.

    Raises DataError where more than the share `max_quarantined` of the rows would be held back, or where a finding
    about the table reaches the threshold in `checks` at which it stops the run.
    """
    vault = open_vault(environment.home, environment.master_key, record.name)
    access = enter(open_ledger(environment), environment, "validate", "data/raw", version_of(raw))
    frame = open_rows(raw, record, vault, access, planted=True)
    planted = frame.filter(pl.col("origin") == PLANTED)["row"].to_list()
    people = frame.height - len(planted)
    report = look_over([frame.filter(pl.col("origin") != PLANTED)], record, checks)
    refuse_grave(report)
    reasons = _check(table(frame, record), record, docs, planted, report)
    share = len(reasons.by_row) / max(people, 1)
    if people == 0 or share > max_quarantined:
        raise _too_many(people, share, max_quarantined, reasons)
    _write(validated, frame, people, reasons)


def _check(rows: pl.DataFrame, record: Record, docs: Path, planted: list[str], report: Report) -> Reasons:
    with tempfile.TemporaryDirectory(prefix="flywheel-gx-") as project:
        reasons = _reasons(_run_checkpoint(rows, record, Path(project)))
        reasons.planted = {row: reasons.by_row.pop(row) for row in planted if row in reasons.by_row}
        people = rows.height - len(planted)
        site = Path(project) / "gx" / "uncommitted" / "data_docs" / "local_site"
        with replacing(docs) as draft:
            shutil.copytree(site, draft)
            make_local(draft)
            write_json(draft / FINDINGS, report.to_dict())
            write_index(
                draft,
                record.name,
                people,
                people - len(reasons.by_row),
                reasons.counts(),
                len(planted),
                report.findings,
            )
    return reasons


def _run_checkpoint(rows: pl.DataFrame, record: Record, project: Path) -> "CheckpointResult":
    import great_expectations as gx
    from great_expectations.checkpoint import UpdateDataDocsAction
    from great_expectations.data_context.types.base import ProgressBarsConfig

    context = gx.get_context(mode="file", project_root_dir=str(project))
    context.variables.progress_bars = ProgressBarsConfig(globally=False)
    asset = context.data_sources.add_pandas(record.name).add_dataframe_asset("raw")
    batch = asset.add_batch_definition_whole_dataframe("all rows")
    definition = gx.ValidationDefinition(name="may pass", data=batch, suite=context.suites.add(suite(record)))
    checkpoint = gx.Checkpoint(
        name="arrival",
        validation_definitions=[context.validation_definitions.add(definition)],
        actions=[UpdateDataDocsAction(name="data docs")],
        result_format=RESULT,
    )
    return context.checkpoints.add(checkpoint).run(batch_parameters={"dataframe": rows.to_pandas()})


def _reasons(result: "CheckpointResult") -> Reasons:
    reasons = Reasons()
    for validation in result.run_results.values():
        for outcome in validation.results:
            _refuse_exception(outcome)
            for place in outcome.result.get("unexpected_index_list") or []:
                for row in place["row"]:  # without their values, the failing rows come as one list
                    reasons.by_row[row].append(outcome.expectation_config.meta["reason"])
    return reasons


def _refuse_exception(outcome: Any) -> None:
    """An expectation that could not be evaluated has not passed."""
    if (outcome.exception_info or {}).get("raised_exception"):
        raise RuntimeError(f"{outcome.expectation_config.type} could not be evaluated")


def _too_many(rows: int, share: float, allowed: float, reasons: Reasons) -> DataError:
    commonest = ", ".join(f"{reason} ({count})" for reason, count in list(reasons.counts().items())[:3])
    return DataError(
        f"validate: {share:.0%} of {rows:,} rows may not pass: {commonest or 'there are none'}.",
        f"Expected at most {allowed:.0%} (`validate.max_quarantined` in params.yaml).",
        "mend the source or `record`; data/report/validation/index.html shows each expectation.",
    )


def _write(validated: Path, frame: pl.DataFrame, people: int, reasons: Reasons) -> None:
    found = {**reasons.planted, **reasons.by_row}
    why = pl.Series("reasons", [found.get(row, []) for row in frame["row"]], dtype=pl.List(pl.String))
    rows = frame.select("row").with_columns(why).with_columns(accepted=pl.col("reasons").list.len() == 0)
    counts = {
        "rows": people,
        "accepted": people - len(reasons.by_row),
        "quarantined": len(reasons.by_row),
        "reasons": reasons.counts(),
    }
    with replacing(validated) as draft:
        draft.mkdir()
        rows.write_parquet(draft / "rows.parquet")
        write_json(draft / "counts.json", counts)


if __name__ == "__main__":
    run(validate)
