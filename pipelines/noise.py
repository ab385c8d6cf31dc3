"""The key of all noise that this machine adds: secret, and yet the same again, so that equal trainings stay equal.

It is a key of its own. The master key opens sealed data, which training has no business with; and a master key is
rotated, while noise that was drawn once must not be drawn anew.
"""

import os
import secrets
from contextlib import closing
from pathlib import Path

from pipelines.errors import ParameterError

FILE = "noise.key"


def noise_key(home: Path, given: str | None) -> bytes:
    """The key `given` as 64 hexadecimal digits, or the one in `home`, which is made at first use (mode 0600)."""
    if given is None and not (home / FILE).exists():
        _make(home / FILE)
    text = given if given is not None else (home / FILE).read_text("ascii", errors="replace")
    try:
        key = bytes.fromhex(text.strip())
    except ValueError:
        key = b""
    if len(key) == 32:
        return key
    raise ParameterError(
        "The key of the noise is not one.",
        "Expected 64 hexadecimal digits (32 bytes) in FLYWHEEL_NOISE_KEY, or in noise.key in FLYWHEEL_HOME.",
        "make one with `python3 -c 'import secrets; print(secrets.token_hex(32))'`, and tell it to nobody.",
    )


def _make(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    with closing(os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w")) as file:
        file.write(secrets.token_hex(32) + "\n")
        file.flush()
        os.fsync(file.fileno())
    try:
        os.link(draft, path)  # fails where another process was first: its key stands
    except FileExistsError:
        return
    finally:
        draft.unlink()
