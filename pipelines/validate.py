"""raw -> validated: which rows may pass, and why the others may not."""

import math
import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from pipelines.access import Access, enter
from pipelines.across import REPEATED, judge_across
from pipelines.checkpoint import Outcome, reasons_of, write_pages
from pipelines.checks.finding import FINDINGS
from pipelines.checks.limits import Checks
from pipelines.checks.report import Report, look_over, refuse_grave
from pipelines.environment import Environment
from pipelines.errors import DataError
from pipelines.files import drafting, replacing, write_json
from pipelines.judging import Judging, faults, judge
from pipelines.ledger import open_ledger
from pipelines.pages import make_local, write_index
from pipelines.raw import count_rows, layouts, open_rows
from pipelines.record import Record
from pipelines.shards import Shard, crew, shards_of
from pipelines.stage import run
from pipelines.tables import write_table
from pipelines.vault import Vault
from pipelines.versions import version_of

# Of more rows the checks of the table look at a part: each costs what judging it costs once more.
LOOKED_AT = 200_000
# Rows that are judged and looked over one after the other: to begin another process takes as long.
FEW = 20_000
# What judges a shard, with Great Expectations, whose import takes three seconds.
TOOLS = ("great_expectations", "great_expectations.execution_engine", "pipelines.judging", "pipelines.validate")


@dataclass(frozen=True)
class Counts:
    """How many rows of people there are, and may pass; how many each reason holds back; and the canaries beside."""

    rows: int
    accepted: int
    reasons: dict[str, int]
    planted: int


def validate(
    raw: Path,
    validated: Path,
    docs: Path,
    *,
    record: Record,
    max_quarantined: float = 0.2,
    checks: Checks = Checks(),
    shard_rows: int = 100_000,
    environment: Environment,
) -> None:
    """Write to `validated` which rows may pass and why not, and to `docs` pages that show it without values.

    Works on so many rows at once (`shard_rows`), so that memory does not grow with the data; what only all rows tell
    is judged by keyed hashes. Raises DataError where more than the share `max_quarantined` of the rows would be held
    back, or where a finding about the table reaches the threshold in `checks` at which it stops the run.
    """
    access = enter(open_ledger(environment), environment, "validate", "data/raw", version_of(raw))
    shards = shards_of(raw, shard_rows)
    with drafting(validated) as drafts, crew(len(shards), record.name, environment, TOOLS) as working:
        looking = _Looking(raw.absolute(), shards, record, access, checks)
        looked_over = working.ask(_look_over, looking, apart=count_rows(raw) > FEW)
        outcomes = working.map(judge, Judging(raw.absolute(), record, access, drafts.absolute()), shards)
        paths = [drafts / f"{shard.name}.parquet" for shard in shards]
        with tempfile.TemporaryDirectory(prefix="flywheel-gx-") as project:
            reasons = working.let(_judge_all, _Judged(paths, record, outcomes, Path(project)))
            report = looked_over()
            refuse_grave(report)
            counts = _count(paths, reasons)
            _publish_pages(docs, Path(project), record, counts, report)
        changed = len(layouts(raw)) > 1
        # Rows that were stored with a column more are stored once more without it: that is no fault of the source.
        copies = counts.reasons.get(REPEATED, 0) if changed else 0
        share = 1 - (counts.accepted + copies) / max(counts.rows, 1)
        if counts.rows == 0 or share > max_quarantined:
            raise _too_many(counts, share, max_quarantined, changed=changed)
        _write(validated, paths, shards, counts, reasons)


def spread(shards: Sequence[Shard], share: float) -> list[Shard]:
    """At most the `share` of `shards`, but one, with equal steps between them, in order.

    From the end: the newest rows are among them, and a file that is sorted ends in another class than it begins.
    """
    wanted = max(1, math.floor(len(shards) * share))
    return list(shards[::-1][:: math.ceil(len(shards) / wanted) or 1][::-1])


@dataclass(frozen=True)
class _Looking:
    raw: Path
    shards: Sequence[Shard]
    record: Record
    access: Access
    checks: Checks


def _look_over(job: _Looking, vault: Vault) -> Report:
    """What the checks of the table find in all rows up to LOOKED_AT, else in shards spread over them, in order."""
    rows = count_rows(job.raw)
    some = spread(job.shards, LOOKED_AT / max(rows, 1))
    frames = (open_rows(job.raw, job.record, vault, job.access, only=shard.parts) for shard in some)
    return look_over(frames, job.record, job.checks, rows, rows * len(some) // max(len(job.shards), 1))


@dataclass(frozen=True)
class _Judged:
    paths: list[Path]
    record: Record
    outcomes: Sequence[list[Outcome]]
    project: Path


def _judge_all(job: _Judged) -> list[str]:
    """Add to the drafts what only all rows tell, and have the pages of the whole written; `reasons_of` the record."""
    heights = [pl.scan_parquet(path).select(pl.len()).collect().item() for path in job.paths]
    across = list(judge_across(job.paths, job.record).values())
    places = write_pages(across, sum(heights), job.record, job.outcomes, job.project)
    start = 0
    for path, height in zip(job.paths, heights, strict=True):
        rows = pl.read_parquet(path, columns=["row", "planted", "faults"])
        here = {number: at[(at >= start) & (at < start + height)] - start for number, at in places.items()}
        both = pl.DataFrame([rows["faults"], faults(here, height).alias("across")])
        all_ = both.select(pl.concat_list("faults", "across").list.sort().alias("faults"))
        rows.with_columns(all_).write_parquet(path)
        start += height
    return reasons_of(job.record)


def _count(paths: list[Path], reasons: list[str]) -> Counts:
    rows = pl.scan_parquet(paths)
    people = rows.filter(~pl.col("planted"))
    every = people.select(pl.col("faults").explode()).drop_nulls().group_by("faults").len().collect()
    often = every.sort(["len", "faults"], descending=[True, False])
    return Counts(
        rows=people.select(pl.len()).collect().item(),
        accepted=people.filter(pl.col("faults").list.len() == 0).select(pl.len()).collect().item(),
        reasons={reasons[fault]: count for fault, count in often.iter_rows()},
        planted=rows.filter("planted").select(pl.len()).collect().item(),
    )


def _publish_pages(docs: Path, project: Path, record: Record, counts: Counts, report: Report) -> None:
    with replacing(docs) as draft:
        shutil.copytree(project / "gx" / "uncommitted" / "data_docs" / "local_site", draft)
        make_local(draft)
        write_json(draft / FINDINGS, report.to_dict())
        numbers = (counts.rows, counts.accepted, counts.reasons, counts.planted)
        looked_at = report.rows if report.rows < report.of else None
        filled = [(column, 1 - report.missing[column.name] / max(report.rows, 1)) for column in record.columns]
        write_index(draft, record.name, *numbers, report.findings, looked_at, filled)


def _too_many(counts: Counts, share: float, allowed: float, *, changed: bool) -> DataError:
    commonest = ", ".join(f"{reason} ({count})" for reason, count in list(counts.reasons.items())[:3])
    return DataError(
        f"validate: {share if counts.rows else 0:.0%} of {counts.rows:,} rows may not pass: "
        f"{commonest or 'there are none'}.",
        f"Expected at most {allowed:.0%} (`validate.max_quarantined` in params.yaml).",
        "`record` lists other columns than when rows were stored: restore their lines (what has no role is not read)."
        if changed
        else "mend the source or `record`; data/report/validation/index.html shows each expectation.",
    )


def _write(validated: Path, paths: list[Path], shards: Sequence[Shard], counts: Counts, reasons: list[str]) -> None:
    names = pl.Series(reasons, dtype=pl.String)
    told = {
        "rows": counts.rows,
        "accepted": counts.accepted,
        "quarantined": counts.rows - counts.accepted,
        "reasons": counts.reasons,
    }
    with replacing(validated) as draft:
        draft.mkdir()
        parts = ((shard.name, _verdicts(path, names)) for shard, path in zip(shards, paths, strict=True))
        write_table(draft / "rows.parquet", parts, len(shards))
        write_json(draft / "counts.json", told)


def _verdicts(path: Path, names: pl.Series) -> pl.DataFrame:
    """Which rows of a draft may pass, and why the others may not."""
    rows = pl.read_parquet(path, columns=["row", "faults"])
    why = rows.select(
        pl.col("faults").list.eval(pl.element().replace_strict(range(len(names)), names)).alias("reasons")
    )
    return rows.select("row").with_columns(why).with_columns(accepted=pl.col("reasons").list.len() == 0)


if __name__ == "__main__":
    run(validate)
