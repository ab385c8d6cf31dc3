"""Pictures as text: base64 of PNG or JPEG bytes that hold pixels and nothing else.

A camera writes place, time and owner into its files. What is no pixel is cut out of the bytes, without decoding them:
so no pixel changes, and equal files give equal cells with any version of any library.
"""

import base64
import binascii
import struct
import zlib
from collections.abc import Iterator

PNG, JPEG = b"\x89PNG\r\n\x1a\n", b"\xff\xd8"
# What a PNG's pixels need: header, palette, transparency, gamma, data, end.
NEEDED = (b"IHDR", b"PLTE", b"tRNS", b"gAMA", b"IDAT", b"IEND")
# JPEG's own header, and Adobe's note of how its colours are written; all other notes are about the picture.
JFIF, ADOBE, NOTES, COMMENT = 0xE0, 0xEE, range(0xE0, 0xF0), 0xFE
SCAN, END = 0xDA, 0xD9
SIZES = (*range(0xC0, 0xC4), *range(0xC5, 0xC8), *range(0xC9, 0xCC), *range(0xCD, 0xD0))
# A small file can claim to be as large as a continent: whoever decodes it pays for the claim.
MOST_PIXELS = 50_000_000


class PictureError(ValueError):
    """Bytes are no whole picture; the message says why, in a few words."""


def picture_cell(content: bytes) -> str:
    """The cell of a PNG or JPEG file. Raises PictureError where it is none, or not whole."""
    return base64.b64encode(pixels_alone(content)).decode("ascii")


def is_picture(cell: str) -> bool:
    """Whether `cell` is a picture as `picture_cell` makes them."""
    try:
        return pixels_alone(base64.b64decode(cell, validate=True)) is not None
    except (PictureError, binascii.Error, ValueError):
        return False


def pixels_alone(content: bytes) -> bytes:
    """A PNG or JPEG file without what is no pixel. Raises PictureError."""
    if content.startswith(PNG):
        return b"".join([PNG, *_chunks(content)])
    if content.startswith(JPEG):
        return b"".join([JPEG, *_segments(content)])
    raise PictureError("it is neither PNG nor JPEG")


def size_of(content: bytes) -> tuple[int, int]:
    """Width and height of a whole PNG or JPEG file, in pixels."""
    if content.startswith(PNG):
        width, height = struct.unpack(">II", content[16:24])
        return width, height
    for marker, segment in _marked(content):
        if marker in SIZES:
            height, width = struct.unpack(">HH", segment[5:9])
            return width, height
    raise PictureError("it tells no size")


def grey_png(rows: bytes, width: int, height: int) -> bytes:
    """The PNG of `rows`: width * height bytes, 0 black to 255 white.

    Its data are stored and not compressed: two versions of zlib compress differently, and a picture with other
    bytes would be another picture.
    """
    lines = b"".join(b"\0" + rows[start : start + width] for start in range(0, width * height, width))
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
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
            _refuse_size(*struct.unpack(">II", chunk[8:16]))
        if kind in NEEDED:
            yield chunk
        elif not kind[0] & 0x20:
            raise PictureError("it has a part that is not known and cannot be left out")
        seen.add(kind)
        place += len(chunk)
    if not {b"IHDR", b"IDAT"} <= seen:
        raise PictureError("it has no pixels")


def _segments(content: bytes) -> Iterator[bytes]:
    """The segments of a JPEG that its pixels need, up to its end."""
    sized = False
    for marker, segment in _marked(content):
        if marker in SIZES:
            height, width = struct.unpack(">HH", segment[5:9])
            _refuse_size(width, height)
            sized = True
        if (marker in NOTES and marker not in (JFIF, ADOBE)) or marker == COMMENT:
            continue
        yield segment
    if not sized:
        raise PictureError("it has no pixels")


def _marked(content: bytes) -> Iterator[tuple[int, bytes]]:
    """Each marker of a JPEG behind its start, with its segment; the data of a scan belong to its segment."""
    place = 2
    while True:
        while content[place : place + 2] == b"\xff\xff":  # filling
            place += 1
        if place + 4 > len(content) and content[place : place + 2] != bytes((0xFF, END)):
            raise PictureError("it is cut off")
        if content[place] != 0xFF:
            raise PictureError("it is damaged")
        marker = content[place + 1]
        if marker == END:
            yield marker, content[place : place + 2]
            return
        end = place + 2 + struct.unpack(">H", content[place + 2 : place + 4])[0]
        if end < place + 4 or end > len(content) or (marker in SIZES and end - place < 9):
            raise PictureError("it is cut off or damaged")
        end = _end_of_scan(content, end) if marker == SCAN else end
        yield marker, content[place:end]
        place = end


def _end_of_scan(content: bytes, place: int) -> int:
    """Where the data of a scan end: at the first marker that is no restart and no escaped 0xFF."""
    while (place := content.find(b"\xff", place)) >= 0 and place + 1 < len(content):
        if content[place + 1] == 0 or 0xD0 <= content[place + 1] <= 0xD7:
            place += 2
        elif content[place + 1] == 0xFF:
            place += 1
        else:
            return place
    raise PictureError("it is cut off")


def _refuse_size(width: int, height: int) -> None:
    if not 0 < width * height <= MOST_PIXELS:
        raise PictureError(f"it claims to have {width:,} x {height:,} pixels")
