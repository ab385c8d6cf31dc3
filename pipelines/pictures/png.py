"""PNG: the chunks that pixels need, and pictures written as PNG."""

import struct
import zlib
from collections.abc import Iterator

from pipelines.pictures.faults import PictureError, refuse_size

PNG = b"\x89PNG\r\n\x1a\n"
# What a PNG's pixels need: header, palette, transparency, gamma, data, end.
NEEDED = (b"IHDR", b"PLTE", b"tRNS", b"gAMA", b"IDAT", b"IEND")
# How PNG calls pixels of so many samples: grey, grey and opacity, colour, colour and opacity.
COLOURS = {1: 0, 2: 4, 3: 2, 4: 6}


def pixels_of_png(content: bytes) -> bytes:
    """A PNG file without what is no pixel. Raises PictureError."""
    return b"".join([PNG, *_chunks(content)])


def size_of_png(content: bytes) -> tuple[int, int]:
    """Width and height of a whole PNG, in pixels."""
    width, height = struct.unpack(">II", content[16:24])
    return width, height


def stored_png(rows: bytes, width: int, height: int, samples: int = 1, depth: int = 8) -> bytes:
    """The PNG of `rows`: width * height pixels of so many `samples` of `depth` bits, 0 black, the highest first.

    Its data are stored and not compressed: two versions of zlib compress differently, and a picture with other
    bytes would be another picture.
    """
    line = width * samples * depth // 8
    lines = b"".join(b"\0" + rows[start : start + line] for start in range(0, line * height, line))
    header = struct.pack(">IIBBBBB", width, height, depth, COLOURS[samples], 0, 0, 0)
    parts = [_chunk(b"IHDR", header), _chunk(b"IDAT", _stored(lines)), _chunk(b"IEND", b"")]
    return b"".join([PNG, *parts])


def _stored(content: bytes) -> bytes:
    """`content` as a zlib stream of stored blocks (RFC 1950, RFC 1951 section 3.2.4)."""
    blocks = [content[start : start + 65535] for start in range(0, len(content), 65535)]
    parts = [
        struct.pack("<BHH", place == len(blocks) - 1, len(block), len(block) ^ 0xFFFF) + block
        for place, block in enumerate(blocks)
    ]
    return b"\x78\x01" + b"".join(parts) + struct.pack(">I", zlib.adler32(content))


def _chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def _chunks(content: bytes) -> Iterator[bytes]:
    """The chunks of a PNG that its pixels need; nothing behind its end."""
    place, seen = len(PNG), set[bytes]()
    while b"IEND" not in seen:
        if place + 12 > len(content):
            raise PictureError("it is cut off")
        (length,), kind = struct.unpack(">I", content[place : place + 4]), content[place + 4 : place + 8]
        chunk = content[place : place + 12 + length]
        if len(chunk) != 12 + length or zlib.crc32(chunk[4:-4]) != struct.unpack(">I", chunk[-4:])[0]:
            raise PictureError("it is cut off or damaged")
        if kind == b"IHDR":
            refuse_size(*struct.unpack(">II", chunk[8:16]))
        if kind in NEEDED:
            yield chunk
        elif not kind[0] & 0x20:
            raise PictureError("it has a part that is not known and cannot be left out")
        seen.add(kind)
        place += len(chunk)
    if not {b"IHDR", b"IDAT"} <= seen:
        raise PictureError("it has no pixels")
