"""What the ledger knows of people's rights and of who looked: its entries as evidence."""

import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sql

from pipelines.compliance.evidence import Access, Chain, Consent, Erasure, Read, Request, Verification
from pipelines.compliance.register import Consenting
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


def consents(ledger: Ledger, asked: Consenting | None, purpose: str | None) -> tuple[Consent, ...]:
    """What was granted after arrival; an entry that does not say how was `asked` for as the register says."""
    notice, channel = (asked.notice, asked.channel) if asked else (None, None)
    return tuple(
        Consent(
            int(each.get("subjects", 1)),
            each.get("purpose") or purpose,
            each.get("notice") or notice,
            each.get("channel") or channel,
            moment(each["at"]),
        )
        for each in ledger.all("consent")
        if each.get("given", True)
    )


def withdrawn(ledger: Ledger) -> set[str]:
    """People (pseudonyms) whose newest word is a withdrawal, given before the last run began."""
    run = ledger.last_run()
    newest = _newest(ledger.all("consent"))
    return {
        subject
        for subject, each in newest.items()
        if not each.get("given", True) and (run is None or moment(each["at"]) < moment(run.started))
    }


def _newest(found: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """The newest of the entries (newest first) about each subject."""
    by_subject: dict[str, dict[str, Any]] = {}
    for each in found:
        if each.get("subject"):
            by_subject.setdefault(str(each["subject"]), each)
    return by_subject


def _receipts(ledger: Ledger) -> dict[str, dict[str, Any]]:
    """The receipt of each person whose newest erasure has one."""
    asked, done = _newest(ledger.all("erasure")), _newest(ledger.all("receipt"))
    return {subject: each for subject, each in done.items() if each["number"] > asked.get(subject, each)["number"]}


def requests(ledger: Ledger) -> tuple[Request, ...]:
    """People's requests and when each was answered: an erasure by its receipt, others by the `answer` naming it."""
    answers = {each.get("request"): moment(each["at"]) for each in ledger.all("answer")}
    receipts = _receipts(ledger)
    others = [
        Request(str(e.get("what", "?")), moment(e["at"]), answers.get(e.get("id"))) for e in ledger.all("request")
    ]
    erasing = [
        Request("erasure", moment(each["at"]), moment(receipts[subject]["at"]) if subject in receipts else None)
        for subject, each in _newest(ledger.all("erasure")).items()
    ]
    return (*others, *erasing)


def erasures(ledger: Ledger, environment: Environment, namespace: str, at: datetime) -> tuple[Erasure, ...]:
    """Who was forgotten, what was decided about the models that knew them, and who was told."""
    found, receipts = _newest(ledger.all("erasure")), _receipts(ledger)
    left = keys_left(environment, namespace, list(found))
    decisions = {str(each.get("model")): each.get("decision") for each in reversed(ledger.all("model decision"))}
    told, retrained = ledger.all("notice"), _last_completed(ledger)
    champion = ledger.champion(namespace)
    serving = champion.version if champion else None
    return tuple(
        Erasure(
            at=moment(each["at"]),
            models=_decided(receipts.get(subject), decisions, retrained, serving, at),
            notified=tuple(str(n["recipient"]) for n in told if n.get("subject") == subject),
            key_remains=subject in left,
        )
        for subject, each in found.items()
    )


def _decided(
    receipt: Mapping[str, Any] | None,
    decisions: Mapping[str, Any],
    retrained: datetime | None,
    serving: int | None,
    at: datetime,
) -> dict[str, str | None] | None:
    """What is to become of each model on a receipt: a retrain that was done, or is due and not overdue.

    A retrain has done nothing for the model that is `serving` still.
    """
    if receipt is None:
        return None
    due = receipt.get("retrain_by")
    waits = f"retrain by {due}" if due and f"{at:%Y-%m-%d}" <= str(due) else None
    done = retrained is not None and retrained > moment(receipt["at"])
    usual = f"retrained {retrained:%Y-%m-%d}" if done else waits
    return {
        str(model): decisions.get(str(model)) or (waits if model == serving else usual)
        for model in receipt.get("models", [])
    }


def _last_completed(ledger: Ledger) -> datetime | None:
    query = sql.select(runs.c.started).where(runs.c.outcome == "completed").order_by(runs.c.started.desc()).limit(1)
    with reading(ledger.engine) as connection:
        found = connection.execute(query).scalar()
    return moment(found) if found else None


def verification(ledger: Ledger, record: str, at: datetime) -> Verification | None:
    """The last search for forgotten people: one of its own where it is on record, else what their receipts say."""
    found, receipts = ledger.last("verification"), list(_receipts(ledger).values())
    newest = max((moment(each["at"]) for each in receipts), default=None)
    if found is not None and (newest is None or moment(found["at"]) >= newest):
        figures = {name: int(found.get(name, 0)) for name in ("subjects", "places", "decryptable", "derived")}
        return Verification(at=moment(found["at"]), **figures)
    if newest is None:
        return None
    lines = [line for each in receipts for line in each.get("lines", [])]
    return Verification(
        at=newest,
        subjects=len(receipts),
        places=len({line["store"] for line in lines}),
        decryptable=sum(int(line["left"]) for line in lines),
        derived=_overdue(ledger, record, receipts, at),
    )


def _overdue(ledger: Ledger, record: str, receipts: Iterable[Mapping[str, Any]], at: datetime) -> int:
    """How many of those with `receipts` the model that serves learnt from, though a retrain was due before now."""
    champion, today = ledger.champion(record), f"{at:%Y-%m-%d}"
    if champion is None:
        return 0
    return sum(champion.version in each.get("models", []) and str(each["retrain_by"]) < today for each in receipts)
