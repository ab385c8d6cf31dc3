"""The access log: who opened sealed rows, of which version, why and when, in the ledger's hash chain.

The entry is written first; whoever opens rows hands it over.
"""

from dataclasses import dataclass
from typing import Literal

from sqlalchemy.engine import Connection

from pipelines.environment import Environment
from pipelines.ledger import Ledger, append

Purpose = Literal["validate", "anonymise", "feedback", "scan", "forget", "prove", "retention", "ingest"]


@dataclass(frozen=True)
class Access:
    """An entry of the access log: its digest stands in the chain."""

    why: Purpose
    digest: str


def enter(
    ledger: Ledger | Connection, environment: Environment, why: Purpose, what: str, version: str | None
) -> Access:
    """The entry that lets its holder open `what`, of data version `version`, for the purpose `why`.

    It is written to the `ledger`, or by a connection to it in mid-transaction.
    """
    body = {"who": environment.actor, "run": environment.flow_run, "why": why, "what": what, "version": version}
    return Access(why, ledger.append("access", body) if isinstance(ledger, Ledger) else append(ledger, "access", body))
