"""Erasing people: what goes at once, what a receipt says, and whose erasure still waits for its end.

At once go the key (with it every sealed row in every version, copy and backup), what was predicted for them and what
they answered. Then every place is looked through and every model that learnt from them is named; that closes the
erasure with a receipt. All of it stands in the ledger's chain, under pseudonyms.
"""

from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import asdict, dataclass

import sqlalchemy as sql

from pipelines.answered import feedback, metadata, predictions
from pipelines.erased import DONE, REQUESTED, requested
from pipelines.ledger import Ledger, append, reading
from pipelines.vault import Vault

# Article 12(3) of the GDPR gives a month, GB/T 35273-2020 8.7 thirty days.
LAWFUL_DAYS = 30


@dataclass(frozen=True)
class Line:
    """One line of a receipt: in which store how much was removed, how much is left, and how we know."""

    store: str
    removed: int
    left: int
    how: str


@dataclass(frozen=True)
class Receipt:
    """What became of one person in every store, and which model versions had learnt from them."""

    record: str
    subject: str
    lines: tuple[Line, ...]
    models: tuple[int, ...]
    retrain_by: str

    @property
    def left(self) -> int:
        """How much of the person is left anywhere."""
        return sum(line.left for line in self.lines)


def erase(subjects: Collection[str], record: str, vault: Vault, ledger: Ledger, by: str) -> dict[str, list[Line]]:
    """Destroy the keys of `subjects` (pseudonyms) and all that was predicted for them or answered by them.

    The lines of their receipts so far. Whoever was erased before is erased again: a key may have come back.
    """
    metadata.create_all(ledger.engine)
    had_key = vault.forget(subjects)
    removed = {table.name: _remove(ledger, table, subjects) for table in (predictions, feedback)}
    keys_left = vault.keys.find(subjects)
    lines = {
        subject: [
            Line("key store", int(subject in had_key), int(subject in keys_left), "the key was looked up again"),
            *(
                Line(name, counts[subject], left[subject], "the table was counted again")
                for name, (counts, left) in removed.items()
            ),
        ]
        for subject in sorted(subjects)
    }
    with ledger.engine.begin() as connection:
        for subject, found in lines.items():
            body = {"record": record, "subject": subject, "by": by, "lines": [asdict(line) for line in found]}
            append(connection, REQUESTED, body)
    ledger.anchor()
    return lines


def heard_of(subject: str, record: str, vault: Vault, ledger: Ledger) -> bool:
    """Whether the subject (a pseudonym) has a key, or was forgotten or asked to be: nobody else can be erased."""
    known = vault.keys.find([subject]) or vault.keys.is_forgotten(subject)
    return bool(known) or subject in requested(ledger, record)


def _remove(ledger: Ledger, table: sql.Table, subjects: Collection[str]) -> tuple[Counter[str], Counter[str]]:
    """Delete the rows of `subjects` from `table`: how many each had, and how many are left."""
    before = _count(ledger, table, subjects)
    with ledger.engine.begin() as connection:
        for part in _parts(subjects):
            connection.execute(table.delete().where(table.c.subject.in_(part)))
    return before, _count(ledger, table, subjects)


def _count(ledger: Ledger, table: sql.Table, subjects: Collection[str]) -> Counter[str]:
    counts: Counter[str] = Counter()
    with reading(ledger.engine) as connection:
        for part in _parts(subjects):
            query = sql.select(table.c.subject, sql.func.count()).where(table.c.subject.in_(part))
            for subject, count in connection.execute(query.group_by(table.c.subject)):
                counts[subject] += count
    return counts


def _parts(subjects: Collection[str]) -> Iterable[list[str]]:
    wanted = sorted(subjects)
    return (wanted[start : start + 500] for start in range(0, len(wanted), 500))


def close(receipts: Iterable[Receipt], ledger: Ledger) -> None:
    """Enter finished `receipts` into the chain."""
    with ledger.engine.begin() as connection:
        for receipt in receipts:
            append(connection, DONE, {**asdict(receipt), "left": receipt.left})
    ledger.anchor()
