"""`flywheel feedback import FILE`: answers that were collected elsewhere; the whole file, or nothing of it."""

import hashlib
import json
import os
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from flywheel.reading import rows_of, speaking_as, with_pictures
from pipelines.environment import read_environment
from pipelines.errors import DataError
from pipelines.feedback import Answer, Collected, FeedbackStore, Verdict
from pipelines.ledger import Ledger, open_ledger
from pipelines.parameters import read_parameters
from pipelines.quantities import described, within
from pipelines.record import Record, parse_record
from pipelines.reigns import champion_bundle
from pipelines.sources import Row
from pipelines.sources.dialect import USUAL
from pipelines.vault import open_vault
from pipelines.workspace import require
from service.inputs import is_blank, read_columns, unreadable

VERDICTS: dict[str | None, Verdict | None] = {None: None, "right": "right", "wrong": "wrong"}
LONGEST_NAME = 200


def take_in(file: str) -> int:
    """Store the answers of `file`, and print how many are new; 0.

    Rows name a `prediction_id`, or hold the record's columns. Equal rows are one answer, in one file or in two.
    """
    workspace = Path.cwd()
    require(workspace)
    environment = read_environment(os.environ, workspace)
    parameters = read_parameters(workspace)
    record = parse_record(parameters.get("record"))
    if record.task == "language":
        raise DataError(
            "feedback: `record` has no label that an answer could correct.",
            "Expected a record whose model answers with a label or a number.",
            "bring more texts as a source instead: name it in `ingest.source`, then `flywheel run`.",
        )
    names = dict.fromkeys([*record.names, "prediction_id", "label", "verdict", "idempotency_key"])
    with speaking_as("feedback"):
        ingest = parameters.get("ingest") or {}
        rows = with_pictures(rows_of(Path(file), list(names), (), None, ingest, USUAL), record, Path(file), ingest)
    consenting = _consenting(rows, record)
    store = FeedbackStore(environment, record, open_vault(environment.home, environment.master_key, record.name))
    _check(consenting, record, _labels(record, open_ledger(environment), workspace))
    counts = _store(consenting, store)
    left = len(rows) - len(consenting)
    away = counts["held back"]
    told = f"{counts['stored']:,} stored, {counts['replayed']:,} replayed" + f", {left:,} without consent" * bool(left)
    print(told + f", {away:,} of people who were forgotten or withdrew consent" * bool(away))
    return 0


Numbered = tuple[int, Row]


def _consenting(rows: Sequence[Row], record: Record) -> list[Numbered]:
    """The rows, counted from 1, without those whose people did not consent.

    Where nobody in the file was asked, bringing their answers is saying that they consented.
    """
    consent = record.with_role("consent")
    asked = consent is not None and any(row[consent.name] is not None for row in rows)
    return [
        (number, row)
        for number, row in enumerate(rows, 1)
        if consent is None or not asked or row["prediction_id"] or row[consent.name] in consent.granted
    ]


def _labels(record: Record, ledger: Ledger, workspace: Path) -> tuple[str, ...]:
    """The labels that a row may have: the record's, else the champion's, else any."""
    champion = ledger.champion(record.name)
    if record.label.categories or champion is None:
        return record.label.categories
    return champion_bundle(champion.body, workspace).labels


def _check(rows: Sequence[Numbered], record: Record, labels: tuple[str, ...]) -> None:
    for number, row in rows:
        key = row["idempotency_key"]
        if key is not None and len(key) > LONGEST_NAME:
            raise _wrong(number, "its `idempotency_key` is too long", f"at most {LONGEST_NAME} characters")
        if row["prediction_id"] is not None:
            _check_answer(number, row)
        else:
            _check_row(number, row, record, labels)
    collected = [(number, row) for number, row in rows if row["prediction_id"] is None]
    bad = unreadable([row for _, row in collected], record)
    if bad is not None:
        kind = record[bad[1]].type
        raise _wrong(collected[bad[0]][0], f"its column '{bad[1]}' cannot be read", f"the type `{kind}`")


def _check_answer(number: int, row: Row) -> None:
    if row["verdict"] not in VERDICTS:
        raise _wrong(number, "its `verdict` is none", "right or wrong")
    if row["label"] is None and row["verdict"] is None:
        raise _wrong(number, "it says nothing of its prediction", "a `label`, or a `verdict`")


def _check_row(number: int, row: Row, record: Record, labels: tuple[str, ...]) -> None:
    if all(is_blank(row[column.name], column) for column in read_columns(record)):
        names = ", ".join(column.name for column in read_columns(record))
        raise _wrong(number, "it holds nothing to learn from", f"a `prediction_id`, or values for {names}")
    if is_blank(row[record.label.name], record.label):
        raise _wrong(number, f"its label '{record.label.name}' is missing", "the label that is right")
    if record.task == "regression" and not within((row[record.label.name] or "").strip(), record.label):
        raise _wrong(number, f"its label '{record.label.name}' is none", described(record.label))
    if labels and (row[record.label.name] or "").strip() not in labels:
        raise _wrong(number, f"its label '{record.label.name}' is none", f"one of {', '.join(labels)}")


def _wrong(number: int, what: str, expected: str) -> DataError:
    return DataError(
        f"feedback: row {number} cannot be taken in: {what}.",
        f"Expected {expected}. Nothing of the file was stored.",
        "correct the row, or remove it; then import the file again.",
    )


def _store(rows: Sequence[Numbered], store: FeedbackStore) -> Counter[str]:
    """Store all rows in one transaction; how many were new."""
    collected = [(number, row) for number, row in rows if row["prediction_id"] is None]
    sealed = store.collect([(_key(row), {n: row[n] for n in store.record.names}) for _, row in collected])
    numbered: list[tuple[int, Answer | Collected]] = [
        *((number, _answer(row, store.record)) for number, row in rows if row["prediction_id"] is not None),
        *((number, item) for (number, _), item in zip(collected, sealed, strict=True) if item is not None),
    ]
    counts = Counter({"held back": sealed.count(None)})
    with store.together() as take:
        for number, item in numbered:
            try:
                counts[take(item)] += 1
            except DataError as error:
                what, expected, fix = str(error).split("\n", 2)
                told = f"{what} (row {number}; nothing of the file was stored)"
                raise type(error)(told, expected, fix.removeprefix("Fix: ")) from None
    return counts


def _answer(row: Row, record: Record) -> Answer:
    label = row["label"] if row["label"] is not None else row[record.label.name]
    return Answer(_key(row), str(row["prediction_id"]), VERDICTS[row["verdict"]], label)


def _key(row: Row) -> str:
    """The row's own key, or the digest of what it says: the same file twice is one answer per row."""
    content = json.dumps({name: cell for name, cell in row.items() if cell is not None}, sort_keys=True)
    return row["idempotency_key"] or hashlib.sha256(content.encode()).hexdigest()
