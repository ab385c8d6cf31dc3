"""The reigns of champions: which of them a rollback returns to."""

from typing import Any

from pipelines.errors import DataError
from pipelines.ledger import Champion


def reign_before(champion: Champion | None, reigns: list[dict[str, Any]], to: int | None) -> dict[str, Any]:
    """The reign to return to: the last of version `to`, or of any version before today's champion came."""
    now = champion.version if champion else None
    if to is not None:
        wanted = [entry for entry in reigns if entry["version"] == to and to != now]
    else:
        first = next((place for place, entry in enumerate(reigns) if entry["version"] != now), len(reigns))
        wanted = reigns[first:]
    if wanted:
        return wanted[0]
    versions = sorted({entry["version"] for entry in reigns} - {now})
    raise DataError(
        "rollback: there is no such earlier champion." if to is not None else "rollback: there is no earlier champion.",
        f"Expected one of the versions {', '.join(map(str, versions))}."
        if versions
        else "Expected two promotions at least.",
        "choose one of them with `--to`." if versions else "keep the champion; `flywheel status` shows it.",
    )
