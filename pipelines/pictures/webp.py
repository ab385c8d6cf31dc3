"""WEBP: the chunks that pixels need (RFC 9649)."""

import struct
from collections.abc import Iterator

from pipelines.pictures.faults import PictureError, refuse_size

RIFF, WEBP = b"RIFF", b"WEBP"
HEAD = 12
EXTENDED, LOSSY, LOSSLESS, OPACITY = b"VP8X", b"VP8 ", b"VP8L", b"ALPH"
ANIMATION = (b"ANIM", b"ANMF")
# Bytes that a chunk needs to tell its size.
LEAST = {EXTENDED: 10, LOSSY: 10, LOSSLESS: 5}
# The flag of an extended file that says that some pixels are not opaque; the others tell of what is left out.
OPACITY_FLAG = 0x10


def is_webp(content: bytes) -> bool:
    """Whether these bytes begin as WEBP does."""
    return content.startswith(RIFF) and content[8:HEAD] == WEBP


def pixels_of_webp(content: bytes) -> bytes:
    """A WEBP file without what is no pixel. Raises PictureError."""
    kept: list[bytes] = []
    for kind, chunk in _chunks(content):
        if kind in ANIMATION:
            raise PictureError("it moves, and a picture is one")
        if kind == EXTENDED:
            chunk = chunk[:8] + bytes((chunk[8] & OPACITY_FLAG,)) + chunk[9:]
        if kind in LEAST:
            refuse_size(*_size(kind, chunk))
        if kind in LEAST or kind == OPACITY:
            kept.append(chunk)
        if kind in (LOSSY, LOSSLESS):
            break
    body = WEBP + b"".join(kept)
    return RIFF + struct.pack("<I", len(body)) + body


def size_of_webp(content: bytes) -> tuple[int, int]:
    """Width and height of a whole WEBP, in pixels."""
    return _size(*next(_chunks(content)))


def _chunks(content: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Each chunk with its kind; it ends at an even place."""
    (size,) = struct.unpack("<I", content[4:8])
    end = size + 8
    if end > len(content):
        raise PictureError("it is cut off")
    place = HEAD
    while place + 8 <= end:
        kind, (length,) = content[place : place + 4], struct.unpack("<I", content[place + 4 : place + 8])
        chunk = content[place : min(place + 8 + length + length % 2, end)]
        if len(chunk) < 8 + max(length + length % 2, LEAST.get(kind, 0)):
            raise PictureError("it is cut off or damaged")
        yield kind, chunk
        place += len(chunk)
    raise PictureError("it has no pixels")


def _size(kind: bytes, chunk: bytes) -> tuple[int, int]:
    body = chunk[8:]
    if kind == EXTENDED:
        width, height = (int.from_bytes(body[place : place + 3], "little") + 1 for place in (4, 7))
        return width, height
    if kind == LOSSY and body[3:6] == b"\x9d\x01\x2a":
        width, height = struct.unpack("<HH", body[6:10])
        return width & 0x3FFF, height & 0x3FFF
    if kind == LOSSLESS and body[:1] == b"\x2f":
        bits = int.from_bytes(body[1:5], "little")
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    raise PictureError("it is damaged")
