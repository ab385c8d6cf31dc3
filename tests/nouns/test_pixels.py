"""Pictures as arrays: the same light in training and in serving, whatever the file's size, depth and colours."""

import base64
import io
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from workspaces import lines

from pipelines.errors import DataError, ParameterError
from pipelines.features import from_json, to_json
from pipelines.fixed import fixed_pixels
from pipelines.models.augmenting import pictures_mapped, pictures_moved
from pipelines.models.options import Pictures
from pipelines.pictures import picture_cell, stored_png
from pipelines.pixels import Pixels

STILL = np.eye(2, dtype=np.float32)[None]


def cell(picture: Image.Image, form: str = "PNG") -> str:
    written = io.BytesIO()
    picture.save(written, form)
    return picture_cell(written.getvalue())


def seen(features: Pixels, *cells: str | None) -> Any:
    return features.arrays({features.column: cells})["pixels"]


@settings(max_examples=20)
@given(st.integers(1, 12), st.integers(1, 12), st.integers(0, 2**32 - 1))
def test_a_grey_picture_of_the_right_size_is_its_own_bytes(width: int, height: int, seed: int) -> None:
    rows = np.random.default_rng(seed).integers(0, 256, (height, width), dtype=np.uint8)
    made = base64.b64encode(stored_png(rows.tobytes(), width, height)).decode()
    features = Pixels.fit([made], "image", side=64)
    assert features.shape == (height, width, 1)
    assert np.array_equal(seen(features, made)[0, ..., 0], rows.astype(np.float32) / 255)


def test_one_picture_in_colour_makes_all_three_channels() -> None:
    red, grey = cell(Image.new("RGB", (6, 4), (255, 0, 0)), "JPEG"), cell(Image.new("L", (6, 4), 255))
    assert Pixels.fit([grey, grey], "image", side=64).channels == 1
    features = Pixels.fit([red, grey, None], "image", side=64)
    assert features.shape == (4, 6, 3)
    found = seen(features, red, grey, None)
    assert found.dtype == np.float32
    assert np.abs(found[0] - [1, 0, 0]).max() < 0.02, "JPEG is not exact"
    assert np.array_equal(found[1], np.ones((4, 6, 3)))
    assert not found[2].any(), "a missing picture is black"


def test_the_size_is_the_median_one_and_no_side_is_longer_than_asked() -> None:
    cells = [cell(Image.new("L", size)) for size in ((300, 100), (300, 100), (20, 20))]
    assert Pixels.fit(cells, "image", side=60).shape == (20, 60, 1)
    assert Pixels.fit(cells[2:], "image", side=60).shape == (20, 20, 1)


def test_a_larger_picture_is_shrunk_to_the_mean_of_what_each_pixel_covers() -> None:
    fine = np.indices((40, 40)).sum(axis=0) % 2 * 255
    found = seen(Pixels("image", 4, 4, 1), cell(Image.fromarray(fine.astype(np.uint8))))
    assert np.abs(found - 0.5).max() < 0.05


def test_what_is_transparent_stands_on_white_and_sixteen_bits_are_as_light_as_eight() -> None:
    glass = cell(Image.new("RGBA", (3, 3), (0, 0, 0, 0)))
    assert np.array_equal(seen(Pixels("image", 3, 3, 3), glass), np.ones((1, 3, 3, 3)))
    deep = cell(Image.fromarray(np.full((3, 3), 32768, dtype=np.uint16)))
    for channels in (1, 3):
        assert np.abs(seen(Pixels("image", 3, 3, channels), deep) - 0.5).max() < 0.01


def test_features_come_back_from_json_and_see_the_same() -> None:
    features = Pixels("image", 5, 7, 3)
    back = from_json(to_json(features))
    assert back == features


@pytest.mark.parametrize("bad", ["AAAA", "not base64!", "", stored_png(b"\0" * 9, 3, 3)[:-30]])
def test_a_picture_that_cannot_be_decoded_is_refused_without_its_bytes(bad: Any) -> None:
    given_cell = bad if isinstance(bad, str) else base64.b64encode(bad).decode()
    with pytest.raises(DataError) as caught:
        seen(Pixels("image", 3, 3, 1), given_cell)
    assert "'image'" in lines(caught.value)[0]
    assert given_cell == "" or given_cell not in str(caught.value)


@pytest.mark.parametrize("size", [(), (28, 28), (28, 28, 2), (0, 28, 1)])
def test_a_size_that_is_none_is_refused(size: tuple[int, ...]) -> None:
    with pytest.raises(ParameterError) as caught:
        fixed_pixels("image", size)
    assert len(lines(caught.value)) == 3


@settings(max_examples=20)
@given(st.integers(1, 9), st.integers(1, 9), st.integers(1, 3), st.integers(0, 2**32 - 1))
def test_a_picture_that_is_not_moved_stays_and_a_flip_mirrors_it(
    height: int, width: int, channels: int, seed: int
) -> None:
    pixels = np.random.default_rng(seed).random((1, height, width, channels), dtype=np.float32)
    stay = np.zeros((1, 2), dtype=np.float32)
    assert np.allclose(pictures_mapped(pixels, STILL, stay), pixels, atol=1e-5)
    mirror = np.array([[[1, 0], [0, -1]]], dtype=np.float32)
    assert np.allclose(pictures_mapped(pixels, mirror, stay), pixels[:, :, ::-1], atol=1e-5)


def test_half_a_turn_and_a_shift_by_a_pixel_are_what_they_say() -> None:
    pixels = np.arange(25, dtype=np.float32).reshape(1, 5, 5, 1)
    turned = pictures_mapped(pixels, -STILL, np.zeros((1, 2), dtype=np.float32))
    assert np.allclose(turned, pixels[:, ::-1, ::-1], atol=1e-4)
    # Half a side is two pixels here.
    shifted = pictures_mapped(pixels, STILL, np.array([[0, 0.5]], dtype=np.float32))
    assert np.allclose(shifted[:, :, :4], pixels[:, :, 1:], atol=1e-4)
    assert np.allclose(shifted[:, :, 4], pixels[:, :, 4], atol=1e-4), "the edge goes on"


def test_equal_chance_moves_pictures_equally_and_each_its_own_way() -> None:
    move = pictures_moved(Pictures(shift=0.1, rotate=20, crop=0.2, flip=True))
    assert move is not None
    batch = {"pixels": np.tile(np.random.default_rng(0).random((1, 8, 8, 1), dtype=np.float32), (6, 1, 1, 1))}
    first, again = (move(batch, np.random.default_rng(5))["pixels"] for _ in range(2))
    assert np.array_equal(first, again)
    assert first.shape == batch["pixels"].shape
    assert np.ptp(first.reshape(6, -1), axis=0).max() > 0.1
    assert first.min() >= 0
    assert first.max() <= 1
    assert pictures_moved(Pictures(shift=0, rotate=0, crop=0, flip=False)) is None
