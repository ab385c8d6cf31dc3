"""What the ledger says of erasures: who was erased, with which receipt, and what still comes of them.

Whoever decides about models reads it here, without anything that could open a sealed row.
"""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from pipelines.ledger import Ledger

REQUESTED, DONE = "erasure", "receipt"


def requested(ledger: Ledger, record: str) -> dict[str, dict[str, Any]]:
    """The newest request of each subject who was erased at once and has no receipt since: oldest request first."""
    asked = _newest(ledger.all(REQUESTED), record)
    done = _newest(ledger.all(DONE), record)
    waiting = {s: e for s, e in asked.items() if s not in done or done[s]["number"] < e["number"]}
    return dict(sorted(waiting.items(), key=lambda item: int(item[1]["number"])))


def receipts(ledger: Ledger, record: str) -> dict[str, dict[str, Any]]:
    """The newest receipt of each subject, oldest first."""
    return dict(sorted(_newest(ledger.all(DONE), record).items(), key=lambda item: int(item[1]["number"])))


def unlearnt(ledger: Ledger, record: str) -> list[dict[str, Any]]:
    """The erasures that wait for a run or for another model: today's data, or the champion, still come of these people.

    A new model that is not promoted settles nothing: what learnt from somebody serves on.
    """
    run = ledger.last_completed_run()
    since = run.started if run else ""
    known = known_to_champion(ledger, record)
    entries = _newest(ledger.all(REQUESTED), record)
    return [entry for subject, entry in entries.items() if subject in known or str(entry["at"]) > since]


def known_to_champion(ledger: Ledger, record: str) -> set[str]:
    """Those who were erased, and from whom the model that serves had learnt by their receipts."""
    champion = ledger.champion(record)
    if champion is None:
        return set()
    return {subject for subject, each in receipts(ledger, record).items() if champion.version in each["models"]}


def retrain_by(at: datetime, days: int) -> str:
    """The day on which a retrain without people erased `at` is due, ISO 8601."""
    return (at.astimezone(UTC) + timedelta(days=days)).date().isoformat()


def _newest(entries: Iterable[Mapping[str, Any]], record: str) -> dict[str, dict[str, Any]]:
    """The newest of `entries` (newest first) for each subject of `record`."""
    found: dict[str, dict[str, Any]] = {}
    for entry in entries:
        if entry.get("record") == record:
            found.setdefault(str(entry["subject"]), dict(entry))
    return found
