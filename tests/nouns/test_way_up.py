"""Which way is up: the one word of a camera that stays, and models see what people see."""

import base64
import io
from typing import Literal

import numpy as np
import pytest
from PIL import Image

from pipelines.pictures import picture_cell, pixels_alone, size_of
from pipelines.pixels import Pixels

ORIENTATION, DESCRIPTION = 0x0112, 0x010E
PLACE = "48 deg 12' N, taken by Mallory"


def taken(way_up: int, order: Literal["<", ">"] = "<", said: int | None = None) -> bytes:
    """A photo that is dark but for a light corner, at the top and left where it stands upright."""
    light = np.zeros((16, 32), dtype=np.uint8)
    light[:8, :8] = 255
    # What the camera does to the pixels: the inverse of what its note asks to be done.
    turned = {1: light, 2: light[:, ::-1], 3: light[::-1, ::-1], 4: light[::-1], 5: light.T,
              6: np.rot90(light), 7: light[::-1, ::-1].T, 8: np.rot90(light, 3)}[way_up]  # fmt: skip
    notes = Image.Exif()
    notes.endian = order
    notes[DESCRIPTION], notes[ORIENTATION] = PLACE, way_up if said is None else said
    out = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(turned)).save(out, "JPEG", quality=95, exif=notes)
    return out.getvalue()


@pytest.mark.parametrize("way_up", range(1, 9))
@pytest.mark.parametrize("order", ["<", ">"])
def test_of_a_cameras_notes_the_way_up_alone_stays(way_up: int, order: Literal["<", ">"]) -> None:
    content = taken(way_up, order)
    clean = pixels_alone(content)
    assert PLACE.encode() in content
    assert PLACE.encode() not in clean
    assert dict(Image.open(io.BytesIO(clean)).getexif()) == ({ORIENTATION: way_up} if way_up > 1 else {})
    assert size_of(clean) == (32, 16)
    assert pixels_alone(clean) == clean


@pytest.mark.parametrize("way_up", range(1, 9))
def test_a_model_sees_a_photo_upright(way_up: int) -> None:
    cell = picture_cell(taken(way_up))
    pixels = Pixels.fit([cell], "image", 32)
    assert pixels.shape == (16, 32, 1)
    seen = pixels.arrays({"image": [cell]})["pixels"][0, :, :, 0]
    upright = pixels.arrays({"image": [picture_cell(taken(1))]})["pixels"][0, :, :, 0]
    assert np.abs(seen - upright).max() < 0.1


@pytest.mark.parametrize("said", [0, 9, 65535])
def test_a_note_that_says_no_way_is_left_out(said: int) -> None:
    clean = pixels_alone(taken(1, said=said))
    assert not Image.open(io.BytesIO(clean)).getexif()


def test_notes_that_are_damaged_say_nothing() -> None:
    content = taken(6)
    start = content.index(b"Exif\0\0") + 6
    for place in range(start, start + 40):
        damaged = content[:place] + b"\xff" + content[place + 1 :]
        clean = pixels_alone(damaged)
        assert pixels_alone(clean) == clean
        assert base64.b64encode(clean).decode() == picture_cell(damaged)
