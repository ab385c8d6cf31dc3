"""The master key: where it stands, how it is made, and how another one takes its place.

A rotation that is killed half-way is finished by whoever opens a key store next: the new key lies beside the old
one until every store is wrapped under it.
"""

import fcntl
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from pipelines.errors import SealError
from pipelines.files import inside
from pipelines.keyfile import parse_key, write_key
from pipelines.keys import KeyStore

NEXT = "master.key.next"


def open_key_store(home: Path, given: str | None, namespace: str) -> KeyStore:
    """The key store of the data set `namespace` under `home`, made at first use; `given`: a master key from outside."""
    with _alone(home) as keys:
        if given is None and (home / NEXT).exists():
            _finish(home)
        return KeyStore(inside(keys, f"{namespace}.db"), lambda: _master(home, given))


def rotate(home: Path, given: str | None, new: str | None) -> int:
    """Let another master key wrap every key under `home`; how many keys. No sealed row changes, nor any pseudonym.

    The new key is made here where the old one is the file master.key; where the old one was `given` from outside,
    so must the `new` one be. Raises SealError where it is missing, or the old one does not fit.
    """
    with _alone(home) as keys:
        if given is None:
            if not (home / NEXT).exists():
                read_master_key(home / "master.key")
                write_key(home / NEXT)
            return _finish(home)
        if new is None:
            raise SealError(
                "rotate: the new master key is missing.",
                "Expected it in FLYWHEEL_NEW_MASTER_KEY, for the present one came from FLYWHEEL_MASTER_KEY.",
                "set it to 64 hexadecimal digits, rotate, then let FLYWHEEL_MASTER_KEY be the new one.",
            )
        return sum(_rewrap(path, parse_master_key(given), parse_master_key(new)) for path in sorted(keys.glob("*.db")))


def _finish(home: Path) -> int:
    """Wrap every store that is not yet under the next key, then let that key be the one."""
    old, new = read_master_key(home / "master.key"), read_master_key(home / NEXT)
    count = sum(_rewrap(path, old, new) for path in sorted((home / "keys").glob("*.db")))
    (home / NEXT).replace(home / "master.key")
    return count


def _rewrap(path: Path, old: bytes, new: bytes) -> int:
    store = KeyStore(path, lambda: old)
    with closing(store):
        return 0 if store.wrapped_under(new) else store.rotate(new)


@contextmanager
def _alone(home: Path) -> Iterator[Path]:
    """The folder of key stores, while no other process opens or rotates one.

    SQLite does not wait where two processes turn a new store to write-ahead at once.
    """
    keys = home / "keys"
    keys.mkdir(parents=True, exist_ok=True, mode=0o700)
    with (keys / ".first-use.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield keys


def _master(home: Path, given: str | None) -> bytes:
    return parse_master_key(given) if given else read_master_key(home / "master.key")


def parse_master_key(text: str) -> bytes:
    """The key in `text`, 64 hexadecimal digits. Raises SealError where it is none."""
    key = parse_key(text)
    if key is not None:
        return key
    raise SealError(
        "The master key is not one.",
        "Expected 64 hexadecimal digits (32 bytes).",
        "make one with `python3 -c 'import secrets; print(secrets.token_hex(32))'` and keep a copy of it safe.",
    )


def read_master_key(path: Path) -> bytes:
    """The master key in the file `path`, which is made at first use."""
    if not path.exists():
        _make_master_key(path)
    return parse_master_key(path.read_text("ascii", errors="replace"))


def _make_master_key(path: Path) -> None:
    if write_key(path):
        sys.stderr.write(
            f"A master key was made: {path} (readable by you alone). It opens all sealed data of this machine;\n"
            "whoever loses it loses that data for good, so keep a copy where the data's backups are not.\n"
        )
