"""How long rows may be kept: those that are too old are noted as expired, and keys that seal nothing else destroyed."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl

from pipelines.access import enter
from pipelines.answered import answered_of, remove_predictions
from pipelines.environment import Environment
from pipelines.ledger import Ledger
from pipelines.raw import living, note_expired, open_rows, parts, subjects
from pipelines.record import Record
from pipelines.values import typed
from pipelines.vault import Vault
from pipelines.versions import version_of

CHECKED = "retention"


def expire(raw: Path, record: Record, days: int | None, vault: Vault, ledger: Ledger, environment: Environment) -> bool:
    """Note the rows of `raw` that are older than so many `days` by their own time; whether there were new ones.

    Looked at once a day, for it opens all rows; each look is an entry in the ledger. A person all of whose rows have
    expired loses their key, so that no old version opens them either. Rows without a time never expire.
    """
    column, now = record.with_role("time"), datetime.now(UTC)
    last = ledger.last(CHECKED)
    today = now.date().isoformat()
    if days is None or column is None or not parts(raw) or (last and last["on"] == today and last["days"] == days):
        return False
    access = enter(ledger, environment, "retention", "data/raw", version_of(raw) or "not yet a version")
    # Of those too who have gone: nobody's rows may be kept longest because they objected.
    rows = open_rows(raw, record, vault, access, every=True)
    times = typed(rows, record)[column.name]
    old = rows.filter((times < now - timedelta(days=days)).fill_null(value=False))
    left = set(rows["subject"]) - set(rows.filter(~pl.col("row").is_in(old["row"].implode()))["subject"])
    # Who was predicted for, or answered, lately: that too is sealed by the key.
    left -= answered_of(ledger, left, _moment(now - timedelta(days=days)))
    # Before the note: rows that are noted are not looked at again, and a kill in between would leave their keys.
    vault.keys.destroy(left & subjects(raw), forget=False)
    found = note_expired(raw, old["row"].to_list())
    ledger.append(CHECKED, {"on": today, "days": days, "rows": old.height, "subjects": len(left)})
    return found


def expire_predictions(raw: Path, days: int, vault: Vault, ledger: Ledger) -> int:
    """Remove what was predicted more than `days` ago, and the keys that seal nothing else; how many predictions.

    They can be answered no longer; what was answered is a row by then, and has a term of its own.
    """
    before = _moment(datetime.now(UTC) - timedelta(days=days))
    removed, owners = remove_predictions(ledger, before)
    if removed:
        alone = owners - answered_of(ledger, owners, before) - living(raw)
        vault.keys.destroy(alone, forget=False)
        ledger.append("predictions expired", {"days": days, "predictions": removed, "subjects": len(alone)})
    return removed


def _moment(at: datetime) -> str:
    return at.isoformat(timespec="microseconds")
