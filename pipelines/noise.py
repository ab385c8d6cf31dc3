"""The key of all noise that this machine adds: secret, and yet the same again, so that equal trainings stay equal.

It is a key of its own. The master key opens sealed data, which training has no business with; and a master key is
rotated, while noise that was drawn once must not be drawn anew.
"""

from pathlib import Path

from pipelines.errors import ParameterError
from pipelines.keyfile import parse_key, write_key

FILE = "noise.key"


def noise_key(home: Path, given: str | None) -> bytes:
    """The key `given` as 64 hexadecimal digits, or the one in `home`, which is made at first use (mode 0600)."""
    if given is None and not (home / FILE).exists():
        write_key(home / FILE)
    text = given if given is not None else (home / FILE).read_text("ascii", errors="replace")
    key = parse_key(text)
    if key is not None:
        return key
    raise ParameterError(
        "The key of the noise is not one.",
        "Expected 64 hexadecimal digits (32 bytes) in FLYWHEEL_NOISE_KEY, or in noise.key in FLYWHEEL_HOME.",
        "make one with `python3 -c 'import secrets; print(secrets.token_hex(32))'`, and tell it to nobody.",
    )
