"""Whether the books are right: the chain of entries, and what stands beside it and must follow from it."""

import json
from collections.abc import Callable
from dataclasses import dataclass

import sqlalchemy as sql

from pipelines.consents import Consents, consents
from pipelines.erased import receipts, requested
from pipelines.ledger import Ledger, reading, runs
from pipelines.vault import Vault


@dataclass(frozen=True)
class Finding:
    """What was checked, whether it holds, and how that shows."""

    check: str
    holds: bool
    shows: str


def audit(ledger: Ledger, vault: Vault, record: str) -> list[Finding]:
    """Every check of the books, whether it holds or not."""
    checks: list[Callable[[], Finding]] = [
        lambda: _chain(ledger),
        lambda: _consents(ledger, record),
        lambda: _champion(ledger, record),
        lambda: _accesses(ledger),
        lambda: _erasures(ledger, vault, record),
    ]
    return [check() for check in checks]


def _chain(ledger: Ledger) -> Finding:
    broken = ledger.verify()
    if broken is None:
        return Finding("chain of entries", holds=True, shows=f"{ledger.length():,} entries follow from each other")
    shows = f"entry {broken} was altered, removed or moved: what stands from there on proves nothing"
    return Finding("chain of entries", holds=False, shows=shows)


def _consents(ledger: Ledger, record: str) -> Finding:
    Consents(ledger, record)  # makes the table where it is not there yet
    told: dict[str, bool] = {}
    for entry in reversed(ledger.all("consent")):
        if entry.get("record") == record:
            told[entry["subject"]] = entry["given"]
    with reading(ledger.engine) as connection:
        query = sql.select(consents.c.subject, consents.c.given).where(consents.c.record == record)
        kept = {row.subject: bool(row.given) for row in connection.execute(query)}
    wrong = {subject for subject in told.keys() | kept.keys() if told.get(subject) != kept.get(subject)}
    shows = f"{len(told):,} people spoke; the table differs from the chain for {len(wrong):,}"
    return Finding("consents", not wrong, shows)


def _champion(ledger: Ledger, model: str) -> Finding:
    champion = ledger.champion(model)
    crowned = [e for e in ledger.all("decision") if e.get("promote") and e.get("champion") and e.get("model") == model]
    told = crowned[0]["version"] if crowned else None
    kept = champion.version if champion else None
    same = told == kept and (champion is None or crowned[0]["champion"]["digest"] == champion.body["digest"])
    return Finding("champion", same, f"version {kept or 'none'} serves; the last promotion was of {told or 'none'}")


def _accesses(ledger: Ledger) -> Finding:
    """Each run of a stage that opens people must have said so."""
    logged = {(entry.get("run"), entry.get("why")) for entry in ledger.all("access")}
    with reading(ledger.engine) as connection:
        found = [json.loads(row.body) for row in connection.execute(sql.select(runs.c.body))]
    opened = {
        (body["flow_run"], step["name"])
        for body in found
        for step in body.get("steps", [])
        if step["outcome"] == "ran" and step["name"] in ("validate", "anonymise")
    }
    missing = opened - logged
    shows = f"{len(opened):,} openings by flows, {len(missing):,} of them without an entry in the access log"
    return Finding("access log", not missing, shows)


def _erasures(ledger: Ledger, vault: Vault, record: str) -> Finding:
    erased = {*requested(ledger, record), *receipts(ledger, record)}
    back = set(vault.keys.find(erased)) | (erased - set(vault.keys.forgotten()))
    shows = f"{len(erased):,} people were erased; the key store knows better for {len(back):,}"
    if back:
        shows += " (was it restored from a backup? erase them again)"
    return Finding("erasures", not back, shows)
