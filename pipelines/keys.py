"""The key store: one data key per subject, wrapped by a master key, in a small database of its own.

It stands outside DVC, Git and the data's backups. Forgetting a person is destroying one key here; the name of a
destroyed key stays, so that a row which nobody can open any more is told apart from one whose key was lost.
"""

import hashlib
import hmac
import os
import secrets
import sqlite3
import threading
from collections.abc import Callable, Collection, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import cast

import numpy as np
import polars as pl
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from pipelines.errors import SealError
from pipelines.kept_keys import KEY, Kept
from pipelines.seen import Halves, halves_of

# A sealed row begins with the format and the name of its key.
FORMAT = b"\x02"
HEAD = 9
_NAMES = hashlib.blake2b(digest_size=HEAD - 1, person=b"key name")
SCHEMA = """
CREATE TABLE IF NOT EXISTS subject_keys (subject TEXT PRIMARY KEY, wrapped BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS store_keys (name TEXT PRIMARY KEY, wrapped BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS destroyed_keys (name BLOB PRIMARY KEY) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS forgotten (subject TEXT PRIMARY KEY, at TEXT NOT NULL) WITHOUT ROWID;
"""
KEPT = 1_000_000  # of 48 bytes each
AT_ONCE = 500  # SQLite bounds the number of parameters


class KeyStore:
    """The keys of one data set's subjects, in the SQLite file `path`, under the key that `master` returns (32 bytes).

    `master` is asked again where a key does not unwrap: another process may have rotated the master key.
    """

    def __init__(self, path: Path, master: Callable[[], bytes]) -> None:
        # One connection for all threads of a process, one thread at a time.
        self._lock = threading.Lock()
        self._store = sqlite3.connect(path, timeout=30, check_same_thread=False)
        path.chmod(0o600)
        self._store.executescript("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA secure_delete=ON;" + SCHEMA)
        self._read_master = master
        self._master = AESGCM(master())
        self._most_kept = self._destroyed = 0
        self._kept = Kept()

    def close(self) -> None:
        """Close the store."""
        self._store.close()

    def own(self, name: str, purpose: str) -> bytes:
        """The store's own key `name`: derived from the first master key for `purpose`, kept wrapped from then on."""
        with self._lock, self._store:
            self._begin()
            wrapped = _wrap(self._master, name, derive(self._read_master(), purpose))
            self._store.execute("INSERT OR IGNORE INTO store_keys VALUES (?, ?)", (name, wrapped))
            (wrapped,) = self._store.execute("SELECT wrapped FROM store_keys WHERE name = ?", (name,)).fetchone()
        return self._unwrap(name, wrapped)

    def keep(self, most: int = KEPT) -> None:
        """Let up to `most` keys stay in memory until one is destroyed, here or elsewhere: for who soon ends anyway."""
        self._most_kept = most

    def find(self, subjects: Collection[str]) -> dict[str, bytes]:
        """The keys of those of `subjects` who have one."""
        different = pl.Series(list(dict.fromkeys(subjects)), dtype=pl.String)
        found = zip(different, self.find_each(different), strict=True)
        return {subject: key for subject, key in found if key is not None}

    def find_each(self, subjects: pl.Series) -> list[bytes | None]:
        """The key of each of these different `subjects` that stands in the store now, or None.

        A service would go on with one destroyed elsewhere if it kept them.
        """
        if not self._most_kept:
            read = self._read(set(subjects))
            return [read.get(subject) for subject in subjects]
        names = halves_of(subjects)
        if (destroyed := self._count("destroyed_keys")) != self._destroyed:
            self._kept, self._destroyed = Kept(), destroyed
        here, kept = self._kept.find(names)
        if here.all():
            return list(kept)
        found: list[bytes | None] = list(kept)
        away = np.flatnonzero(~here)
        wanted = subjects.gather(away).to_list()
        read = self._read(set(wanted))
        for place, subject in zip(away.tolist(), wanted, strict=True):
            found[place] = read.get(subject)
        self._keep(names[away], [read.get(subject) for subject in wanted])
        return found

    def _keep(self, names: Halves, keys: Sequence[bytes | None]) -> None:
        """Let those of `keys` stay in memory that are there; where there is no room for them, all others go."""
        there = [key for key in keys if key is not None]
        if self._kept.count + len(there) > self._most_kept:
            self._kept = Kept()
        if len(there) <= self._most_kept:
            self._kept.take(names[[key is not None for key in keys]], there)

    def _read(self, subjects: set[str]) -> dict[str, bytes]:
        try:
            decrypt = self._master.decrypt  # as `_unwrap` does, without two calls of ours for each key
            found = self._select(subjects)
            return {subject: decrypt(wrapped[:12], wrapped[12:], subject.encode()) for subject, wrapped in found}
        except InvalidTag:
            return {subject: self._unwrap(subject, wrapped) for subject, wrapped in self._select(subjects)}

    def ensure(self, subjects: Collection[str]) -> dict[str, bytes]:
        """The keys of `subjects`, durable before this returns; who has none gets one."""
        different = pl.Series(list(dict.fromkeys(subjects)), dtype=pl.String)
        return dict(zip(different, self.ensure_each(different), strict=True))

    def ensure_each(self, subjects: pl.Series) -> list[bytes]:
        """The key of each of these different `subjects`, durable before this returns; who has none gets one."""
        keys = self.find_each(subjects)
        while missing := [place for place, key in enumerate(keys) if key is None]:
            for place, key in zip(missing, self._make(subjects.gather(missing)), strict=True):
                keys[place] = key
        return cast("list[bytes]", keys)

    def _make(self, subjects: pl.Series) -> Sequence[bytes | None]:
        """New keys of `subjects`, who had none a moment ago; where another process was first, its keys stand."""
        drawn = secrets.token_bytes(KEY * len(subjects))
        keys = [drawn[start : start + KEY] for start in range(0, len(drawn), KEY)]
        with self._lock, self._store:
            self._begin()
            wrapped = [(each, _wrap(self._master, each, key)) for each, key in sorted(zip(subjects, keys, strict=True))]
            stored = self._store.executemany("INSERT OR IGNORE INTO subject_keys VALUES (?, ?)", wrapped).rowcount
        if stored < len(keys):
            return self.find_each(subjects)
        if self._most_kept:
            self._keep(halves_of(subjects), keys)
        return keys

    def _begin(self) -> None:
        """Begin to write, under the master key that wraps the store now: another process may have rotated it.

        A key that is wrapped under a master key of before would open nothing, for anybody, ever. Raises SealError where
        the present one does not fit.
        """
        self._store.execute("BEGIN IMMEDIATE")
        one = self._store.execute("SELECT name, wrapped FROM store_keys LIMIT 1").fetchone()
        if one is not None:
            self._unwrap(*one)

    def destroy(self, subjects: Collection[str], *, forget: bool = True) -> set[str]:
        """Destroy the keys of `subjects` for good and remember who was forgotten, if so asked; those who had a key."""
        keys = self.find(subjects)
        at = datetime.now(UTC).isoformat(timespec="seconds")
        with self._lock, self._store:
            names = [(head(key),) for key in keys.values()]
            self._store.executemany("INSERT OR IGNORE INTO destroyed_keys VALUES (?)", names)
            if forget:
                self._store.executemany("INSERT OR IGNORE INTO forgotten VALUES (?, ?)", [(s, at) for s in subjects])
            self._store.executemany("DELETE FROM subject_keys WHERE subject = ?", [(s,) for s in subjects])
        with self._lock:
            # A deleted key may stand in the write-ahead log until that is emptied.
            self._store.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        return set(keys)

    def forgotten(self) -> dict[str, str]:
        """When each forgotten subject was forgotten."""
        with self._lock:
            return dict(self._store.execute("SELECT subject, at FROM forgotten").fetchall())

    def is_forgotten(self, subject: str) -> bool:
        """Whether the subject was forgotten."""
        with self._lock:
            found = self._store.execute("SELECT 1 FROM forgotten WHERE subject = ?", (subject,)).fetchone()
        return found is not None

    def destroyed(self) -> set[bytes]:
        """The heads of rows whose key was destroyed."""
        with self._lock:
            return {name for (name,) in self._store.execute("SELECT name FROM destroyed_keys")}

    def heads(self) -> dict[bytes, str]:
        """The head of every row that can be opened, and whose it is."""
        with self._lock, self._store:
            self._begin()
            found = self._store.execute("SELECT subject, wrapped FROM subject_keys").fetchall()
        keys = ((subject, _unwrap(self._master, subject, wrapped)) for subject, wrapped in found)
        return {head(key): subject for subject, key in keys if key is not None}

    def rotate(self, master: bytes) -> int:
        """Wrap every key under the new `master`, all in one transaction; how many. No sealed row changes.

        One that does not open under the present master key stays as it is: it is lost, and may not keep the others.
        """
        new = AESGCM(master)
        with self._lock, self._store:
            self._begin()
            count = 0
            for table, name in (("store_keys", "name"), ("subject_keys", "subject")):
                rows = self._store.execute(f"SELECT {name}, wrapped FROM {table}").fetchall()  # noqa: S608 - names from above
                keys = [(each, _unwrap(self._master, each, wrapped)) for each, wrapped in rows]
                again = [(_wrap(new, each, key), each) for each, key in keys if key is not None]
                self._store.executemany(f"UPDATE {table} SET wrapped = ? WHERE {name} = ?", again)  # noqa: S608
                count += len(again)
        self._master = new
        with self._lock:
            self._store.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        return count

    def wrapped_under(self, master: bytes) -> bool:
        """Whether the keys are wrapped under `master`; also where there are none yet."""
        with self._lock:
            found = self._store.execute("SELECT name, wrapped FROM store_keys LIMIT 1").fetchone()
        return found is None or _unwrap(AESGCM(master), *found) is not None

    def _unwrap(self, name: str, wrapped: bytes) -> bytes:
        key = _unwrap(self._master, name, wrapped)
        if key is None:
            self._master = AESGCM(self._read_master())
            key = _unwrap(self._master, name, wrapped)
        if key is None:
            raise _other_master()
        return key

    def _select(self, subjects: set[str]) -> Iterator[tuple[str, bytes]]:
        """The wrapped keys of `subjects`; of most people, all are read in one go: it takes a third of the time."""
        if len(subjects) > AT_ONCE and 2 * len(subjects) > self._count("subject_keys"):
            with self._lock:
                every = self._store.execute("SELECT subject, wrapped FROM subject_keys")
                some = [(subject, wrapped) for subject, wrapped in every if subject in subjects]
            yield from some
            return
        wanted = sorted(subjects)
        for start in range(0, len(wanted), AT_ONCE):
            part = wanted[start : start + AT_ONCE]
            query = f"SELECT subject, wrapped FROM subject_keys WHERE subject IN ({','.join('?' * len(part))})"  # noqa: S608
            with self._lock:
                found = self._store.execute(query, part).fetchall()
            yield from found

    def _count(self, table: str) -> int:
        with self._lock:
            return self._rows(table)

    def _rows(self, table: str) -> int:
        return int(self._store.execute(f"SELECT count(*) FROM {table}").fetchone()[0])  # noqa: S608


def head(key: bytes) -> bytes:
    """What a row sealed by `key` begins with: the format and the key's name, which tells nothing of the key."""
    name = _NAMES.copy()  # half the time of beginning a hash anew
    name.update(key)
    return FORMAT + name.digest()


def derive(key: bytes, purpose: str) -> bytes:
    """A key for one `purpose` alone, 32 bytes, from which `key` cannot be computed."""
    return hmac.digest(key, purpose.encode(), "sha256")


def _wrap(master: AESGCM, name: str, key: bytes) -> bytes:
    nonce = os.urandom(12)
    return nonce + master.encrypt(nonce, key, name.encode())


def _unwrap(master: AESGCM, name: str, wrapped: bytes) -> bytes | None:
    try:
        return master.decrypt(wrapped[:12], wrapped[12:], name.encode())
    except InvalidTag:
        return None


def _other_master() -> SealError:
    return SealError(
        "The key store was made under another master key.",
        "Expected the master key that wrapped it (FLYWHEEL_MASTER_KEY, or master.key in FLYWHEEL_HOME).",
        "restore that master key; without it this data cannot be opened by anyone.",
    )
