"""Pictures -> arrays of pixels; imported by train and by the service alike."""

import base64
import binascii
import io
import struct
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from pipelines.errors import DataError
from pipelines.pictures import PictureError, size_of

if TYPE_CHECKING:
    from PIL.Image import Image

GREY, COLOUR = 1, 3
# How a PNG writes grey, with or without what shines through; a JPEG says how many components it has.
GREY_MODES = ("1", "L", "LA", "I", "F", "I;16", "I;16B", "I;16L", "I;16N")
SIXTEEN_BITS = 65535


@dataclass(frozen=True)
class Pixels:
    """A picture as `height` x `width` x `channels` shares of light: 0 is black, 1 white. One channel is grey.

    A picture of another size is stretched or shrunk to this one: nothing of it is cut off.
    """

    kind: ClassVar[str] = "pixels"
    column: str
    height: int
    width: int
    channels: int

    @classmethod
    def fit(cls, cells: Sequence[str | None], column: str, side: int) -> "Pixels":
        """The median size of the pictures, shrunk until no side is longer than `side`; grey where all of them are."""
        given = [base64.b64decode(cell) for cell in cells if cell is not None]
        sizes = [size_of(content) for content in given] or [(side, side)]
        width, height = (float(np.median([size[place] for size in sizes])) for place in (0, 1))
        scale = min(1.0, side / max(width, height))
        colour = any(_open(content).mode not in GREY_MODES for content in given)
        return cls(column, max(1, round(height * scale)), max(1, round(width * scale)), COLOUR if colour else GREY)

    @property
    def shape(self) -> tuple[int, int, int]:
        """Height, width, channels."""
        return self.height, self.width, self.channels

    def arrays(self, columns: Mapping[str, Sequence[Any]]) -> dict[str, NDArray[Any]]:
        """`pixels` (n, height, width, channels) float32; a missing picture is black. Raises DataError for a bad one."""
        cells = columns[self.column]
        found = np.zeros((len(cells), *self.shape), dtype=np.float32)
        for place, cell in enumerate(cells):
            if cell is not None:
                found[place] = self._light(cell)
        return {"pixels": found}

    def _light(self, cell: str) -> NDArray[np.float32]:
        try:
            picture = _upright(_open(base64.b64decode(cell)))
            size = (self.width, self.height)
            if picture.mode in GREY_MODES and self.channels == GREY and "A" not in picture.mode:
                light = _grey(picture, size)
            else:
                light = _shares(_resized(_opaque(picture, self.channels), size))
        # What the decoder raises for a file that is damaged inside.
        except (OSError, SyntaxError, ValueError, EOFError, struct.error, zlib.error, binascii.Error) as error:
            raise DataError(
                f"A picture in the column '{self.column}' cannot be decoded ({type(error).__name__}).",
                "Expected base64 of a whole PNG, JPEG or WEBP file.",
                "write the picture anew with a program that opens it, or leave it out.",
            ) from None
        return light.reshape(self.shape)


def _open(content: bytes) -> "Image":
    """The picture of these bytes, decoded when its pixels are asked for."""
    # The service starts without a decoder, and does without one where no picture is read.
    from PIL import Image

    try:
        size_of(content)
    except (PictureError, struct.error):
        raise ValueError("no picture") from None
    return Image.open(io.BytesIO(content), formats=("PNG", "JPEG", "WEBP"))


def _upright(picture: "Image") -> "Image":
    """The picture as it is to be seen: a camera that is held on its side says so beside the pixels."""
    from PIL import ImageOps

    return ImageOps.exif_transpose(picture) if picture.format == "JPEG" else picture


def _grey(picture: "Image", size: tuple[int, int]) -> NDArray[np.float32]:
    """Shares of light of a picture that is grey, whatever its depth."""
    if picture.mode in ("1", "L"):
        return _shares(_resized(picture.convert("L"), size))
    deep = np.asarray(picture, dtype=np.float32) / SIXTEEN_BITS
    from PIL import Image

    return np.asarray(_resized(Image.fromarray(deep), size), dtype=np.float32)


def _shares(picture: "Image") -> NDArray[np.float32]:
    """Eight bits as shares of light."""
    return np.asarray(picture, dtype=np.float32) / np.float32(255)


def _opaque(picture: "Image", channels: int) -> "Image":
    """The picture in grey or in three colours; what is transparent stands on white, as on a page."""
    from PIL import Image

    if picture.mode.startswith(("I", "F")):
        deep = np.asarray(picture, dtype=np.float32) * (255 / SIXTEEN_BITS)
        picture = Image.fromarray(deep.round().astype(np.uint8))
    if picture.mode in ("LA", "RGBA", "PA") or "transparency" in picture.info:
        picture = picture.convert("RGBA")
        page = Image.new("RGBA", picture.size, "white")
        picture = Image.alpha_composite(page, picture)
    return picture.convert("RGB" if channels == COLOUR else "L")


def _resized(picture: "Image", size: tuple[int, int]) -> "Image":
    from PIL import Image

    # Each new pixel is a weighted mean of all that it covers: small things do not fall through.
    return picture if picture.size == size else picture.resize(size, Image.Resampling.BILINEAR)
