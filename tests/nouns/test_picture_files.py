"""Pictures of kinds that are decoded as they arrive: the same pixels, as PNG; damage and claims refused."""

import base64
import io

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from pipelines.pictures import PictureError, is_picture, picture_cell
from pipelines.pictures.faults import LARGEST
from pipelines.pictures.lossless import file_cell

LIGHT = np.random.default_rng(5).integers(0, 256, (12, 20, 4), dtype=np.uint8)


def saved(picture: Image.Image, form: str, **more: object) -> bytes:
    out = io.BytesIO()
    picture.save(out, form, **more)  # type: ignore[arg-type]
    return out.getvalue()


def opened(cell: str) -> Image.Image:
    assert is_picture(cell)
    found = Image.open(io.BytesIO(base64.b64decode(cell)))
    assert found.format == "PNG"
    return found


@pytest.mark.parametrize(
    ("form", "mode"),
    [("BMP", "RGB"), ("BMP", "L"), ("BMP", "1"), ("BMP", "P"), ("GIF", "P"), ("GIF", "L")]
    + [("TIFF", mode) for mode in ("1", "L", "LA", "P", "RGB", "RGBA", "CMYK", "I;16")],
)
def test_every_pixel_is_what_it_was(form: str, mode: str) -> None:
    picture = Image.fromarray(LIGHT, "RGBA").convert("L" if mode == "I;16" else "RGB" if mode != "RGBA" else "RGBA")
    if mode == "I;16":
        picture = Image.fromarray(np.asarray(picture).astype(np.uint16) * 257 + 3)
    picture = picture.convert(mode) if picture.mode != mode else picture
    content = saved(picture, form)
    found = opened(file_cell(content))
    seen = Image.open(io.BytesIO(content))
    if mode == "I;16":
        assert np.array_equal(np.asarray(found), np.asarray(seen))
    else:
        assert np.array_equal(np.asarray(found.convert("RGBA")), np.asarray(seen.convert("RGBA")))
    assert file_cell(content) == file_cell(content)


def test_the_packing_of_a_file_does_not_change_its_cell() -> None:
    picture = Image.fromarray(LIGHT[:, :, :3])
    cells = {file_cell(saved(picture, "TIFF", compression=way)) for way in (None, "tiff_lzw", "tiff_deflate")}
    assert len({*cells, file_cell(saved(picture, "BMP"))}) == 1


def test_png_jpeg_and_webp_are_not_decoded() -> None:
    for form in ("PNG", "JPEG", "WEBP"):
        content = saved(Image.fromarray(LIGHT[:, :, :3]), form)
        assert file_cell(content) == picture_cell(content)


def test_a_camera_held_on_its_side_and_what_shines_through() -> None:
    notes = Image.Exif()
    notes[0x0112] = 6
    content = saved(Image.fromarray(LIGHT[:, :, :3]), "TIFF", exif=notes)
    assert np.array_equal(np.asarray(opened(file_cell(content))), np.rot90(LIGHT[:, :, :3], 3))
    paper = Image.new("P", (4, 4), 0)
    paper.putpalette([255, 0, 0, 0, 0, 255])
    paper.paste(1, (0, 0, 2, 4))
    found = opened(file_cell(saved(paper, "GIF", transparency=0)))
    assert found.getpixel((0, 0)) == (0, 0, 255, 255)
    assert found.getpixel((3, 3)) == (255, 0, 0, 0)


def test_of_a_moving_gif_the_first_picture_is_taken_and_of_several_pages_none() -> None:
    red, blue = (Image.new("RGB", (8, 8), light) for light in ("red", "blue"))
    moving = saved(red, "GIF", save_all=True, append_images=[blue])
    assert opened(file_cell(moving)).convert("RGB").getpixel((2, 2)) == (255, 0, 0)
    with pytest.raises(PictureError, match="it holds several pictures"):
        file_cell(saved(red, "TIFF", save_all=True, append_images=[blue]))


def test_what_has_no_eight_or_sixteen_bits_is_refused_with_the_reason() -> None:
    with pytest.raises(PictureError, match="its pixels are written as F"):
        file_cell(saved(Image.fromarray(LIGHT[:, :, 0].astype(np.float32)), "TIFF"))


def test_a_picture_that_claims_to_be_a_continent_or_is_too_large_as_png_is_refused() -> None:
    content = bytearray(saved(Image.new("RGB", (4, 4)), "BMP"))
    content[18:26] = (60_000).to_bytes(4, "little") * 2
    with pytest.raises(PictureError, match="more than 50,000,000 pixels"):
        file_cell(bytes(content))
    content[18:26] = (8_000).to_bytes(4, "little") * 2
    with pytest.raises(PictureError, match="8,000 x 8,000"):
        file_cell(bytes(content))
    many = saved(Image.new("RGB", (2000, 2000)), "TIFF", compression="tiff_deflate")
    assert len(many) < LARGEST
    with pytest.raises(PictureError, match="it has more than 7,000,000 bytes as PNG"):
        file_cell(many)


WHOLE = {form: saved(Image.fromarray(LIGHT[:, :, :3]), form) for form in ("BMP", "GIF", "TIFF")}


@pytest.mark.parametrize("form", WHOLE)
def test_a_file_that_is_cut_off_is_refused(form: str) -> None:
    # Behind the pixels a GIF and a TIFF have an end that no pixel needs.
    for length in range(4, len(WHOLE[form]) // 2):
        with pytest.raises(PictureError):
            file_cell(WHOLE[form][:length])


@given(st.sampled_from(list(WHOLE)), st.integers(0, 2000), st.binary(min_size=1, max_size=4))
def test_damage_does_no_more_than_be_refused(form: str, place: int, damage: bytes) -> None:
    content = WHOLE[form]
    place %= len(content)
    try:
        cell = file_cell(content[:place] + damage + content[place + len(damage) :])
    except PictureError:
        return
    assert is_picture(cell)
