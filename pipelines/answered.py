"""Where predictions and answers stand: two tables beside the ledger's, and what is asked of them."""

from collections.abc import Collection
from typing import Any

import sqlalchemy as sql
from sqlalchemy.engine import Connection, Engine

from pipelines.errors import DataError
from pipelines.ledger import Ledger, connect, reading

AT_ONCE = 500  # SQLite bounds the number of parameters
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
    # The names of the sealed cells: by tomorrow the record may have other columns, or another order.
    sql.Column("columns", sql.Text, nullable=False),
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
    sql.Column("columns", sql.Text),
    sql.Column("sealed", sql.LargeBinary),
    sqlite_autoincrement=True,
)


class UnknownPredictionError(DataError):
    """The feedback names a prediction that was never shown."""


class ContradictionError(DataError):
    """An idempotency key, or a prediction, was answered before, and otherwise."""


def find(connection: Connection, prediction: str) -> Any:
    """The prediction as it was shown. Raises UnknownPredictionError."""
    found = connection.execute(sql.select(predictions).where(predictions.c.id == prediction)).first()
    if found is not None:
        return found
    raise UnknownPredictionError(
        "Feedback names a prediction that was never shown here.",
        "Expected the `prediction_id` of an answer of POST /predict.",
        "send the id as it was returned, to the service that returned it.",
    )


def is_known(connection: Connection, key: str, prediction: str, body: str) -> bool:
    """Whether this very answer is there already. Raises ContradictionError where another one is."""
    same = (feedback.c.key == key) | (feedback.c.prediction == prediction)
    found = connection.execute(sql.select(feedback.c.body).where(same)).all()
    if all(row.body == body for row in found):
        return bool(found)
    raise ContradictionError(
        "This idempotency key or this prediction was answered before, and otherwise.",
        "Expected one answer per prediction, and a fresh `idempotency_key` for each.",
        "keep the first answer; to correct it, ask for a new prediction and answer that one.",
    )


def waiting(url: str, since: int) -> tuple[int, int]:
    """How many answers that teach something came after number `since`, and the newest number."""
    engine = connect(url)
    metadata.create_all(engine)
    return count_waiting(engine, since)


def count_waiting(engine: Engine, since: int) -> tuple[int, int]:
    """As `waiting`, by an engine that is there already."""
    teaching = feedback.c.row.is_not(None)
    query = sql.select(sql.func.count().filter(teaching & (feedback.c.number > since)), sql.func.max(feedback.c.number))
    with reading(engine) as connection:
        count, newest = connection.execute(query).one()
    return int(count), int(newest or 0)


def said_by(url: str, version: int, most: int) -> list[str]:
    """The labels of the newest `most` predictions of a model version, oldest first."""
    engine = connect(url)
    metadata.create_all(engine)
    query = sql.select(predictions.c.label).where(predictions.c.version == version)
    with reading(engine) as connection:
        found = connection.execute(query.order_by(predictions.c.at.desc()).limit(most)).scalars().all()
    return [str(label) for label in reversed(found)]


def remove_predictions(ledger: Ledger, before: str) -> tuple[int, set[str]]:
    """Delete the predictions that were made before a moment, ISO 8601: how many, and whose they were."""
    metadata.create_all(ledger.engine)
    old = predictions.c.at < before
    with ledger.engine.begin() as connection:
        owners = set(connection.execute(sql.select(predictions.c.subject).where(old)).scalars())
        return connection.execute(predictions.delete().where(old)).rowcount, owners


def answered_of(ledger: Ledger, subjects: Collection[str], since: str) -> set[str]:
    """Those of `subjects` who have a prediction that is stored, or gave an answer `since` a moment, ISO 8601.

    Older answers are rows by now, whose term is that of rows.
    """
    metadata.create_all(ledger.engine)
    wanted, found = sorted(subjects), set[str]()
    with reading(ledger.engine) as connection:
        for table, recent in ((predictions, sql.true()), (feedback, feedback.c.at >= since)):
            for start in range(0, len(wanted), AT_ONCE):
                there = recent & table.c.subject.in_(wanted[start : start + AT_ONCE])
                found |= set(connection.execute(sql.select(table.c.subject).where(there).distinct()).scalars())
    return found
