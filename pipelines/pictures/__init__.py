"""Pictures as text: base64 of PNG, JPEG or WEBP bytes that hold pixels and nothing else.

A camera writes place, time and owner into its files. What is no pixel is cut out of the bytes, without decoding them:
so no pixel changes, and equal files give equal cells with any version of any library. What stays of a camera's notes is
which way is up, for a picture on its side is another one to a model.
"""

import base64
import binascii
import struct

from pipelines.pictures.faults import MOST_PIXELS, PictureError
from pipelines.pictures.jpeg import JPEG, pixels_of_jpeg, size_of_jpeg
from pipelines.pictures.png import PNG, pixels_of_png, size_of_png, stored_png
from pipelines.pictures.webp import is_webp, pixels_of_webp, size_of_webp

__all__ = ["MOST_PIXELS", "PictureError", "is_picture", "picture_cell", "pixels_alone", "size_of", "stored_png"]


def picture_cell(content: bytes) -> str:
    """The cell of a PNG, JPEG or WEBP file. Raises PictureError where it is none, or not whole."""
    return base64.b64encode(pixels_alone(content)).decode("ascii")


def is_picture(cell: str) -> bool:
    """Whether `cell` is a picture as `picture_cell` makes them."""
    try:
        return pixels_alone(base64.b64decode(cell, validate=True)) is not None
    except (PictureError, binascii.Error, ValueError):
        return False


def pixels_alone(content: bytes) -> bytes:
    """A PNG, JPEG or WEBP file without what is no pixel. Raises PictureError."""
    try:
        if content.startswith(PNG):
            return pixels_of_png(content)
        if content.startswith(JPEG):
            return pixels_of_jpeg(content)
        if is_webp(content):
            return pixels_of_webp(content)
    except (struct.error, IndexError):
        raise PictureError("it is cut off or damaged") from None
    raise PictureError("it is no picture of a kind that is read")


def size_of(content: bytes) -> tuple[int, int]:
    """Width and height of a whole picture as it is to be seen, in pixels."""
    if content.startswith(PNG):
        return size_of_png(content)
    return size_of_webp(content) if is_webp(content) else size_of_jpeg(content)
