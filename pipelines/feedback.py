"""What users answered: predictions that were shown, and what people said of them.

Inputs are sealed before they reach the disk. A correction is durable before it is acknowledged, counted once
per idempotency key and once per prediction, and becomes a sealed row of the next data version.
"""

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal

import sqlalchemy as sql
from sqlalchemy.engine import Connection
from sqlalchemy.exc import IntegrityError

from pipelines.access import Access, enter
from pipelines.answered import (
    ContradictionError,
    UnknownPredictionError,
    count_waiting,
    feedback,
    find,
    is_known,
    metadata,
    predictions,
    waiting,
)
from pipelines.consents import Consents, is_suppressed, suppressed
from pipelines.data_set import open_ledger_of
from pipelines.environment import Environment
from pipelines.errors import DataError
from pipelines.ledger import now, reading
from pipelines.quantities import described, number_in, possible, within
from pipelines.raw import SealedRow
from pipelines.record import Record
from pipelines.vault import Vault

__all__ = [
    "Answer",
    "AnswerError",
    "Collected",
    "ContradictionError",
    "FeedbackStore",
    "Outcome",
    "Shown",
    "Take",
    "UnknownPredictionError",
    "Verdict",
    "as_row",
    "waiting",
]

Verdict = Literal["right", "wrong"]
Outcome = Literal["stored", "replayed"]


class AnswerError(DataError):
    """The feedback contradicts itself, or names a label that could not have been predicted."""


@dataclass(frozen=True)
class Shown:
    """A prediction as it was shown to a user."""

    id: str
    version: int
    label: str
    probabilities: dict[str, float]
    subject: str
    values: dict[str, str | None]


@dataclass(frozen=True)
class Answer:
    """What a user said of one prediction: a verdict, or the label that would have been right."""

    key: str
    prediction: str
    verdict: Verdict | None = None
    label: str | None = None
    consent: bool = True


@dataclass(frozen=True)
class Collected:
    """One labelled row that was collected elsewhere, sealed."""

    key: str
    row: str
    subject: str
    sealed: bytes


Take = Callable[[Answer | Collected], Outcome]


def as_row(record: Record, values: Mapping[str, str | None], subject: str, at: str) -> dict[str, str | None]:
    """`values` as a row of `record`; where they lack them: `subject`, the time `at`, consent, and a part to be in.

    Whoever answers a prediction consents that we learn from it; a standard test part stays as it was published.
    """
    row = {name: values.get(name) for name in record.names}
    consent = record.with_role("consent")
    lacking = {
        "subject": subject,
        "time": at,
        "consent": consent.granted[0] if consent else None,
        "split": "train",
    }
    for column in record.columns:
        if column.role in lacking and row[column.name] is None:
            row[column.name] = lacking[column.role]
    return row


class FeedbackStore:
    """Predictions and feedback beside the ledger of `environment`, for one record and its vault."""

    def __init__(self, environment: Environment, record: Record, vault: Vault) -> None:
        self.ledger = open_ledger_of(record.name, environment)
        self.engine = self.ledger.engine
        metadata.create_all(self.engine)
        self.environment, self.record, self.vault = environment, record, vault
        self.consents = Consents(self.ledger, record.name)
        self._columns = json.dumps(record.names)

    def show(self, shown: Sequence[Shown]) -> None:
        """Remember predictions, their inputs sealed, so that feedback can name them."""
        cells = [[s.values.get(name) for name in self.record.names] for s in shown]
        sealed = self.vault.seal((s.id, s.subject, row) for s, row in zip(shown, cells, strict=True))
        at = now()
        rows = [
            {
                "id": s.id,
                "at": at,
                "version": s.version,
                "label": s.label,
                "subject": s.subject,
                "columns": self._columns,
                "sealed": blob,
            }
            | {"probabilities": json.dumps(s.probabilities, ensure_ascii=False)}
            for s, blob in zip(shown, sealed, strict=True)
        ]
        with self.engine.begin() as connection:
            connection.execute(predictions.insert(), rows)

    def answer(self, answer: Answer) -> Outcome:
        """Store one answer durably; "replayed" where the same one is there already.

        Raises UnknownPredictionError, AnswerError, and ContradictionError where it was answered otherwise before.
        """
        try:
            with self.together() as take:
                return take(answer)
        except IntegrityError:
            # On PostgreSQL another process may have been first between our look and our insert.
            with self.together() as take:
                return take(answer)

    @contextmanager
    def together(self) -> Iterator[Take]:
        """A function that stores answers as `answer` does; all of the block are durable at its end, or none."""
        with self.engine.begin() as connection:
            yield partial(self._take, connection)
        self.ledger.anchor()

    def collect(self, rows: Sequence[tuple[str, Mapping[str, str | None]]]) -> list[Collected | None]:
        """Labelled rows that were collected elsewhere, (key, values) each, sealed and ready to be stored.

        None stands for a row of somebody who was forgotten, or who withdrew consent: no key is made for them again.
        """
        subject, at = self.record.with_role("subject"), now()
        away = suppressed(self.consents, self.vault)
        ready = []
        for key, values in rows:
            # The row as it was collected gives the id: what is filled in is another tomorrow.
            row = self.vault.row_id([key, *(values.get(name) for name in self.record.names)], 0)
            person = values.get(subject.name) if subject else None
            cells = list(as_row(self.record, values, row, at).values())
            ready.append((key, row, self.vault.pseudonym(person) if person else row, cells))
        sealed = iter(self.vault.seal((row, owner, cells) for _, row, owner, cells in ready if owner not in away))
        return [None if owner in away else Collected(key, row, owner, next(sealed)) for key, row, owner, _ in ready]

    def holds_back(self, subject: str, connection: Connection | None = None) -> bool:
        """Whether nothing of the subject (a pseudonym) may be stored: forgotten, or without consent."""
        return is_suppressed(subject, self.consents, self.vault, connection)

    def waiting(self, since: int) -> int:
        """How many answers that teach something came after number `since`."""
        return count_waiting(self.engine, since)[0]

    def rows(self) -> list[SealedRow]:
        """All answers that teach something, as sealed rows, oldest first."""
        query = sql.select(feedback).where(feedback.c.row.is_not(None)).order_by(feedback.c.number)
        with reading(self.engine) as connection:
            found = connection.execute(query).all()
        older = [r for r in found if r.columns != self._columns]
        access = enter(self.ledger, self.environment, "feedback", "answers", "as answered") if older else None
        return [SealedRow(r.row, r.subject, "feedback", self._resealed(r.row, r, access)) for r in found]

    def _take(self, connection: Connection, item: Answer | Collected) -> Outcome:
        # Whatever a client uses as a key, even an address, stands on the disk as a keyed digest alone.
        key = self.vault.row_id([item.key], 0)
        if isinstance(item, Answer):
            shown = find(connection, item.prediction)
            name, content = item.prediction, json.dumps([item.prediction, item.verdict, item.label, item.consent])
        else:
            name, content = item.row, item.row
        body = hashlib.sha256(content.encode()).hexdigest()
        if is_known(connection, key, name, body):
            return "replayed"
        if isinstance(item, Answer):
            row = self._row(connection, item, shown) | {"version": shown.version}
        else:
            row = {"verdict": "imported", "row": item.row, "subject": item.subject}
            row |= {"columns": self._columns, "sealed": item.sealed}
        connection.execute(feedback.insert().values(key=key, prediction=name, body=body, at=now(), **row))
        return "stored"

    def _row(self, connection: Connection, answer: Answer, shown: Any) -> dict[str, Any]:
        label = answer.label if answer.label is not None else _confirmed(answer, shown, self.record)
        verdict: Verdict = "right" if _same(label, shown.label, self.record) else "wrong"
        self._refuse_absurd(answer, label, verdict, shown)
        if label is None or not answer.consent or self.holds_back(shown.subject, connection):
            return {"verdict": verdict}
        values = self._open(
            shown.id, shown, enter(connection, self.environment, "feedback", "a prediction", f"model {shown.version}")
        )
        if values is None:
            return {"verdict": verdict}
        sealed = self._seal(shown.id, shown.subject, values | {self.record.label.name: label})
        owner = {"row": shown.id, "subject": shown.subject}
        return {"verdict": verdict, "columns": self._columns, "sealed": sealed, **owner}

    def _open(self, row: str, stored: Any, access: Access) -> dict[str, str | None] | None:
        """The values of a stored row by their names of then; None where its person was forgotten."""
        (cells,) = self.vault.open([(row, stored.subject, stored.sealed)], access)
        return None if cells is None else dict(zip(json.loads(stored.columns), cells, strict=True))

    def _seal(self, row: str, subject: str, values: Mapping[str, str | None]) -> bytes:
        """`values` sealed in today's order; a column that is gone is left out, a new one is missing."""
        (sealed,) = self.vault.seal([(row, subject, [values.get(name) for name in self.record.names])])
        return sealed

    def _resealed(self, row: str, stored: Any, access: Access | None) -> bytes:
        """What lies sealed in a stored row, as today's record orders it."""
        values = None if access is None or stored.columns == self._columns else self._open(row, stored, access)
        return bytes(stored.sealed) if values is None else self._seal(row, stored.subject, values)

    def _refuse_absurd(self, answer: Answer, label: str | None, verdict: Verdict, shown: Any) -> None:
        if self.record.task == "language":
            raise AnswerError(
                "A text that was only read has no label that could be right or wrong.",
                "Expected feedback on a label or on a number.",
                "bring more texts as a source instead: name it in `ingest.source`, then `flywheel run`.",
            )
        labels = self.record.label.categories or tuple(json.loads(shown.probabilities))
        if self.record.task == "regression":
            _refuse_number(label, self.record)
        elif label is not None and label not in labels:
            raise AnswerError(
                "The feedback names a label that is none.",
                f"Expected one of: {', '.join(labels)}.",
                "send one of these labels, as it is spelled here.",
            )
        if answer.verdict not in (None, verdict):
            raise AnswerError(
                "The feedback's verdict and its label contradict each other.",
                'Expected "right" with the label that was predicted, or "wrong" with another one.',
                "send the label alone; the verdict follows from it.",
            )


def _refuse_number(label: str | None, record: Record) -> None:
    if label is not None and not within(label, record.label):
        raise AnswerError(
            "The feedback names a number that the label cannot have.",
            f"Expected {described(record.label)}.",
            "send the right number as `value`, in the units of the label.",
        )


def _same(label: str | None, shown: str, record: Record) -> bool:
    if record.task != "regression" or label is None:
        return label == shown
    return label == possible(shown, record.label) or number_in(label, record.label) == float(shown)


def _confirmed(answer: Answer, shown: Any, record: Record) -> str | None:
    """The label that a bare verdict establishes: the shown one when right, the other of two when wrong."""
    if answer.verdict == "right":
        return possible(str(shown.label), record.label) if record.task == "regression" else str(shown.label)
    others = [label for label in json.loads(shown.probabilities) if label != shown.label]
    return others[0] if len(others) == 1 else None
