"""Curves as TensorBoard reads them: event files, written without TensorFlow and without TensorBoard.

A file is a row of records, each with its length and two masked CRC-32C sums (RFC 3720, B.4); a record is one Event of
TensorFlow's event.proto, of which five fields are needed. Nothing but numbers and their names is written.
"""

import struct
import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

NAME = "events.out.tfevents.0.flywheel"
POLYNOMIAL = 0x82F63B78


@dataclass(frozen=True)
class Events:
    """The event file of one run, in a `folder` of its own."""

    folder: Path

    def write(self, measures: Mapping[str, float], step: int) -> None:
        """Add a point to each curve."""
        self.folder.mkdir(parents=True, exist_ok=True)
        path = self.folder / NAME
        begins = not path.exists()
        with path.open("ab") as file:
            if begins:
                file.write(record(_at(time.time()) + _inner(3, b"brain.Event:2")))
            values = b"".join(
                _inner(1, _inner(1, name.encode()) + _small(2, value)) for name, value in measures.items()
            )
            file.write(record(_at(time.time()) + b"\x10" + _whole(step) + _inner(5, values)))


def record(content: bytes) -> bytes:
    """`content` as a record of such a file."""
    length = struct.pack("<Q", len(content))
    return length + struct.pack("<I", masked(length)) + content + struct.pack("<I", masked(content))


def masked(content: bytes) -> int:
    """The CRC-32C of `content`, turned and shifted, as records bear it."""
    found = 0xFFFFFFFF
    for byte in content:
        found = _table()[(found ^ byte) & 0xFF] ^ (found >> 8)
    found ^= 0xFFFFFFFF
    return ((found >> 15 | found << 17) + 0xA282EAD8) & 0xFFFFFFFF


@cache
def _table() -> list[int]:
    table = list(range(256))
    for _ in range(8):
        table = [value >> 1 ^ (POLYNOMIAL if value & 1 else 0) for value in table]
    return table


def _at(seconds: float) -> bytes:
    """Field 1 of an Event: when."""
    return b"\x09" + struct.pack("<d", seconds)


def _small(field: int, value: float) -> bytes:
    return bytes([field << 3 | 5]) + struct.pack("<f", value)


def _inner(field: int, content: bytes) -> bytes:
    """A field that holds a text or a message."""
    return bytes([field << 3 | 2]) + _whole(len(content)) + content


def _whole(value: int) -> bytes:
    """A whole number in as few groups of seven bits as it takes."""
    found = bytearray()
    while value > 0x7F:
        found.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*found, value])
