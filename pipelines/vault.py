"""Sealing: one key per subject, so that forgetting a person is destroying one key.

A master key wraps the key of each subject; wrapped keys stand in a small store of their own, outside DVC, Git
and the data. Rows are sealed by AES-256-GCM-SIV (RFC 8452): authenticated, and safe to use with a fixed nonce,
where all it reveals is that two rows of one subject are equal. That makes sealing deterministic: re-ingesting
equal data changes no hash.
"""

import fcntl
import hashlib
import hmac
import json
import os
import secrets
import sqlite3
import sys
import threading
from collections.abc import Iterable, Sequence
from contextlib import closing
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM, AESGCMSIV

from pipelines.errors import SealError

Cells = Sequence[str | None]

# Every sealed row begins with its format and the name of its key. A row whose key was destroyed on purpose is
# forgotten, also when that person has come back and has a new key; one whose key is merely not here is an error.
FORMAT = b"\x01"
HEAD = 9
NONCE = bytes(12)
SCHEMA = """
CREATE TABLE IF NOT EXISTS subject_keys (subject TEXT PRIMARY KEY, wrapped BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS store_keys (name TEXT PRIMARY KEY, wrapped BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS destroyed_keys (name BLOB PRIMARY KEY) WITHOUT ROWID;
"""


class Vault:
    """The keys of one data set's subjects, and what they seal."""

    def __init__(self, store: Path, master: bytes, namespace: str) -> None:
        # One connection for all threads of a process, one thread at a time.
        self._lock = threading.Lock()
        self._store = sqlite3.connect(store, timeout=30, check_same_thread=False)
        store.chmod(0o600)
        self._store.executescript("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA secure_delete=ON;" + SCHEMA)
        self._wrapper = AESGCM(master)
        # Derived once, then kept wrapped: the master key can be rotated without changing a pseudonym.
        self._subjects = self._store_key("subjects", _derive(master, f"{namespace}/subjects"))
        self._rows = self._store_key("rows", _derive(master, f"{namespace}/rows"))

    def close(self) -> None:
        """Close the key store."""
        self._store.close()

    def pseudonym(self, subject: str) -> str:
        """The name under which a subject is known from arrival on: 32 hexadecimal digits, keyed."""
        return hashlib.blake2b(subject.encode("utf-8"), key=self._subjects, digest_size=16).hexdigest()

    def row_id(self, cells: Cells, occurrence: int) -> str:
        """The id of the `occurrence`-th row that holds exactly these `cells`: 32 hexadecimal digits, keyed."""
        content = _encode(cells) + occurrence.to_bytes(8, "big")
        return hashlib.blake2b(content, key=self._rows, digest_size=16).hexdigest()

    def derive(self, purpose: str) -> bytes:
        """A key of this data set for another `purpose`, 32 bytes; the same wherever the key store is."""
        return hmac.digest(self._rows, purpose.encode(), "sha256")

    @property
    def forgotten(self) -> int:
        """How many keys were destroyed so far."""
        return len(self._destroyed())

    def seal(self, rows: Iterable[tuple[str, str, Cells]]) -> list[bytes]:
        """The sealed cells of each (row id, subject pseudonym, cells); new subjects get a key first.

        The keys are durable before this returns: nothing sealed can outlive its key by accident.
        """
        rows = list(rows)
        keys = self._ensure_keys({subject for _, subject, _ in rows})
        return [
            _head(keys[subject]) + AESGCMSIV(keys[subject]).encrypt(NONCE, _encode(cells), row.encode())
            for row, subject, cells in rows
        ]

    def open(self, rows: Iterable[tuple[str, str, bytes]]) -> list[list[str | None] | None]:
        """The cells of each (row id, subject pseudonym, sealed cells); None where the subject was forgotten.

        Raises SealError where bytes were altered or belong to another row.
        """
        rows = list(rows)
        keys = self._load_keys({subject for _, subject, _ in rows})
        destroyed = self._destroyed()
        return [self._open_one(row, keys.get(subject), sealed, destroyed) for row, subject, sealed in rows]

    def forget(self, subject: str) -> bool:
        """Destroy the key of the subject with this pseudonym, for good; False where there was none."""
        key = self._load_keys({subject}).get(subject)
        if key is None:
            return False
        with self._lock, self._store:
            self._store.execute("INSERT OR IGNORE INTO destroyed_keys VALUES (?)", (_head(key),))
            self._store.execute("DELETE FROM subject_keys WHERE subject = ?", (subject,))
        with self._lock:
            self._store.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        return True

    def _destroyed(self) -> set[bytes]:
        with self._lock:
            return {name for (name,) in self._store.execute("SELECT name FROM destroyed_keys")}

    def _open_one(self, row: str, key: bytes | None, sealed: bytes, destroyed: set[bytes]) -> list[str | None] | None:
        head = sealed[:HEAD]
        if head in destroyed:
            return None
        if key is None:
            raise _no_key()
        try:
            if head != _head(key):
                raise InvalidTag
            return list(json.loads(AESGCMSIV(key).decrypt(NONCE, sealed[HEAD:], row.encode())))
        except InvalidTag:
            raise SealError(
                "A sealed row does not open with its subject's key.",
                "Expected the bytes that were sealed at ingestion, under the same row id.",
                "restore data/raw from a remote (`dvc pull --force data/raw.dvc`), then run again.",
            ) from None

    def _store_key(self, name: str, fresh: bytes) -> bytes:
        with self._store:
            self._store.execute("INSERT OR IGNORE INTO store_keys VALUES (?, ?)", (name, self._wrap(name, fresh)))
        (wrapped,) = self._store.execute("SELECT wrapped FROM store_keys WHERE name = ?", (name,)).fetchone()
        return self._unwrap(name, wrapped)

    def _ensure_keys(self, subjects: set[str]) -> dict[str, bytes]:
        keys = self._load_keys(subjects)
        fresh = [(s, self._wrap(s, secrets.token_bytes(32))) for s in sorted(subjects - keys.keys())]
        if not fresh:
            return keys
        with self._lock, self._store:
            # Another process may have been first: its key stands, ours is dropped.
            self._store.executemany("INSERT OR IGNORE INTO subject_keys VALUES (?, ?)", fresh)
        return keys | self._load_keys({subject for subject, _ in fresh})

    def _load_keys(self, subjects: set[str]) -> dict[str, bytes]:
        """The keys that stand in the store now. Never kept: a service would go on with one destroyed elsewhere."""
        keys: dict[str, bytes] = {}
        wanted = sorted(subjects)
        for start in range(0, len(wanted), 500):  # SQLite bounds the number of parameters
            part = wanted[start : start + 500]
            marks = ",".join("?" * len(part))
            query = f"SELECT subject, wrapped FROM subject_keys WHERE subject IN ({marks})"  # noqa: S608 - question marks alone
            with self._lock:
                found = self._store.execute(query, part).fetchall()
            keys.update((subject, self._unwrap(subject, wrapped)) for subject, wrapped in found)
        return keys

    def _wrap(self, name: str, key: bytes) -> bytes:
        nonce = os.urandom(12)
        return nonce + self._wrapper.encrypt(nonce, key, name.encode())

    def _unwrap(self, name: str, wrapped: bytes) -> bytes:
        try:
            return self._wrapper.decrypt(wrapped[:12], wrapped[12:], name.encode())
        except InvalidTag:
            raise SealError(
                "The key store was made under another master key.",
                "Expected the master key that wrapped it (FLYWHEEL_MASTER_KEY, or master.key in FLYWHEEL_HOME).",
                "restore that master key; without it this data cannot be opened by anyone.",
            ) from None


def open_vault(home: Path, master_key: str | None, namespace: str) -> Vault:
    """The vault of the data set `namespace`, with its key store under `home`; both are made at first use."""
    keys = home / "keys"
    keys.mkdir(parents=True, exist_ok=True, mode=0o700)
    master = _parse_master_key(master_key) if master_key else _master_key_file(home / "master.key")
    with (keys / ".first-use.lock").open("w") as lock:
        # SQLite does not wait where two processes turn a new store to write-ahead at once.
        fcntl.flock(lock, fcntl.LOCK_EX)
        return Vault(keys / f"{namespace}.db", master, namespace)


def _parse_master_key(text: str) -> bytes:
    try:
        key = bytes.fromhex(text.strip())
    except ValueError:
        key = b""
    if len(key) == 32:
        return key
    raise SealError(
        "The master key is not one.",
        "Expected 64 hexadecimal digits (32 bytes).",
        "make one with `python3 -c 'import secrets; print(secrets.token_hex(32))'` and keep a copy of it safe.",
    )


def _master_key_file(path: Path) -> bytes:
    if not path.exists():
        _make_master_key(path)
    return _parse_master_key(path.read_text("ascii", errors="replace"))


def _make_master_key(path: Path) -> None:
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with closing(os.fdopen(descriptor, "w")) as file:
        file.write(secrets.token_hex(32) + "\n")
        file.flush()
        os.fsync(file.fileno())
    try:
        os.link(draft, path)  # fails where another process was first: its key stands
    except FileExistsError:
        return
    finally:
        draft.unlink()
    sys.stderr.write(
        f"A master key was made: {path} (readable by you alone). It opens all sealed data of this machine;\n"
        "whoever loses it loses that data for good, so keep a copy where the data's backups are not.\n"
    )


def _derive(master: bytes, purpose: str) -> bytes:
    return hmac.digest(master, purpose.encode(), "sha256")


def _head(key: bytes) -> bytes:
    return FORMAT + hashlib.blake2b(key, digest_size=HEAD - 1, person=b"key name").digest()


def _no_key() -> SealError:
    return SealError(
        "The key store has no key for a sealed row, and did not destroy it.",
        "Expected the key store under which the data were sealed (the folder `keys` in FLYWHEEL_HOME).",
        "bring that folder here; without it nobody can open these rows.",
    )


def _encode(cells: Cells) -> bytes:
    return json.dumps(list(cells), ensure_ascii=False, separators=(",", ":")).encode("utf-8")
