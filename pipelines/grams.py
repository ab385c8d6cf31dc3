"""Texts -> hashed pieces of them, for all texts at once: runs of characters, and words.

A text of mostly Chinese characters is cut into pairs of characters, any other into fives; a Chinese character is a word
with the one behind it. Nothing of a text can be read back from the 64-bit hashes that stand for its pieces here, short
of guessing it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

Hashes = NDArray[np.uint64]
Places = NDArray[np.int64]

LATIN, HAN = 5, 2
# Ideographs, kana and hangul: scripts that put no space between words, as ranges of code points.
SPACELESS = ((0x3040, 0x30FF), (0x3400, 0x4DBF), (0x4E00, 0x9FFF), (0xAC00, 0xD7AF), (0x20000, 0x3FFFF))
# An odd number has an inverse modulo 2^64, which takes the place within the text out of a piece's hash.
BASE = 0x9E3779B97F4A7C15 | 1
INVERSE = pow(BASE, -1, 2**64)
ALPHABET = 0x3000


@dataclass(frozen=True)
class Grams:
    """The pieces of many texts: those of text i are hashes[starts[i]:starts[i + 1]]."""

    hashes: Hashes
    starts: Places

    @property
    def sizes(self) -> Places:
        """How many pieces each text has."""
        return np.diff(self.starts)

    @property
    def owners(self) -> Places:
        """The text that each piece is of."""
        return np.repeat(np.arange(len(self.starts) - 1), self.sizes)


def shingles(texts: Sequence[str]) -> Grams:
    """The runs of characters of each text, each once, in the order of their hashes; a shorter text is one run."""
    points, starts = _points(texts)
    lengths = np.diff(starts)
    owners = np.repeat(np.arange(len(lengths)), lengths)
    han = np.bincount(owners, weights=_is_spaceless(points), minlength=len(lengths)) * 2 > lengths
    wanted = np.minimum(np.where(han, HAN, LATIN), np.maximum(lengths, 1))
    hashes = np.zeros(len(points), dtype=np.uint64)
    place = np.arange(len(points)) - starts[owners]
    width = wanted[owners]
    fits = place + width <= lengths[owners]
    padded = np.concatenate([points, np.zeros(LATIN, dtype=np.uint64)])
    for shift in range(LATIN):
        step = hashes * np.uint64(BASE) + padded[shift : shift + len(points)] + np.uint64(1)
        hashes = np.where(shift < width, step, hashes)
    return _distinct(mixed(hashes[fits]), owners[fits], len(lengths))


def words(texts: Sequence[str]) -> Grams:
    """The words of each text in their order; a Chinese character together with the next one is a word."""
    points, starts = _points(texts)
    lengths = np.diff(starts)
    owners = np.repeat(np.arange(len(lengths)), lengths)
    spaceless = _is_spaceless(points)
    letter = (_alphabet()[np.minimum(points, ALPHABET).astype(np.int64)] | (points > ALPHABET)) & ~spaceless
    before = np.concatenate([[False], letter[:-1] & (owners[1:] == owners[:-1])]) if len(points) else letter
    after = np.concatenate([letter[1:] & (owners[1:] == owners[:-1]), [False]]) if len(points) else letter
    first, last = np.flatnonzero(letter & ~before), np.flatnonzero(letter & ~after)
    powers = np.cumprod(np.full(len(points) + 1, BASE, dtype=np.uint64))
    sums = np.concatenate([np.zeros(1, np.uint64), np.cumsum((points + np.uint64(1)) * powers[: len(points)])])
    unshift = np.cumprod(np.full(len(points) + 1, INVERSE, dtype=np.uint64))
    latin = (sums[last + 1] - sums[first]) * unshift[first]
    pairs = np.flatnonzero(spaceless[:-1] & spaceless[1:] & (owners[1:] == owners[:-1])) if len(points) else first
    han = points[pairs] * np.uint64(1 << 21) + points[pairs + 1]
    at = np.concatenate([first, pairs])
    order = np.argsort(at, kind="stable")
    sizes = np.bincount(owners[at], minlength=len(lengths))
    hashes = mixed(np.concatenate([latin, han]))[order]
    return Grams(hashes, np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64))


def spaceless_share(texts: Sequence[str]) -> NDArray[np.float64]:
    """The share of Chinese, Japanese and Korean characters among the letters of each text; 0 where it has none."""
    points, starts = _points(texts)
    owners = np.repeat(np.arange(len(texts)), np.diff(starts))
    han = _is_spaceless(points)
    letters = han | _alphabet()[np.minimum(points, ALPHABET).astype(np.int64)]
    counts = [np.bincount(owners, weights=which, minlength=len(texts)) for which in (han, letters)]
    return np.asarray(counts[0] / np.maximum(counts[1], 1), dtype=np.float64)


def mixed(hashes: Hashes) -> Hashes:
    """Hashes whose every bit depends on all bits of `hashes`: the finaliser of SplitMix64 (Steele et al. 2014)."""
    found = (hashes ^ (hashes >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    found = (found ^ (found >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return np.asarray(found ^ (found >> np.uint64(31)), dtype=np.uint64)


def _points(texts: Sequence[str]) -> tuple[Hashes, Places]:
    """The code points of all texts in a row, and where each text starts."""
    starts = np.concatenate([[0], np.cumsum([len(text) for text in texts])]).astype(np.int64)
    joined = "".join(texts).encode("utf-32-le", "surrogatepass")
    return np.frombuffer(joined, dtype="<u4").astype(np.uint64), starts


def _distinct(hashes: Hashes, owners: Places, count: int) -> Grams:
    """Each owner's hashes once, by one sort: 40 bits of hash behind 24 bits of owner."""
    if count >= 1 << 24:
        raise ValueError("more texts than one block may hold")
    # `np.unique` of this numpy builds a hash table, which takes ten times as long as sorting.
    keys = np.sort((owners.astype(np.uint64) << np.uint64(40)) | (hashes >> np.uint64(24)))
    keys = keys[np.r_[True, keys[1:] != keys[:-1]][: len(keys)]]
    sizes = np.bincount((keys >> np.uint64(40)).astype(np.int64), minlength=count)
    starts = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
    return Grams(keys & np.uint64((1 << 40) - 1), starts)


def _is_spaceless(points: Hashes) -> NDArray[np.bool_]:
    found = np.zeros(len(points), dtype=np.bool_)
    for low, high in SPACELESS:
        found |= (points >= low) & (points <= high)
    return found


@cache
def _alphabet() -> NDArray[np.bool_]:
    """Which of the first code points are letters or digits."""
    return np.array([chr(point).isalnum() or chr(point) == "'" for point in range(ALPHABET + 1)], dtype=np.bool_)
