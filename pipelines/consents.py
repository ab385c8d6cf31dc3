"""Who may be learnt from: consent given and withdrawn, in a table beside the ledger and in its hash chain.

Consent at arrival stands in the data themselves (role `consent`); here stands what was said later. The newest word
counts, but what a source says never overrules what was said to us in person.
"""

from collections.abc import Collection, Iterator, Sequence
from contextlib import nullcontext
from typing import Literal

import sqlalchemy as sql
from sqlalchemy.engine import Connection

from pipelines.ledger import Ledger, append_all, now, reading
from pipelines.vault import Vault

By = Literal["person", "source"]
AT_ONCE = 500  # SQLite bounds the number of parameters

metadata = sql.MetaData()
consents = sql.Table(
    "consents",
    metadata,
    sql.Column("record", sql.String, primary_key=True),
    sql.Column("subject", sql.String, primary_key=True),
    sql.Column("given", sql.Boolean, nullable=False),
    sql.Column("by", sql.String, nullable=False),
    sql.Column("at", sql.String, nullable=False),
)


class Consents:
    """What the subjects of one data set said after they arrived."""

    def __init__(self, ledger: Ledger, record: str) -> None:
        self.ledger, self.record = ledger, record
        metadata.create_all(ledger.engine)

    def withdrawn(self) -> dict[str, By]:
        """The subjects who have withdrawn their consent, and by whom we know."""
        query = sql.select(consents.c.subject, consents.c.by).where(
            (consents.c.record == self.record) & ~consents.c.given
        )
        with reading(self.ledger.engine) as connection:
            return {row.subject: row.by for row in connection.execute(query)}

    def has_withdrawn(self, subject: str, connection: Connection | None = None) -> bool:
        """Whether the subject has withdrawn consent, asked by the `connection` that is in a transaction already.

        Whoever holds the ledger's write lock may not wait for another connection: those who have one wait for the lock.
        """
        place = (consents.c.record == self.record) & (consents.c.subject == subject)
        with nullcontext(connection) if connection is not None else reading(self.ledger.engine) as open_one:
            return open_one.execute(sql.select(consents.c.given).where(place)).scalar() is False

    def say(self, subjects: Collection[str], *, given: bool, by: By) -> int:
        """Note that `subjects` (pseudonyms) give or withdraw consent; for how many of them that is news."""
        with self.ledger.engine.begin() as connection:
            known = self._said_by(connection, subjects)
            changed = [subject for subject in sorted(subjects) if _is_news(known.get(subject), given, by)]
            said = [{"record": self.record, "subject": subject, "given": given, "by": by} for subject in changed]
            append_all(connection, "consent", said)
            for some in _parts(changed):
                connection.execute(consents.delete().where(self._of(some)))
            if said:
                connection.execute(consents.insert(), [each | {"at": now()} for each in said])
        self.ledger.anchor()
        return len(changed)

    def adopt(self, subjects: Collection[str]) -> int:
        """Note that `subjects`, who stand in the data as gone, have withdrawn, where nothing is known of them here.

        The data may come from another machine, whose ledger heard them; how many were news.
        """
        query = sql.select(consents.c.subject).where(consents.c.record == self.record)
        with reading(self.ledger.engine) as connection:
            heard = {row.subject for row in connection.execute(query)}
        unheard = set(subjects) - heard
        return self.say(unheard, given=False, by="person") if unheard else 0

    def _said_by(self, connection: Connection, subjects: Collection[str]) -> dict[str, tuple[bool, By]]:
        """What those of `subjects` who said something said last, and by whom we know."""
        columns = (consents.c.subject, consents.c.given, consents.c.by)
        found = (connection.execute(sql.select(*columns).where(self._of(some))) for some in _parts(sorted(subjects)))
        return {row.subject: (row.given, row.by) for rows in found for row in rows}

    def _of(self, subjects: Sequence[str]) -> sql.ColumnElement[bool]:
        return (consents.c.record == self.record) & consents.c.subject.in_(subjects)


def _is_news(known: tuple[bool, By] | None, given: bool, by: By) -> bool:
    """Whether it changes anything that somebody of whom this is `known` gives or withdraws consent."""
    if known is None:
        return not given
    return known[0] != given and not (by == "source" and known[1] == "person")


def _parts(subjects: Sequence[str]) -> Iterator[Sequence[str]]:
    return (subjects[start : start + AT_ONCE] for start in range(0, len(subjects), AT_ONCE))


def is_suppressed(subject: str, consents: Consents, vault: Vault, connection: Connection | None = None) -> bool:
    """Whether nothing of the subject may be stored or learnt, as things stand now or in an open transaction."""
    return vault.keys.is_forgotten(subject) or consents.has_withdrawn(subject, connection)


def suppressed(consents: Consents, vault: Vault) -> set[str]:
    """The subjects of whom nothing may be stored or learnt: forgotten, or without consent."""
    return set(vault.keys.forgotten()) | set(consents.withdrawn())
