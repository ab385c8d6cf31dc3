"""What users answered: predictions that were shown, and what people said of them.

Inputs are sealed before they reach the disk. A correction is durable before it is acknowledged, counted once
per idempotency key and once per prediction, and becomes a sealed row of the next data version.
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import sqlalchemy as sql
from sqlalchemy.exc import IntegrityError

from pipelines.errors import DataError
from pipelines.ledger import connect, now
from pipelines.raw import SealedRow
from pipelines.record import Record
from pipelines.vault import Vault

Verdict = Literal["right", "wrong"]
Outcome = Literal["stored", "replayed"]

metadata = sql.MetaData()
predictions = sql.Table(
    "predictions",
    metadata,
    sql.Column("id", sql.String, primary_key=True),
    sql.Column("at", sql.String, nullable=False),
    sql.Column("version", sql.Integer, nullable=False),
    sql.Column("label", sql.String, nullable=False),
    sql.Column("probabilities", sql.Text, nullable=False),
    sql.Column("subject", sql.String, nullable=False, index=True),
    sql.Column("sealed", sql.LargeBinary, nullable=False),
)
feedback = sql.Table(
    "feedback",
    metadata,
    sql.Column("number", sql.Integer, primary_key=True, autoincrement=True),
    sql.Column("key", sql.String, nullable=False, unique=True),
    sql.Column("prediction", sql.String, nullable=False, unique=True),
    sql.Column("at", sql.String, nullable=False),
    sql.Column("body", sql.String, nullable=False),
    sql.Column("verdict", sql.String, nullable=False),
    sql.Column("version", sql.Integer),
    # Empty where the answer teaches nothing: "wrong" without the right label, or no consent to learn from it.
    sql.Column("row", sql.String),
    sql.Column("subject", sql.String),
    sql.Column("sealed", sql.LargeBinary),
    sqlite_autoincrement=True,
)


class UnknownPredictionError(DataError):
    """The feedback names a prediction that was never shown."""


class ContradictionError(DataError):
    """An idempotency key, or a prediction, was answered before, and otherwise."""


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


class FeedbackStore:
    """Predictions and feedback at a database URL (the ledger's), for one record and its vault."""

    def __init__(self, url: str, record: Record, vault: Vault) -> None:
        self.engine = connect(url)
        metadata.create_all(self.engine)
        self.record, self.vault = record, vault

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
                "sealed": blob,
            }
            | {"probabilities": json.dumps(s.probabilities, ensure_ascii=False)}
            for s, blob in zip(shown, sealed, strict=True)
        ]
        with self.engine.begin() as connection:
            connection.execute(predictions.insert(), rows)

    def answer(self, answer: Answer) -> Outcome:
        """Store one answer durably; "replayed" where the same one is there already.

        Raises UnknownPredictionError, and ContradictionError where it was answered otherwise before.
        """
        body = hashlib.sha256(json.dumps([answer.prediction, answer.verdict, answer.label]).encode()).hexdigest()
        with self.engine.begin() as connection:
            found = connection.execute(sql.select(predictions).where(predictions.c.id == answer.prediction)).first()
        if found is None:
            raise UnknownPredictionError(
                "Feedback names a prediction that was never shown here.",
                "Expected the `prediction_id` of an answer of POST /predict.",
                "send the id as it was returned, to the service that returned it.",
            )
        row = self._row(answer, found) | {"key": answer.key, "prediction": answer.prediction, "body": body}
        try:
            with self.engine.begin() as connection:
                connection.execute(feedback.insert().values(at=now(), version=found.version, **row))
        except IntegrityError:
            return self._replay(answer, body)
        return "stored"

    def adopt(self, key: str, subject: str | None, values: dict[str, str | None]) -> Outcome:
        """Store one labelled row that was collected elsewhere, as if it were feedback on a prediction."""
        cells = [values.get(name) for name in self.record.names]
        row = self.vault.row_id([key, *cells], 0)
        owner = self.vault.pseudonym(subject) if subject else row
        (sealed,) = self.vault.seal([(row, owner, cells)])
        body = hashlib.sha256(row.encode()).hexdigest()
        content = {"key": key, "prediction": row, "body": body, "verdict": "imported", "at": now()}
        try:
            with self.engine.begin() as connection:
                connection.execute(feedback.insert().values(row=row, subject=owner, sealed=sealed, **content))
        except IntegrityError:
            return self._replay(Answer(key, row), body)
        return "stored"

    def rows(self) -> list[SealedRow]:
        """All answers that teach something, as sealed rows, oldest first."""
        query = sql.select(feedback).where(feedback.c.row.is_not(None)).order_by(feedback.c.number)
        with self.engine.connect() as connection:
            found = connection.execute(query).all()
        return [SealedRow(r.row, r.subject, "feedback", r.sealed) for r in found]

    def _row(self, answer: Answer, shown: Any) -> dict[str, Any]:
        label = answer.label if answer.label is not None else self._confirmed(answer, shown)
        verdict = answer.verdict or ("right" if label == shown.label else "wrong")
        if label is None or not answer.consent:
            return {"verdict": verdict}
        (cells,) = self.vault.open([(shown.id, shown.subject, shown.sealed)])
        if cells is None:
            return {"verdict": verdict}
        cells[self.record.names.index(self.record.label.name)] = label
        (sealed,) = self.vault.seal([(shown.id, shown.subject, cells)])
        return {"verdict": verdict, "row": shown.id, "subject": shown.subject, "sealed": sealed}

    def _confirmed(self, answer: Answer, shown: Any) -> str | None:
        """The label that a bare verdict establishes: the shown one when right, the other of two when wrong."""
        if answer.verdict == "right":
            return str(shown.label)
        others = [label for label in json.loads(shown.probabilities) if label != shown.label]
        return others[0] if len(others) == 1 else None

    def _replay(self, answer: Answer, body: str) -> Outcome:
        same = (feedback.c.key == answer.key) | (feedback.c.prediction == answer.prediction)
        with self.engine.connect() as connection:
            found = connection.execute(sql.select(feedback.c.body).where(same)).all()
        if all(row.body == body for row in found):
            return "replayed"
        raise ContradictionError(
            "This idempotency key or this prediction was answered before, and otherwise.",
            "Expected one answer per prediction, and a fresh `idempotency_key` for each.",
            "keep the first answer; to correct it, ask for a new prediction and answer that one.",
        )


def waiting(url: str, since: int) -> tuple[int, int]:
    """How many answers that teach something came after number `since`, and the newest number."""
    engine = connect(url)
    metadata.create_all(engine)
    teaching = feedback.c.row.is_not(None)
    query = sql.select(sql.func.count().filter(teaching & (feedback.c.number > since)), sql.func.max(feedback.c.number))
    with engine.connect() as connection:
        count, newest = connection.execute(query).one()
    return int(count), int(newest or 0)
