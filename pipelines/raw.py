"""data/raw: sealed rows in numbered parts that are appended and never rewritten.

In the clear stand only keyed names (row and subject) and where a row came from; everything a person wrote or is
stands in `sealed`. Who has gone, forgotten or without consent, which rows have been kept long enough, and
which of them a later one of the same key stands in for, is noted in numbered files beside the parts: so it makes a new
version, and the stages that read it run again.
"""

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

import polars as pl

from pipelines.access import Access
from pipelines.files import write_json
from pipelines.record import Record
from pipelines.seen import Seen, halves_of
from pipelines.vault import Vault

# Who brought a row: the source, a user's answer, or ourselves: a canary, which is nobody and is counted nowhere.
Origin = Literal["source", "feedback", "planted"]
SOURCE, FEEDBACK, PLANTED = get_args(Origin)
Roles = dict[str, str | list[str]]
SCHEMA = {"row": pl.String, "subject": pl.String, "origin": pl.String, "key": pl.String, "sealed": pl.Binary}


@dataclass(frozen=True)
class SealedRow:
    """One row as it lies in data/raw; one that came by no source bears no key."""

    row: str
    subject: str
    origin: Origin
    sealed: bytes


def parts(raw: Path) -> list[Path]:
    """The parts of `raw`, oldest first."""
    return sorted(raw.glob("*.parquet"))


def seen_rows(raw: Path) -> Seen:
    """The ids of all rows of people in `raw`."""
    known = Seen()
    for part in parts(raw):
        known.add(halves_of(_ids(part, pl.col("origin") != PLANTED)))
    return known


def count_rows(raw: Path) -> int:
    """How many rows of people `raw` holds."""
    return sum(_ids(part, pl.col("origin") != PLANTED).len() for part in parts(raw))


def planted_rows(raw: Path) -> list[str]:
    """The ids of all canaries in `raw`, oldest first."""
    return [row for part in parts(raw) for row in _ids(part, pl.col("origin") == PLANTED)]


def some_rows(raw: Path, most: int = 64) -> list[tuple[str, bytes]]:
    """The first few rows of the oldest and of the newest part (subject, sealed): how `raw` was begun and went on."""
    ends = dict.fromkeys(parts(raw)[:: max(len(parts(raw)) - 1, 1)])
    found = (pl.scan_parquet(part).select("subject", "sealed").head(most).collect() for part in ends)
    return [(subject, sealed) for some in found for subject, sealed in some.iter_rows()]


def _ids(part: Path, which: pl.Expr) -> pl.Series:
    return pl.scan_parquet(part).filter(which).select("row").collect()["row"]


def subjects(raw: Path) -> set[str]:
    """The subjects of all rows in `raw`, also of those who have gone."""
    return {subject for part in parts(raw) for subject in _subjects(part)}


def those_in(raw: Path, wanted: Collection[str]) -> set[str]:
    """Who of `wanted` has rows in `raw`: without a name for each of all the others."""
    names = pl.Series(sorted(wanted), dtype=pl.String).implode()
    found = (pl.scan_parquet(part).filter(pl.col("subject").is_in(names)) for part in parts(raw))
    return {subject for rows in found for subject in rows.select("subject").unique().collect()["subject"]}


def living(raw: Path) -> set[str]:
    """The subjects of rows in `raw` that have not expired."""
    old = pl.Series(sorted(expired(raw)), dtype=pl.String)
    found = (pl.scan_parquet(part).filter(~pl.col("row").is_in(old.implode())) for part in parts(raw))
    return {subject for rows in found for subject in rows.select("subject").unique().collect()["subject"]}


def seen_subjects(raw: Path) -> Seen:
    """The same, in a sixth of the memory."""
    there = Seen()
    for part in parts(raw):
        there.add(halves_of(_subjects(part)))
    return there


def _subjects(part: Path) -> pl.Series:
    return pl.read_parquet(part, columns=["subject"])["subject"].unique()


def table_of(rows: Sequence[SealedRow]) -> pl.DataFrame:
    """`rows` as they lie in a part."""
    return pl.DataFrame([(r.row, r.subject, r.origin, None, r.sealed) for r in rows], schema=SCHEMA, orient="row")


def write_part(path: Path, rows: pl.DataFrame, columns: Sequence[str], roles: Roles) -> None:
    """Write a part whose sealed cells are those of `columns`, in that order, by a record with these `roles`."""
    # Sealed bytes do not become smaller, whatever the effort; at the least one it costs a third of the time.
    told = {"columns": json.dumps(list(columns)), "roles": json.dumps(roles)}
    rows.select(*SCHEMA).write_parquet(path, compression_level=1, metadata=told)


def roles_in(record: Record) -> Roles:
    """What says in rows of `record` whose they are, which of them are one, and who consents: columns, and values."""
    found = {role: column.name for role in ("subject", "key") if (column := record.with_role(role)) is not None}
    consent = record.with_role("consent")
    return found | ({"consent": [consent.name, *sorted(consent.granted)]} if consent is not None else {})


def written_by(part: Path) -> tuple[list[str], Roles]:
    """The columns of a part's sealed cells in their order, and the roles by which its rows were taken in."""
    told = pl.read_parquet_metadata(part)
    return json.loads(told["columns"]), json.loads(told.get("roles", "{}"))  # none in parts from before they were told


def layouts(raw: Path) -> set[frozenset[str]]:
    """The sets of columns that rows of `raw` were stored with: more than one where `record` has changed since."""
    return {frozenset(written_by(part)[0]) for part in parts(raw)}


def publish(raw: Path, drafts: Sequence[Path]) -> None:
    """Let `drafts`, which are whole, become the next parts of `raw`, in their order."""
    first = len(parts(raw)) + 1
    for number, draft in enumerate(drafts, first):
        draft.replace(raw / f"{number:06}.parquet")


def gone(raw: Path) -> set[str]:
    """The subjects of `raw` who have gone, and have not come back."""
    away: set[str] = set()
    for note in _notes(raw, "gone"):
        said = json.loads(note.read_text("utf-8"))
        away = (away | set(said["gone"])) - set(said["back"])
    return away


def note_gone(raw: Path, away: Collection[str]) -> bool:
    """Note in `raw` that exactly the subjects in `away` have gone; whether that was news."""
    before = gone(raw)
    if before == set(away):
        return False
    _note(raw, "gone", {"gone": sorted(set(away) - before), "back": sorted(before - set(away))})
    return True


def expired(raw: Path) -> set[str]:
    """The ids of the rows of `raw` that were kept as long as they may be."""
    return {row for note in _notes(raw, "expired") for row in json.loads(note.read_text("utf-8"))["rows"]}


def note_expired(raw: Path, rows: Collection[str]) -> bool:
    """Note in `raw` that these rows have been kept long enough; whether that was news."""
    fresh = sorted(set(rows) - expired(raw))
    if fresh:
        _note(raw, "expired", {"rows": fresh})
    return bool(fresh)


def superseded(raw: Path) -> set[str]:
    """The ids of the rows of `raw` for which a later one of the same key stands in."""
    return {row for note in _notes(raw, "superseded") for row in json.loads(note.read_text("utf-8"))["rows"]}


def note_superseded(raw: Path) -> int:
    """Note which rows of `raw` are no longer the last of their key; of how many that was news."""
    fresh = sorted(set(keyed_rows(raw).filter(~pl.col("stands"))["row"]) - superseded(raw))
    if fresh:
        _note(raw, "superseded", {"rows": fresh})
    return len(fresh)


def keyed_rows(raw: Path) -> pl.DataFrame:
    """The rows of `raw` that have a key (row, key), as they came, and whether each is the last of its key (stands)."""
    frames = [
        pl.read_parquet(part, columns=["row", "key"]).drop_nulls("key")
        for part in parts(raw)
        if "key" in pl.read_parquet_schema(part)
    ]
    rows = pl.concat([pl.DataFrame(schema={"row": pl.String, "key": pl.String}), *frames])
    return rows.with_columns(stands=pl.col("key").is_last_distinct())


def note_released(raw: Path, owners: Collection[str]) -> None:
    """Note that rows which these `owners` had in earlier versions have others in this one."""
    _note(raw, "released", {"owners": sorted(owners)})


def released(raw: Path) -> set[str]:
    """Those who had rows in earlier versions of `raw` that others have now, and who have none."""
    notes = [set(json.loads(note.read_text("utf-8"))["owners"]) for note in _notes(raw, "released")]
    return set().union(*notes) - subjects(raw) if notes else set()


def _note(raw: Path, kind: str, content: dict[str, list[str]]) -> None:
    write_json(raw / f"{kind}-{len(_notes(raw, kind)) + 1:06}.json", content)


def _notes(raw: Path, kind: str) -> list[Path]:
    return sorted(raw.glob(f"{kind}-*.json"))


def open_rows(
    raw: Path,
    record: Record,
    vault: Vault,
    access: Access,
    *,
    planted: bool = False,
    every: bool = False,
    only: Sequence[Path] | None = None,
) -> pl.DataFrame:
    """The rows of `raw` in the clear, for memory only: row, subject, origin, then the record's columns as text.

    Rows of subjects who have gone, that expired or were superseded are left out, canaries unless they are asked for
    (`planted`); where `every` row that opens is wanted, expired ones alone are. A column that a part does not hold is
    missing in its rows. `only` names the parts to open, else all.
    """
    unused = expired(raw) if every else expired(raw) | superseded(raw)
    away, old = (pl.Series(sorted(names), dtype=pl.String) for names in (() if every else gone(raw), unused))
    left = ~pl.col("subject").is_in(away.implode()) & ~pl.col("row").is_in(old.implode())
    left = left if planted else left & (pl.col("origin") != PLANTED)
    return pl.concat([_open_part(part, record, vault, access, left) for part in only or parts(raw)])


def _open_part(part: Path, record: Record, vault: Vault, access: Access, which: pl.Expr) -> pl.DataFrame:
    frame = pl.read_parquet(part).filter(which)
    columns, _ = written_by(part)
    opened = vault.open_frame(frame, columns, access)
    cells = [pl.col(name) if name in columns else pl.lit(None, dtype=pl.String).alias(name) for name in record.names]
    return opened.select("row", "subject", "origin", *cells)
