"""What a check found: how much, how grave, in which rows, what it means and how to mend it. Never a row's value."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

# Where findings are written, beside the data docs.
FINDINGS = "findings.json"
Severity = Literal["info", "warn", "stop"]
# Of the rows that a finding is about, so many are named; its count tells of all.
NAMED = 1000


@dataclass(frozen=True)
class Threshold:
    """From which share of the rows on a finding is a warning, and from which it stops the run."""

    warn: float = 0.0
    stop: float = 2.0  # a share never reaches it


@dataclass(frozen=True)
class Finding:
    """One thing that a check found.

    `count` of `of` rows are concerned, `share` is what thresholds are held against (their quotient, where a check has
    no better measure), `rows` names the first of them by row id, and `figures` holds what else was counted.
    """

    name: str
    title: str
    count: int
    of: int
    share: float
    severity: Severity
    meaning: str
    mend: str
    rows: tuple[str, ...] = ()
    figures: Mapping[str, float] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """The finding as JSON holds it."""
        return asdict(self) | {"rows": list(self.rows), "figures": dict(self.figures)}


def grade(share: float, threshold: Threshold) -> Severity:
    """How grave a share is."""
    if share >= threshold.stop:
        return "stop"
    return "warn" if share >= threshold.warn else "info"
