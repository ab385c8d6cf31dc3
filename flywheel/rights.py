"""`flywheel request` and `notify`: what else people ask of us, and who has to be told of an erasure."""

import json
import secrets
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from flywheel.people import here
from flywheel.words import count, moment
from pipelines.compliance.register import FILE, read_register
from pipelines.compliance.rights import ANSWER
from pipelines.environment import Environment
from pipelines.errors import DataError
from pipelines.ledger import Ledger, open_ledger
from pipelines.record import Record
from pipelines.vault import open_vault

# GDPR 15, 16, 18, 20 to 22; PIPL 44 to 50. Erasure is no request that waits: `flywheel forget` does it.
WHAT = ("access", "rectification", "restriction", "portability", "objection", "explanation", "complaint")


def ask(what: str, subject: str) -> int:
    """Note that somebody asks for `what`, and print the request's number and until when it has to be answered."""
    if what not in WHAT:
        raise DataError(
            f"request: {what[:40]!r} is nothing that can be asked for.",
            f"Expected one of: {', '.join(WHAT)}.",
            "choose the nearest; to be forgotten is `flywheel forget`.",
        )
    _, record, environment = here()
    number = secrets.token_hex(4)
    body = {"id": number, "what": what, "subject": _pseudonym(subject, record, environment)}
    ledger = open_ledger(environment)
    ledger.append("request", body)
    print(f"Request {number} ({what}) is noted; an answer is due by {_due(ledger.all('request', limit=1)[0])}.")
    print(f"Once it is answered: flywheel request answer {number} granted")
    return 0


def answer(number: str, outcome: str) -> int:
    """Note that request `number` was answered. Raises DataError where it is not open."""
    ledger = open_ledger(here()[2])
    if number not in {each["id"] for each in _open(ledger)}:
        raise DataError(
            f"request: there is no open request {number[:20]!r}.",
            "Expected the number of one that waits for an answer.",
            "see `flywheel request list`.",
        )
    ledger.append("answer", {"request": number, "outcome": outcome})
    print(f"Request {number} is answered: {outcome}. {count(len(_open(ledger)), 'request')} open.")
    return 0


def waiting(*, as_json: bool) -> int:
    """Print the requests that wait for an answer, the oldest first."""
    found = [
        {"id": each["id"], "what": each["what"], "asked": each["at"], "due": _due(each)}
        for each in reversed(_open(open_ledger(here()[2])))
    ]
    if as_json:
        print(json.dumps(found))
        return 0
    for each in found:
        print(f"{each['id']}  {each['what']:<14}asked {moment(each['asked'])}, due by {each['due']}")
    if not found:
        print("No request waits for an answer.")
    return 0


def notify(recipient: str, subjects: Sequence[str], *, everybody: bool) -> int:
    """Note that a `recipient` of the data was told who has been erased.

    Raises DataError where somebody was not erased, or the recipient is none. The telling itself is yours: this is the
    book that `flywheel comply` reads.
    """
    workspace, record, environment = here()
    register = read_register(workspace)
    known = [each.name for each in register.recipients] if register else []
    if recipient not in known:
        raise DataError(
            f"notify: {FILE} does not list {recipient[:60]!r} among its recipients.",
            f"Expected one of: {', '.join(known) or 'none are listed'}.",
            f"add it to `recipients` in {FILE}, or correct the name.",
        )
    ledger = open_ledger(environment)
    told = {each["subject"] for each in ledger.all("notice") if each.get("recipient") == recipient}
    erased = {str(each["subject"]) for each in ledger.all("erasure") if each.get("subject")}
    owed = erased - told
    asked = owed if everybody else {_pseudonym(each, record, environment) for each in subjects}
    if not asked or not asked <= erased:
        raise DataError(
            "notify: somebody who is named has not been erased, or nobody is named.",
            f"Expected people who were erased; {recipient} was not told of {len(owed):,} of them.",
            "name them as `flywheel forget` did, or say `--all`.",
        )
    for subject in sorted(asked & owed):
        ledger.append("notice", {"recipient": recipient, "subject": subject})
    print(f"{count(len(asked & owed), 'notice')} to {recipient} noted; {len(owed - asked):,} still owed.")
    return 0


def _open(ledger: Ledger) -> list[dict[str, Any]]:
    answered = {each["request"] for each in ledger.all("answer")}
    return [each for each in ledger.all("request") if each["id"] not in answered]


def _due(request: dict[str, Any]) -> str:
    return f"{datetime.fromisoformat(request['at']) + ANSWER:%Y-%m-%d}"


def _pseudonym(subject: str, record: Record, environment: Environment) -> str:
    return open_vault(environment.home, environment.master_key, record.name).pseudonym(subject)
