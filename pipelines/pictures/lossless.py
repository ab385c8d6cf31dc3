"""Pictures of kinds that no browser or no service reads, as PNG: BMP, GIF and TIFF, whose pixels are exact."""

import io
import warnings
from typing import TYPE_CHECKING

from pipelines.pictures import PictureError, picture_cell, stored_png
from pipelines.pictures.faults import LARGEST, MOST_PIXELS, refuse_size

if TYPE_CHECKING:
    from PIL.Image import Image

MARKS = {b"BM": "BMP", b"GIF8": "GIF", b"II*\0": "TIFF", b"MM\0*": "TIFF"}
# How PNG writes the pixels that a decoder calls so: samples of each pixel, and bits of each sample.
SAMPLES = {"L": (1, 8), "LA": (2, 8), "RGB": (3, 8), "RGBA": (4, 8), "I;16B": (1, 16)}
AS = {"1": "L", "P": "RGB", "PA": "RGBA", "CMYK": "RGB", "YCbCr": "RGB", "LAB": "RGB", "RGBX": "RGB", "RGBa": "RGBA"}


def file_cell(content: bytes) -> str:
    """The cell of a picture file of any kind that is read. Raises PictureError where it is none, or not whole.

    What a service may be sent are kinds whose bytes are looked at and not decoded (`picture_cell`); these here are
    decoded, where a team brings its own files.
    """
    form = next((form for mark, form in MARKS.items() if content.startswith(mark)), None)
    png = content if form is None else _as_png(content, form)
    if len(png) > LARGEST:
        raise PictureError(f"it has more than {LARGEST:,} bytes" + " as PNG" * (form is not None))
    return picture_cell(png)


def _as_png(content: bytes, form: str) -> bytes:
    from PIL import Image, UnidentifiedImageError

    try:
        with warnings.catch_warnings():
            warnings.simplefilter(
                "ignore"
            )  # of notes that are damaged, which are left out, and of size, which is asked
            picture = Image.open(io.BytesIO(content), formats=(form,))
            refuse_size(*picture.size)
            if form == "TIFF" and getattr(picture, "n_frames", 1) > 1:
                raise PictureError("it holds several pictures")
            return _png_of(picture)
    except UnidentifiedImageError:
        raise PictureError(f"it is not a whole {form} file") from None
    except Image.DecompressionBombError:
        raise PictureError(f"it claims to have more than {MOST_PIXELS:,} pixels") from None
    # What decoders raise for a file that is damaged inside, or of a kind within the kind that they do not know.
    except (OSError, SyntaxError, EOFError, ValueError, KeyError, TypeError, IndexError, OverflowError) as error:
        if isinstance(error, PictureError):
            raise
        raise PictureError(f"it is cut off, damaged, or of a kind of {form} that is not known") from None


def _png_of(picture: "Image") -> bytes:
    from PIL import ImageOps

    picture.load()
    picture = ImageOps.exif_transpose(picture)
    mode = picture.mode
    if mode.startswith("I;16"):
        light = picture.tobytes("raw", "I;16B")
        return stored_png(light, *picture.size, 1, 16)
    if mode == "P" and "transparency" in picture.info:
        mode = "PA"
    wanted = AS.get(mode, mode)
    if wanted not in SAMPLES:
        raise PictureError(f"its pixels are written as {mode}, and not in 8 or 16 bits")
    samples, depth = SAMPLES[wanted]
    return stored_png(picture.convert(wanted).tobytes(), *picture.size, samples, depth)
