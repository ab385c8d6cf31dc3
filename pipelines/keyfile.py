"""A secret key of 32 bytes in a file of its own: 64 hexadecimal digits, readable by its owner alone, written once."""

import os
import secrets
from contextlib import closing
from pathlib import Path


def parse_key(text: str) -> bytes | None:
    """The key in `text`, or None where it is none."""
    try:
        key = bytes.fromhex(text.strip())
    except ValueError:
        return None
    return key if len(key) == 32 else None


def write_key(path: Path) -> bool:
    """Write a new key to `path`; False where another process was first: its key stands."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with closing(os.fdopen(descriptor, "w")) as file:
        file.write(secrets.token_hex(32) + "\n")
        file.flush()
        os.fsync(file.fileno())
    try:
        os.link(draft, path)
    except FileExistsError:
        return False
    finally:
        draft.unlink()
    return True
