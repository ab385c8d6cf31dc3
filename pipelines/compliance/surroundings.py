"""What surrounds the data: keys, addresses, and what the service remembers."""

import configparser
import sqlite3
from collections.abc import Collection, Iterator, Mapping
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import sqlalchemy as sql

from pipelines.answered import feedback, predictions
from pipelines.compliance.evidence import Keys, Transport, Usage
from pipelines.environment import Environment
from pipelines.keys import FORMAT
from pipelines.ledger import connect, reading

LOOPBACK = {"localhost", "127.0.0.1", "::1"}
# Stores that encrypt whatever they keep, and whose service has no other way.
ENCRYPTING = {"gs", "gcs", "azure", "abfs", "abfss"}
# Where others could come across a key: what is committed, pushed, or attached to a run.
SHARED = (".git", ".dvc", "mlruns", "data", "docs")
SMALL, HEAD = 1_000_000, 65_536


def keys_of(workspace: Path, environment: Environment, namespace: str, rotated: datetime | None) -> Keys | None:
    """The key store of `namespace`, or None before its first use; `rotated` is the last rotation on record."""
    home = environment.home.resolve()
    store = home / "keys" / f"{namespace}.db"
    if not store.is_file():
        return None
    master = home / "master.key"
    files = [*sorted((home / "keys").glob(f"{namespace}.db*")), *([master] if master.is_file() else [])]
    made = datetime.fromtimestamp(master.stat().st_mtime, UTC) if master.is_file() else None
    return Keys(
        where=str(store.parent),
        inside=home.is_relative_to(workspace.resolve()),
        readable_by_others=tuple(file.name for file in files if file.stat().st_mode & 0o077),
        copies=tuple(_copies(workspace, _master_key(environment, master))),
        rotated=max((each for each in (rotated, made) if each), default=None),
    )


def _master_key(environment: Environment, file: Path) -> bytes:
    text = environment.master_key or (file.read_text("ascii", "replace") if file.is_file() else "")
    return text.strip().lower().encode()


def _copies(workspace: Path, master: bytes) -> Iterator[str]:
    """Files of the workspace that are a key store, or hold the master key, by name."""
    files = [file for folder in SHARED for file in (workspace / folder).rglob("*") if file.is_file()]
    for file in [*files, *(file for file in workspace.glob("*") if file.is_file())]:
        with file.open("rb") as stream:
            head = stream.read(SMALL if file.stat().st_size <= SMALL else HEAD)
        is_store = head.startswith(b"SQLite format 3\0") and b"subject_keys" in head
        if is_store or (master and master in head.lower()):
            yield file.relative_to(workspace).as_posix()


def keys_left(environment: Environment, namespace: str, subjects: Collection[str]) -> set[str]:
    """Those of `subjects` that still have a key."""
    store = environment.home / "keys" / f"{namespace}.db"
    if not subjects or not store.is_file():
        return set()
    with closing(sqlite3.connect(f"file:{store}?mode=ro", uri=True)) as connection:
        return {name for (name,) in connection.execute("SELECT subject FROM subject_keys")} & set(subjects)


def transports_of(workspace: Path, environment: Environment) -> tuple[Transport, ...]:
    """Every address that data of `workspace` travel to: DVC's remotes, MLflow, the ledger, Prefect."""
    addresses = {"MLflow": environment.tracking, "ledger": environment.ledger, "Prefect": environment.prefect_api or ""}
    servers = [_server(name, url) for name, url in addresses.items() if url]
    return (*servers, *(_remote(name, options) for name, options in sorted(remotes(workspace).items())))


def remotes(workspace: Path) -> dict[str, Mapping[str, str]]:
    """DVC's remotes and their options, as .dvc/config and .dvc/config.local say."""
    parser = configparser.ConfigParser(interpolation=None)
    parser.read([workspace / ".dvc" / name for name in ("config", "config.local")], "utf-8")
    marked = {section.strip("'"): section for section in parser.sections()}
    return {
        name.removeprefix("remote ").strip('"'): dict(parser[section])
        for name, section in marked.items()
        if name.startswith("remote ")
    }


def _server(name: str, url: str) -> Transport:
    parts = urlsplit(url)
    scheme = parts.scheme.partition("+")[0]
    secured = parse_qs(parts.query).get("sslmode", [""])[0] in ("require", "verify-ca", "verify-full")
    private = scheme in ("sqlite", "file", "https", "") or parts.hostname in LOOPBACK or secured
    return Transport(name, scheme or "file", private, rests_encrypted=False, is_remote=False)


def _remote(name: str, options: Mapping[str, str]) -> Transport:
    parts = urlsplit(options.get("url", ""))
    scheme = parts.scheme if "://" in options.get("url", "") else "file"
    encrypts = scheme in ENCRYPTING or any(options.get(key) for key in ("sse", "sse_kms_key_id", "sse_customer_key"))
    plain = scheme in ("http", "webdav", "ftp", "hdfs", "webhdfs") or options.get("use_ssl", "true").lower() == "false"
    return Transport(name, scheme, not plain, rests_encrypted=encrypts, is_remote=scheme != "file")


def usage_of(url: str, known_rows: Collection[str]) -> Usage:
    """What the service remembers at a database `url`; `known_rows` are the rows of data/raw that feedback brought."""
    engine = connect(url)
    present = sql.inspect(engine)
    if not present.has_table(predictions.name) or not present.has_table(feedback.name):
        return Usage(0, None, 0, len(known_rows))
    with reading(engine) as connection:
        shown = connection.execute(sql.select(predictions.c.at, predictions.c.sealed)).all()
        answered = set(connection.execute(sql.select(feedback.c.row).where(feedback.c.row.is_not(None))).scalars())
    return Usage(
        predictions=len(shown),
        oldest=min((datetime.fromisoformat(row.at) for row in shown), default=None),
        unsealed=sum(not bytes(row.sealed).startswith(FORMAT) for row in shown),
        learnt_without_consent=len(set(known_rows) - answered),
    )
