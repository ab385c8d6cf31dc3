"""What the ledger knows of people's rights and of who looked: its entries as evidence."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sql

from pipelines.compliance.evidence import Access, Chain, Consent, Erasure, Read, Request, Verification
from pipelines.compliance.surroundings import keys_left
from pipelines.environment import Environment
from pipelines.ledger import Ledger, entries, reading, runs

# Stages that open sealed rows.
OPENING = ("validate", "anonymise")


def moment(text: str) -> datetime:
    """An ISO time; one without a zone is taken as UTC."""
    found = datetime.fromisoformat(text)
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def last_time(ledger: Ledger, kind: str) -> datetime | None:
    """When the newest entry of this `kind` was written."""
    found = ledger.last(kind)
    return moment(found["at"]) if found else None


def chain(ledger: Ledger) -> Chain:
    """The state of the hash chain."""
    with reading(ledger.engine) as connection:
        count, first = connection.execute(sql.select(sql.func.count(), sql.func.min(entries.c.at))).one()
    return Chain(int(count), moment(first) if first else None, ledger.verify())


def accesses(ledger: Ledger) -> tuple[Access, ...]:
    """The access log, newest first."""
    return tuple(
        Access(
            each["number"],
            moment(each["at"]),
            str(each.get("why")),
            each.get("who"),
            each.get("what"),
            each.get("version"),
        )
        for each in ledger.all("access")
    )


def reads(ledger: Ledger) -> tuple[Read, ...]:
    """Every stage of every run that had to open sealed rows, for it did run."""
    with reading(ledger.engine) as connection:
        found = connection.execute(sql.select(runs)).all()
    return tuple(
        Read(row.id, step["name"], moment(row.started), moment(row.ended) if row.ended else None)
        for row in found
        for step in json.loads(row.body).get("steps", [])
        if step["name"] in OPENING and step["outcome"] == "ran"
    )


def consents(ledger: Ledger) -> tuple[Consent, ...]:
    """The consent record: what was granted."""
    return tuple(
        Consent(
            int(each.get("subjects", 1)),
            each.get("purpose"),
            each.get("notice"),
            each.get("channel"),
            moment(each["at"]),
        )
        for each in ledger.all("consent")
        if each.get("state", "granted") == "granted"
    )


def withdrawn(ledger: Ledger) -> set[str]:
    """People (pseudonyms) whose newest word is a withdrawal, given before the last run began."""
    run = ledger.last_run()
    newest: dict[str, Mapping[str, Any]] = {}
    for each in ledger.all("consent"):  # newest first
        if each.get("subject"):
            newest.setdefault(str(each["subject"]), each)
    return {
        subject
        for subject, each in newest.items()
        if each.get("state") == "withdrawn" and (run is None or moment(each["at"]) < moment(run.started))
    }


def requests(ledger: Ledger) -> tuple[Request, ...]:
    """People's requests, and when each was answered: by an entry `answer` or `erasure` that names it."""
    closing = {each.get("request"): moment(each["at"]) for kind in ("answer", "erasure") for each in ledger.all(kind)}
    return tuple(
        Request(str(each.get("what", "?")), moment(each["at"]), closing.get(each.get("id")))
        for each in ledger.all("request")
    )


def erasures(ledger: Ledger, environment: Environment, namespace: str) -> tuple[Erasure, ...]:
    """Who was forgotten, what was decided about models since, and who was told."""
    found = ledger.all("erasure")
    left = keys_left(environment, namespace, [str(each.get("subject")) for each in found])
    decisions = {str(each.get("model")): each.get("decision") for each in ledger.all("model decision")}
    told = ledger.all("notice")
    return tuple(
        Erasure(
            at=moment(each["at"]),
            models={str(model): decisions.get(str(model)) for model in each.get("models", [])},
            notified=tuple(str(n["recipient"]) for n in told if n.get("subject") == each.get("subject")),
            key_remains=str(each.get("subject")) in left,
        )
        for each in found
    )


def verification(ledger: Ledger) -> Verification | None:
    """The last search for forgotten people in all versions."""
    found = ledger.last("verification")
    if found is None:
        return None
    figures = {name: int(found.get(name, 0)) for name in ("subjects", "versions", "decryptable", "derived")}
    return Verification(at=moment(found["at"]), **figures)
