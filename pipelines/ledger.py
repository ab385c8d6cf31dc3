"""The one ledger that decides: runs, decisions and accesses, and who is champion.

Entries form a hash chain: each holds the digest of the one before, so altering, removing or reordering any of
them is found by `verify`. The champion is changed by compare-and-set in one transaction with its entry; the
alias in MLflow follows.
"""

import fcntl
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sql
from sqlalchemy.engine import Connection, Engine

from pipelines.anchors import Head, raise_anchor, read_anchor
from pipelines.environment import Environment

metadata = sql.MetaData()

entries = sql.Table(
    "entries",
    metadata,
    sql.Column("number", sql.Integer, primary_key=True),
    sql.Column("at", sql.String, nullable=False),
    sql.Column("kind", sql.String, nullable=False, index=True),
    sql.Column("body", sql.Text, nullable=False),
    sql.Column("previous", sql.String, nullable=False),
    sql.Column("digest", sql.String, nullable=False, unique=True),
)
champions = sql.Table(
    "champions",
    metadata,
    sql.Column("model", sql.String, primary_key=True),
    sql.Column("epoch", sql.Integer, nullable=False),
    sql.Column("version", sql.Integer, nullable=False),
    sql.Column("body", sql.Text, nullable=False),
)
runs = sql.Table(
    "runs",
    metadata,
    sql.Column("id", sql.String, primary_key=True),
    sql.Column("started", sql.String, nullable=False),
    sql.Column("ended", sql.String),
    sql.Column("outcome", sql.String, nullable=False),
    sql.Column("body", sql.Text, nullable=False),
)
GENESIS = "0" * 64
CHAIN = 7_305_819_244  # the number of the lock that writers of the chain wait for; any that nobody else takes


@dataclass(frozen=True)
class Champion:
    """The model version that serves, and how often the champion has changed (`epoch`)."""

    model: str
    epoch: int
    version: int
    body: dict[str, Any]


@dataclass(frozen=True)
class Run:
    """One turn of the flow."""

    id: str
    started: str
    ended: str | None
    outcome: str
    body: dict[str, Any]


class Ledger:
    """The ledger at a database URL; its tables are made at first use.

    After each entry the head of the chain is noted in the folder `anchors`, where there is one: outside the database,
    so that entries cut off the end are missed.
    """

    def __init__(self, url: str, anchors: Path | None = None) -> None:
        self.engine = connect(url)
        # Two workspaces may share a home, so the place is named for the database.
        self._anchor = anchors / f"{hashlib.sha256(url.encode()).hexdigest()[:32]}.json" if anchors else None
        metadata.create_all(self.engine, tables=[entries, champions, runs])

    def append(self, kind: str, body: Mapping[str, Any]) -> str:
        """Add an entry to the chain; its digest."""
        with self.engine.begin() as connection:
            found = append(connection, kind, body)
        self.anchor()
        return found

    def anchor(self) -> None:
        """Note the head of the chain outside the database."""
        if self._anchor is None:
            return
        with reading(self.engine) as connection:
            first = connection.execute(sql.select(entries.c.digest).where(entries.c.number == 1)).scalar()
            newest = sql.select(entries.c.number, entries.c.digest).order_by(entries.c.number.desc()).limit(1)
            head = connection.execute(newest).first()
        if first is not None and head is not None:
            raise_anchor(self._anchor, Head(first, head.number, head.digest))

    def append_after(self, kind: str, body: Mapping[str, Any], known: int) -> bool:
        """Add an entry if there are no more than the `known` ones of its kind; whether it was added."""
        count = sql.select(sql.func.count()).select_from(entries).where(entries.c.kind == kind)
        with self.engine.begin() as connection:
            if connection.execute(count).scalar_one() != known:
                return False
            append(connection, kind, body)
        self.anchor()
        return True

    def last(self, kind: str) -> dict[str, Any] | None:
        """The newest entry of this `kind`, or None."""
        found = self.all(kind, limit=1)
        return found[0] if found else None

    def all(self, kind: str, limit: int | None = None) -> list[dict[str, Any]]:
        """The entries of this `kind`, newest first, each with its number and time."""
        query = sql.select(entries).where(entries.c.kind == kind).order_by(entries.c.number.desc()).limit(limit)
        with reading(self.engine) as connection:
            rows = connection.execute(query).all()
        return [{**json.loads(row.body), "number": row.number, "at": row.at} for row in rows]

    def length(self) -> int:
        """How many entries there are."""
        with reading(self.engine) as connection:
            return int(connection.execute(sql.select(sql.func.count()).select_from(entries)).scalar() or 0)

    def decision(self, question: str) -> dict[str, Any] | None:
        """The newest decision on `question`, or None."""
        return next((entry for entry in self.all("decision") if entry.get("question") == question), None)

    def verify(self) -> int | None:
        """The number of the first entry that was altered, removed or moved; None where the chain holds.

        With `anchors`, entries missing from the end are found, and so is a chain that was computed anew.
        """
        previous, expected, digests = GENESIS, 1, dict[int, str]()
        with reading(self.engine) as connection:
            for row in connection.execute(sql.select(entries).order_by(entries.c.number)):
                content = _digest(row.number, row.at, row.kind, row.body, row.previous)
                if row.number != expected or row.previous != previous or row.digest != content:
                    return expected
                previous, expected = row.digest, expected + 1
                digests[row.number] = row.digest
        return self._missing(digests)

    def _missing(self, digests: Mapping[int, str]) -> int | None:
        """The number of the first entry that was noted outside the database and is not in it."""
        for noted in read_anchor(self._anchor) if self._anchor else []:
            if digests.get(1) != noted.chain:
                return 1
            if digests.get(noted.number) != noted.digest:
                return min(noted.number, len(digests) + 1)
        return None

    def champion(self, model: str) -> Champion | None:
        """The champion of `model`, or None before the first promotion."""
        with reading(self.engine) as connection:
            row = connection.execute(sql.select(champions).where(champions.c.model == model)).first()
        return Champion(row.model, row.epoch, row.version, json.loads(row.body)) if row else None

    def crown(
        self, model: str, epoch: int, version: int, champion: Mapping[str, Any], entry: Mapping[str, Any]
    ) -> bool:
        """Make `version` the champion and record why, if nobody else did since `epoch`; whether it was done."""
        body = json.dumps(dict(champion), ensure_ascii=False, sort_keys=True)
        values = {"epoch": epoch + 1, "version": version, "body": body}
        with self.engine.begin() as connection:
            if epoch == 0:
                present = connection.execute(sql.select(champions.c.epoch).where(champions.c.model == model)).first()
                if present is not None:
                    return False
                connection.execute(champions.insert().values(model=model, **values))
            else:
                place = (champions.c.model == model) & (champions.c.epoch == epoch)
                if connection.execute(champions.update().where(place).values(**values)).rowcount != 1:
                    return False
            append(connection, "decision", entry)
        self.anchor()
        return True

    def start_run(self, run: str, body: Mapping[str, Any]) -> None:
        """Note that a run began; runs that were still open were interrupted, for this one holds the workspace."""
        with self.engine.begin() as connection:
            stale = runs.c.outcome == "running"
            connection.execute(runs.update().where(stale).values(outcome="interrupted", ended=now()))
            connection.execute(
                runs.insert().values(id=run, started=now(), outcome="running", body=json.dumps(dict(body)))
            )

    def end_run(self, run: str, outcome: str, body: Mapping[str, Any]) -> None:
        """Note how a run ended."""
        values = {"ended": now(), "outcome": outcome, "body": json.dumps(dict(body), ensure_ascii=False)}
        with self.engine.begin() as connection:
            connection.execute(runs.update().where(runs.c.id == run).values(**values))

    def last_run(self) -> Run | None:
        """The run that began last, or None."""
        return self._newest_run(sql.true())

    def last_completed_run(self) -> Run | None:
        """The run that began last of those that were completed, or None."""
        return self._newest_run(runs.c.outcome == "completed")

    def learnt_until(self) -> int:
        """The number of the newest answer that the last completed run took in; 0 before the first."""
        run = self.last_completed_run()
        return int(run.body.get("feedback_until", 0)) if run else 0

    def _newest_run(self, which: Any) -> Run | None:
        with reading(self.engine) as connection:
            row = connection.execute(sql.select(runs).where(which).order_by(runs.c.started.desc()).limit(1)).first()
        return Run(row.id, row.started, row.ended, row.outcome, json.loads(row.body)) if row else None


def open_ledger(environment: Environment) -> Ledger:
    """The ledger of this machine's settings, anchored in its home."""
    return Ledger(environment.ledger, environment.home / "anchors")


def connect(url: str) -> Engine:
    """An engine for `url` that waits for locks, and on SQLite writes ahead and takes write locks at once."""
    if not url.startswith("sqlite"):
        return sql.create_engine(url, pool_pre_ping=True, hide_parameters=True)
    path = Path(url.removeprefix("sqlite:///"))
    path.parent.mkdir(parents=True, exist_ok=True)
    engine = sql.create_engine(url, connect_args={"timeout": 30, "check_same_thread": False}, hide_parameters=True)

    @sql.event.listens_for(engine, "connect")
    def _set_up(connection: Any, _: Any) -> None:
        connection.isolation_level = None  # sqlite3 must not begin transactions on its own
        with path.with_name(f".{path.name}.first-use.lock").open("w") as lock:
            # SQLite does not wait where two processes turn a new file to write-ahead at once.
            fcntl.flock(lock, fcntl.LOCK_EX)
            connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")  # what was acknowledged survives a power cut
        connection.execute("PRAGMA secure_delete=ON")

    @sql.event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        # A reader that turns writer in mid-transaction cannot wait for its lock; IMMEDIATE asks first.
        reads = connection.get_execution_options().get("reads", False)
        connection.exec_driver_sql("BEGIN" if reads else "BEGIN IMMEDIATE")

    return engine


def reading(engine: Engine) -> Connection:
    """A connection that only reads, and waits for no writer."""
    return engine.connect().execution_options(reads=True)


def now() -> str:
    """The present time in UTC, ISO 8601, to the microsecond."""
    return datetime.now(UTC).isoformat(timespec="microseconds")


def append(connection: Connection, kind: str, body: Mapping[str, Any]) -> str:
    """Add an entry to the chain in a transaction that is open; its digest."""
    return append_all(connection, kind, [body])[0]


def append_all(connection: Connection, kind: str, bodies: Sequence[Mapping[str, Any]]) -> list[str]:
    """Add entries of one `kind` to the chain in a transaction that is open; their digests."""
    if connection.dialect.name == "postgresql":
        # SQLite's writers wait for each other from the start; here two would read the same last entry.
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({CHAIN})")
    last = connection.execute(
        sql.select(entries.c.number, entries.c.digest).order_by(entries.c.number.desc()).limit(1)
    ).first()
    before, previous = (last.number, last.digest) if last else (0, GENESIS)
    rows = []
    for number, body in enumerate(bodies, before + 1):
        at, text = now(), json.dumps(dict(body), ensure_ascii=False, sort_keys=True)
        found = _digest(number, at, kind, text, previous)
        rows.append({"number": number, "at": at, "kind": kind, "body": text, "previous": previous, "digest": found})
        previous = found
    if rows:
        connection.execute(entries.insert(), rows)
    return [str(row["digest"]) for row in rows]


def _digest(number: int, at: str, kind: str, body: str, previous: str) -> str:
    content = json.dumps([number, at, kind, body, previous], ensure_ascii=False)
    return hashlib.sha256(content.encode()).hexdigest()
