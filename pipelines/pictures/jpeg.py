"""JPEG: the segments that pixels need, and the way up."""

import struct
from collections.abc import Iterator

from pipelines.pictures.faults import PictureError, refuse_size

JPEG = b"\xff\xd8"
# JPEG's own header, and Adobe's note of how its colours are written; all other notes are about the picture.
JFIF, EXIF, ADOBE, NOTES, COMMENT = 0xE0, 0xE1, 0xEE, range(0xE0, 0xF0), 0xFE
SCAN, END = 0xDA, 0xD9
SIZES = (*range(0xC0, 0xC4), *range(0xC5, 0xC8), *range(0xC9, 0xCC), *range(0xCD, 0xD0))
# Of what Exif (CIPA DC-008) writes about a picture, the way up alone: 1 is as it stands, 5 to 8 lie on a side.
ORIENTATION, SHORT, UPRIGHT, TURNED = 0x0112, 3, 1, range(2, 9)


def pixels_of_jpeg(content: bytes) -> bytes:
    """A JPEG file without what is no pixel, but for the way up. Raises PictureError."""
    return b"".join([JPEG, *_segments(content)])


def size_of_jpeg(content: bytes) -> tuple[int, int]:
    """Width and height of a whole JPEG as it is to be seen, in pixels."""
    way_up = UPRIGHT
    for marker, segment in _marked(content):
        if marker == EXIF:
            way_up = _way_up(segment)
        if marker in SIZES:
            height, width = struct.unpack(">HH", segment[5:9])
            return (height, width) if way_up > 4 else (width, height)
    raise PictureError("it tells no size")


def _way_up(segment: bytes) -> int:
    """How a camera says that it was held: 1 to 8; 1 where it says nothing that can be read."""
    body = segment[10:]
    order = {b"II*\0": "<", b"MM\0*": ">"}.get(body[:4])
    if segment[4:10] != b"Exif\0\0" or order is None or len(body) < 8:
        return UPRIGHT
    (start,) = struct.unpack(order + "I", body[4:8])
    (count,) = struct.unpack(order + "H", body[start : start + 2].ljust(2, b"\0"))
    for place in range(start + 2, min(start + 2 + 12 * count, len(body) - 11), 12):
        tag, kind, _, value = struct.unpack(order + "HHIH", body[place : place + 10])
        if tag == ORIENTATION and kind == SHORT:
            return value if value in TURNED else UPRIGHT
    return UPRIGHT


def _turned(way_up: int) -> bytes:
    """The note that says nothing but the way up."""
    entry = struct.pack(">HHIHH", ORIENTATION, SHORT, 1, way_up, 0)
    body = b"Exif\0\0" + b"MM\0*" + struct.pack(">IH", 8, 1) + entry + bytes(4)
    return struct.pack(">BBH", 0xFF, EXIF, len(body) + 2) + body


def _segments(content: bytes) -> Iterator[bytes]:
    """The segments of a JPEG that its pixels need, up to its end."""
    sized, way_up = False, UPRIGHT
    for marker, segment in _marked(content):
        if marker in SIZES:
            height, width = struct.unpack(">HH", segment[5:9])
            refuse_size(width, height)
            sized = True
        if marker == EXIF and way_up == UPRIGHT and (way_up := _way_up(segment)) != UPRIGHT:
            yield _turned(way_up)
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
