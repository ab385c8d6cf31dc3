"""data/raw as controls see it: opened in memory, counted, and shut; no value leaves this file."""

import json
from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from pathlib import Path

import polars as pl

from pipelines.access import Access
from pipelines.compliance.evidence import Seals, Stored
from pipelines.compliance.register import Register
from pipelines.errors import SealError
from pipelines.keys import FORMAT
from pipelines.raw import PLANTED, expired, gone, parts, superseded
from pipelines.record import Record
from pipelines.values import typed
from pipelines.vault import Vault

# What a column of a sensitive category is called (GDPR 9; PIPL 28), in either language.
SENSITIVE = (
    *("health", "diagnos", "disease", "medical", "biometric", "fingerprint", "religio", "ethnic", "race", "sexual"),
    *("income", "salary", "iban", "bank", "latitude", "longitude", "gps"),
    *("健康", "病", "指纹", "宗教", "民族", "收入", "银行", "位置", "轨迹"),
)
AGES = ("age", "年龄")
ADULT_ENOUGH = 14


def look(raw: Path, record: Record, vault: Vault, access: Access) -> tuple[Seals, pl.DataFrame, tuple[str, ...]]:
    """The state of every sealed cell of `raw`, the rows in use (row, subject, origin, columns), and the columns.

    Not in use are canaries, rows of people who have gone, and rows that have expired or were superseded.
    """
    away, old = gone(raw), expired(raw) | superseded(raw)
    counts = {"rows": 0, "malformed": 0, "unauthentic": 0, "forgotten": 0}
    frames = []
    columns: dict[str, None] = {}
    for part in parts(raw):
        frame, names = pl.read_parquet(part), json.loads(pl.read_parquet_metadata(part)["columns"])
        columns |= dict.fromkeys(names)
        ours = [bytes(cell).startswith(FORMAT) for cell in frame["sealed"]]
        counts["rows"] += frame.height
        counts["malformed"] += ours.count(False)
        opened, failed = _open(frame.filter(pl.Series(ours, dtype=pl.Boolean)), vault, access)
        counts["unauthentic"] += failed
        counts["forgotten"] += sum(cells is None for *_, cells in opened) - failed
        used = [row for row in opened if row[1] not in away and row[0] not in old and row[2] != PLANTED]
        frames.append(_table(used, names, record))
    empty = pl.DataFrame(schema=dict.fromkeys(("row", "subject", "origin", *record.names), pl.String))
    return Seals(parts=len(frames), **counts), pl.concat([empty, *frames]), tuple(columns)


Opened = list[tuple[str, str, str, list[str | None] | None]]


def _open(frame: pl.DataFrame, vault: Vault, access: Access) -> tuple[Opened, int]:
    """Each row with its cells, None where they do not open, and how many fail their tag or have lost their key."""
    rows = list(zip(frame["row"], frame["subject"], frame["sealed"], strict=True))
    failed = 0
    try:
        cells = vault.open(rows, access)
    except SealError:  # one at a time tells which
        cells = []
        for row in rows:
            try:
                cells += vault.open([row], access)
            except SealError:
                cells.append(None)
                failed += 1
    names = zip(frame["row"], frame["subject"], frame["origin"], cells, strict=True)
    return list(names), failed


def _table(opened: Opened, names: list[str], record: Record) -> pl.DataFrame:
    places = {name: place for place, name in enumerate(names)}
    kept = [
        (row, subject, origin, *(cells[places[name]] if name in places else None for name in record.names))
        for row, subject, origin, cells in opened
        if cells is not None
    ]
    return pl.DataFrame(kept, dict.fromkeys(("row", "subject", "origin", *record.names), pl.String), orient="row")


def count(
    rows: pl.DataFrame,
    columns: tuple[str, ...],
    released: tuple[str, ...],
    record: Record,
    register: Register | None,
    withdrawn: Collection[str],
    at: datetime,
) -> Stored:
    """What controls ask of the opened `rows`: counts, and one date."""
    granted = _granted(rows, record)
    feedback = rows["origin"] == "feedback"
    times = _times(rows, record)
    days = register.retention_days if register else None
    sensitive = register.sensitive if register else {}
    return Stored(
        rows=rows.height,
        subjects=rows["subject"].n_unique(),
        without_consent=int((~granted).sum()),
        withdrawn=int(rows["subject"].is_in(list(withdrawn)).sum()),
        oldest=times.min() if times is not None else None,  # type: ignore[arg-type]
        expired=int((times < at - timedelta(days=days)).sum()) if times is not None and days is not None else 0,
        minors=_minors(rows, record, sensitive),
        feedback=int(feedback.sum()),
        feedback_without_consent=int((feedback & ~granted).sum()),
        sensitive_without_consent={
            column: int((~_yes(rows, record, consent)).sum())
            for column, consent in sensitive.items()
            if consent in record.names
        },
        columns=columns,
        released=released,
        undeclared=tuple(name for name in record.names if _is_sensitive(name) and name not in sensitive),
    )


def _granted(rows: pl.DataFrame, record: Record) -> pl.Series:
    role = record.with_role("consent")
    return _yes(rows, record, role.name) if role else pl.Series([True] * rows.height, dtype=pl.Boolean)


def _yes(rows: pl.DataFrame, record: Record, consent: str) -> pl.Series:
    """Whether each row's column `consent` grants it: by its own spellings, or those of the column with that role."""
    role = record.with_role("consent")
    spellings = record[consent].granted or (role.granted if role else ("yes",))
    return rows[consent].is_in(list(spellings)).fill_null(value=False)


def _times(rows: pl.DataFrame, record: Record) -> pl.Series | None:
    column = record.with_role("time")
    return typed(rows, record)[column.name] if column else None


def _minors(rows: pl.DataFrame, record: Record, sensitive: Mapping[str, str]) -> int:
    """Rows of people under 14 whose guardian's consent is not given in the column that the register names."""
    found = 0
    for column in record.columns:
        if column.name.casefold() in AGES and column.is_numeric:
            young = (typed(rows, record)[column.name] < ADULT_ENOUGH).fill_null(value=False)
            consent = sensitive.get(column.name)
            agreed = consent is not None and consent in record.names
            found += int((young & ~_yes(rows, record, consent)).sum() if agreed and consent else young.sum())
    return found


def _is_sensitive(name: str) -> bool:
    return any(part in name.casefold() for part in SENSITIVE)
