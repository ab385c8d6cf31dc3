"""What all checks of the table found in the rows of a run, as it is written down; and whether the run may go on."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import polars as pl

from pipelines.checks.finding import Finding
from pipelines.checks.findings import findings
from pipelines.checks.gathered import gather
from pipelines.checks.limits import Checks
from pipelines.errors import DataError
from pipelines.record import Record


@dataclass(frozen=True)
class Report:
    """What was found in how many rows that were looked at, of how many; `newest_day` is that of the newest of them.

    `missing` counts, by column, those of the rows looked at that have no value there.
    """

    rows: int
    of: int
    newest_day: str | None
    findings: tuple[Finding, ...]
    missing: Mapping[str, int] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """The report as JSON holds it."""
        return {
            "rows": self.rows,
            "of": self.of,
            "newest_day": self.newest_day,
            "missing": dict(self.missing),
            "findings": [finding.to_dict() for finding in self.findings],
        }


def look_over(
    shards: Iterable[pl.DataFrame], record: Record, limits: Checks, rows: int | None = None, some: int = 0
) -> Report:
    """What the checks find in `shards`, in the order in which rows arrived: row, origin, and the columns as text.

    `rows` is how many there are where the shards hold a part of them only; `some`, about how many the shards hold.
    """
    seen = gather(shards, record, some)
    seen.arrived = max(rows or 0, seen.rows)
    return Report(seen.rows, seen.arrived, seen.newest_day, tuple(findings(seen, limits)), dict(seen.missing))


def refuse_grave(report: Report) -> None:
    """Raise DataError where a finding reaches the threshold at which it stops the run."""
    grave = [finding for finding in report.findings if finding.severity == "stop"]
    if not grave:
        return
    first, more = grave[0], len(grave) - 1
    named = "min_rows" if first.name == "few_rows" else f"{first.name}.stop"
    raise DataError(
        f"validate: {first.count:,} of {first.of:,} {first.title}" + (f", and {more} more findings." if more else "."),
        f"Expected it on the other side of `validate.checks.{named}` in params.yaml. {first.meaning}",
        first.mend,
    )
