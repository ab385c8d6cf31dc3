"""What a scan found, in counts, kinds and names of files; and whether a promotion may rest on it."""

import hashlib
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from pipelines.errors import LeakError
from pipelines.files import digest, read_json, write_json
from pipelines.gates import Gate

FILE = Path("data/report/leaks.json")
SHOWN = 5


@dataclass(frozen=True)
class Leak:
    """A file in which somebody stands, who wrote it, and how many of each kind it holds."""

    file: str
    writer: str
    kinds: dict[str, int]

    def __str__(self) -> str:
        found = ", ".join(f"{number:,} {kind}" for kind, number in sorted(self.kinds.items()))
        return f"{self.file} ({found}; written by {self.writer})"


@dataclass(frozen=True)
class Scanned:
    """One scan: of which `state`, how much was looked at, for how much, and what was found."""

    state: str
    at: str
    files: int
    read: int
    bytes_read: int
    canaries: int
    identifiers: int
    places: dict[str, int]
    leaks: list[Leak] = field(default_factory=list)
    out_of_reach: list[str] = field(default_factory=list)

    def to_dict(self) -> dict[str, Any]:
        """This report as JSON can hold it."""
        return asdict(self)


def state(paths: Sequence[Path]) -> str:
    """What tells the models, their rows and their measures in `paths` apart from others."""
    return hashlib.sha256("\n".join(digest(path) for path in paths).encode()).hexdigest()


def write_report(workspace: Path, scanned: Scanned) -> None:
    """Keep the report."""
    write_json(workspace / FILE, scanned.to_dict())


def read_report(workspace: Path) -> Scanned | None:
    """The last report, or None where there is none that can be read."""
    try:
        content: dict[str, Any] = read_json(workspace / FILE)
        return Scanned(**{**content, "leaks": [Leak(**leak) for leak in content["leaks"]]})
    except (OSError, ValueError, TypeError, KeyError):
        return None


def require_clean(workspace: Path, paths: Sequence[Path]) -> Gate:
    """The gate that a scan of exactly what stands in `paths` found nobody.

    Raises LeakError where it found somebody, or where there was none: a refusal that is recorded as a decision would
    stand after the leak is mended.
    """
    scanned = read_report(workspace)
    if scanned is None or scanned.state != state(paths):
        raise LeakError(
            "promote: these models were not searched for people.",
            "Expected a scan of exactly these models, rows and measures before anything is decided.",
            "run `flywheel run`, which scans before it promotes, or `flywheel scan` and then this again.",
        )
    if scanned.leaks:
        raise refusal(scanned.leaks)
    known = {"files": scanned.files, "canaries": scanned.canaries, "identifiers": scanned.identifiers}
    reason = f"Nobody was found in {scanned.files:,} files; looked for: {scanned.canaries:,} canaries, "
    reason += f"{scanned.identifiers:,} identifiers of people, and what looks like one."
    return Gate("no_leaks", passed=True, reason=reason, figures=dict(known))


def refusal(leaks: Sequence[Leak]) -> LeakError:
    """The three lines about `leaks`: files, kinds and writers, never a value."""
    more = f" and {len(leaks) - SHOWN:,} files more" if len(leaks) > SHOWN else ""
    writers = sorted({leak.writer for leak in leaks})
    return LeakError(
        f"scan: people can be seen in {'; '.join(map(str, leaks[:SHOWN]))}{more}.",
        "Expected no canary, no identifier of a person, and nothing that looks like one; nothing was promoted.",
        f"mend what writes them ({', '.join(writers)}), remove these files (DVC's by `dvc gc -w`), and run again; "
        "a value that is nobody's belongs into `scan.allow` in params.yaml.",
    )
