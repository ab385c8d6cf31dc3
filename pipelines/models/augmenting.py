"""Rows changed by chance while they are learnt from: what stays true of a row for whoever looks twice."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipelines.features import PADDING, UNKNOWN, Arrays
from pipelines.models import Augment
from pipelines.models.options import Pictures

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class WordsChanged:
    """Changes the words of a batch: this share unknown, this share of neighbours swapped. Equal ones look equal."""

    dropped: float
    swapped: float

    def __call__(self, arrays: Arrays, chance: np.random.Generator) -> Arrays:
        """`arrays` with other `tokens`; equal generators give equal ones."""
        return words_swapped(words_dropped(arrays, chance, self.dropped), chance, self.swapped)


def words_changed(dropped: float, swapped: float) -> Augment | None:
    """Both changes of the words of a batch, by these shares; None where both are 0."""
    return WordsChanged(dropped, swapped) if dropped or swapped else None


def words_dropped(arrays: Arrays, chance: np.random.Generator, share: float) -> Arrays:
    """`share` of the tokens unknown, each by itself (word dropout: Iyyer et al. 2015); padding stays."""
    tokens = arrays["tokens"]
    gone = (chance.random(tokens.shape) < share) & (tokens != PADDING)
    return arrays | {"tokens": np.where(gone, tokens.dtype.type(UNKNOWN), tokens)}


def words_swapped(arrays: Arrays, chance: np.random.Generator, share: float) -> Arrays:
    """`share` of the pairs of neighbours in each other's place (Lample et al. 2018); padding stays at the end.

    Whether the first and second, third and fourth … token of a text are pairs, or the second and third …, is chance.
    """
    tokens = arrays["tokens"]
    rows, length = tokens.shape
    if not share or length < 2:
        return arrays
    first = np.arange(length) % 2 == chance.integers(0, 2, (rows, 1))
    first[:, -1] = False
    first[:, :-1] &= tokens[:, 1:] != PADDING
    first &= chance.random(tokens.shape) < share
    step = first.astype(np.int64)
    step[:, 1:] -= first[:, :-1]
    return arrays | {"tokens": np.take_along_axis(tokens, np.arange(length) + step, axis=1)}


@dataclass(frozen=True)
class PicturesMoved:
    """Moves the `pixels` of a batch by chance, as far as `options` allow. Equal ones look equal.

    Shift, rotation, crop (a part, enlarged to the whole) and flip are one map from new places to old ones, so that
    pixels are mixed once.
    """

    options: Pictures

    def __call__(self, arrays: Arrays, chance: np.random.Generator) -> Arrays:
        """`arrays` with other `pixels`; equal generators give equal ones."""
        pixels = np.asarray(arrays["pixels"], dtype=np.float32)
        maps, offsets = _maps(self.options, len(pixels), chance)
        return arrays | {"pixels": pictures_mapped(pixels, maps, offsets)}


def pictures_moved(options: Pictures) -> Augment | None:
    """What moves pictures as far as `options` allow; None where they allow nothing."""
    return PicturesMoved(options) if options.shift or options.rotate or options.crop or options.flip else None


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
