"""Training rows made anew for each batch, a little different each time: what stays true of a picture that was moved."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipelines.models import Augment
from pipelines.models.options import Pictures

Arrays = dict[str, NDArray[Any]]
Floats = NDArray[np.float32]


def pictures_moved(options: Pictures) -> Augment | None:
    """What moves the `pixels` of a batch by chance, as far as `options` allow; None where they allow nothing.

    Shift, rotation, crop (a part, enlarged to the whole) and flip are one map from new places to old ones, so that
    pixels are mixed once. Equal generators give equal batches.
    """
    if not (options.shift or options.rotate or options.crop or options.flip):
        return None

    def moved(arrays: Arrays, chance: np.random.Generator) -> Arrays:
        pixels = np.asarray(arrays["pixels"], dtype=np.float32)
        maps, offsets = _maps(options, len(pixels), chance)
        return arrays | {"pixels": pictures_mapped(pixels, maps, offsets)}

    return moved


def _maps(options: Pictures, count: int, chance: np.random.Generator) -> tuple[Floats, Floats]:
    """Of each picture a 2 x 2 matrix and an offset (y, x), in half sides, that lead from new places to old ones."""
    angles = np.deg2rad(options.rotate) * chance.uniform(-1, 1, count)
    scales = 1 - options.crop * chance.uniform(0, 1, count)
    mirrored = np.where(options.flip & (chance.random(count) < 0.5), -1.0, 1.0)
    cosine, sine = np.cos(angles) * scales, np.sin(angles) * scales
    maps = np.stack([np.stack([cosine, -sine * mirrored], 1), np.stack([sine, cosine * mirrored], 1)], 1)
    # A part that is cropped may lie anywhere within the whole.
    reach = 2 * options.shift + (1 - scales)
    offsets = chance.uniform(-1, 1, (count, 2)) * reach[:, None]
    return maps.astype(np.float32), offsets.astype(np.float32)


def pictures_mapped(pixels: Floats, maps: Floats, offsets: Floats) -> Floats:
    """Each picture seen through its map: pixels between four old ones are their weighted mean, edges go on outwards.

    `pixels` (n, height, width, channels), `maps` (n, 2, 2), `offsets` (n, 2) -> as `pixels`.
    """
    count, height, width, channels = pixels.shape
    half = np.array([(height - 1) / 2, (width - 1) / 2], dtype=np.float32)
    grid = np.stack(np.meshgrid(np.arange(height), np.arange(width), indexing="ij"), -1).reshape(-1, 2)
    centred = ((grid - half) / np.maximum(half, 0.5)).astype(np.float32)
    old = (np.matmul(centred, maps.transpose(0, 2, 1)) + offsets[:, None]) * np.maximum(half, 0.5) + half
    y, x = np.clip(old[..., 0], 0, height - 1), np.clip(old[..., 1], 0, width - 1)
    top, left = np.minimum(y.astype(np.int32), max(height - 2, 0)), np.minimum(x.astype(np.int32), max(width - 2, 0))
    down, right = (y - top)[..., None], (x - left)[..., None]
    below, beside = (width if height > 1 else 0), (1 if width > 1 else 0)
    flat = pixels.reshape(count * height * width, channels)
    first = (np.arange(count, dtype=np.int32) * (height * width))[:, None] + top * width + left
    upper = flat[first] * (1 - right) + flat[first + beside] * right
    lower = flat[first + below] * (1 - right) + flat[first + below + beside] * right
    found: Floats = (upper * (1 - down) + lower * down).reshape(pixels.shape)
    return found
