"""Texts that nearly repeat another one, found by MinHash signatures and banding, without comparing all with all.

Two texts are near when their sets of character runs (`grams.shingles`) have a Jaccard similarity of `NEAR` or more.
A text's signature is the smallest hash in each of `BINS` bins (one permutation hashing: Li, Owen, Zhang 2012), empty
bins filled from others by hash (Shrivastava 2017, "Optimal Densification"), so that each place agrees with a
probability equal to the similarity. Texts that agree in one band of places are compared by their sketches: the
`SKETCH` smallest hashes of each (Broder 1997), which is the exact similarity for texts with no more pieces than that.
A pair of similarity s meets in some band with probability 1 - (1 - s^4)^16: 0.9998 at 0.8, 0.64 at 0.5, 0.03 at 0.2.
"""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipelines.grams import Grams, Hashes, Places, mixed, shingles

NEAR = 0.8
BINS, BANDS = 64, 16
SKETCH = 128
# Characters of texts, or pairs, per call, so that what is in memory between the steps stays small.
BLOCK = 1_000_000
PAIRS = 20_000
MANY_PAIRS, MOST_PAIRS = 20_000, 200_000
EMPTY = np.uint64(2**64 - 1)
BEGIN = 12


@dataclass(frozen=True)
class Signatures:
    """What is kept of each text: its row, the hash of the whole, its lot, a number per band, and its sketch.

    `kept` is the share of all texts that is kept. A text's lot is drawn from how it begins: near texts mostly begin
    alike, so they are kept together or left out together, and whoever is left out costs hardly anything.
    """

    rows: NDArray[np.object_]
    whole: Hashes
    lots: Hashes
    bands: Hashes
    sketches: Grams
    kept: float = 1.0

    def cut(self, most: int) -> "Signatures":
        """These, each text once; those with the smallest lots where there are more than `most`."""
        _, first = np.unique(self.whole, return_index=True)
        if len(first) <= most:
            return _take(self, np.sort(first), self.kept)
        limit = np.partition(self.lots[first], most)[most]
        first = first[self.lots[first] < limit]
        return _take(self, np.sort(first), min(self.kept, float(limit) / 2**64))

    def beside(self, other: "Signatures") -> "Signatures":
        """These and then the others, none left out."""
        return together([self, other])


def sign(rows: list[str], texts: list[str], kept: float = 1.0) -> Signatures:
    """The signatures of `texts`, which come as `spelling.normal` leaves them: the share `kept` of all there are."""
    ends = np.cumsum([len(text) for text in texts]) // BLOCK
    cuts = [0, *(np.flatnonzero(np.diff(ends)) + 1).tolist(), len(texts)]
    found = together([_sign(rows[i:j], texts[i:j]) for i, j in itertools.pairwise(cuts)])
    return replace(found, kept=kept)


def together(blocks: Sequence[Signatures]) -> Signatures:
    """The signatures of all `blocks`, one after the other, none left out."""
    ends = np.cumsum([block.sketches.starts[-1] for block in blocks])
    starts = [block.sketches.starts[1:] + before for block, before in zip(blocks, [0, *ends[:-1]], strict=True)]
    sketches = Grams(
        np.concatenate([block.sketches.hashes for block in blocks]),
        np.concatenate([np.zeros(1, dtype=np.int64), *starts]),
    )
    return Signatures(
        np.concatenate([block.rows for block in blocks]),
        np.concatenate([block.whole for block in blocks]),
        np.concatenate([block.lots for block in blocks]),
        np.concatenate([block.bands for block in blocks]),
        sketches,
        min(block.kept for block in blocks),
    )


def lots_of(texts: Sequence[str]) -> Hashes:
    """A number for each text that says whether it is kept where there are too many."""
    begins = pl.Series(texts, dtype=pl.String).str.head(BEGIN)
    return mixed(begins.hash().to_numpy())


def near_pairs(signatures: Signatures, near: float = NEAR) -> NDArray[np.int64]:
    """Pairs of places whose texts are near, (pairs, 2), the earlier place first.

    In each bucket a text is compared with the first one and with its neighbour, not with all: what is found is linked
    to something, and a page of boilerplate that stands a thousand times costs a thousand comparisons. Where more than
    `MANY_PAIRS` meet, those are compared that meet twice: of pairs of similarity 0.8 or more, 998 in a thousand. Where
    texts are all a little alike, `MOST_PAIRS` are: those that meet in most bands, which are the nearest.
    """
    found = [np.zeros((0, 2), dtype=np.int64)]
    for band in signatures.bands.T:
        order = np.argsort(band, kind="stable")
        ranked = band[order]
        same = np.flatnonzero(ranked[1:] == ranked[:-1]) + 1
        heads = np.maximum.accumulate(np.where(np.r_[True, ranked[1:] != ranked[:-1]], np.arange(len(ranked)), 0))
        found += [np.stack([order[same - 1], order[same]], 1), np.stack([order[heads[same]], order[same]], 1)]
    pairs = np.sort(np.concatenate(found), axis=1)
    count = max(len(signatures.rows), 1)
    # As one number each: numpy takes seconds to find the different rows of a table of a million.
    names, bands = np.unique(pairs[:, 0] * count + pairs[:, 1], return_counts=True)
    if len(names) > MANY_PAIRS:
        names, bands = names[bands > 1], bands[bands > 1]
    if len(names) > MOST_PAIRS:
        names = np.sort(names[np.argsort(-bands, kind="stable")[:MOST_PAIRS]])
    pairs = np.stack(np.divmod(names, count), axis=1)
    return pairs[similarity(signatures.sketches, pairs) >= near]


def similarity(sketches: Grams, pairs: NDArray[np.int64]) -> NDArray[np.float64]:
    """The Jaccard similarity of each pair, from their sketches: exact up to `SKETCH` pieces, else an estimate."""
    blocks = [_similarity(sketches, pairs[i : i + PAIRS]) for i in range(0, len(pairs), PAIRS)]
    return np.concatenate(blocks) if blocks else np.zeros(0)


def _similarity(sketches: Grams, pairs: NDArray[np.int64]) -> NDArray[np.float64]:
    sides = [_rows_of(sketches, pairs[:, side]) for side in (0, 1)]
    owners = np.concatenate([owner for owner, _ in sides]).astype(np.uint64)
    keys = np.sort((owners << np.uint64(40)) | np.concatenate([hashes for _, hashes in sides]))
    twice = np.r_[keys[1:] == keys[:-1], False]
    fresh = np.r_[True, keys[1:] != keys[:-1]][: len(keys)]
    owner = (keys[fresh] >> np.uint64(40)).astype(np.int64)
    rank = np.arange(len(owner)) - np.searchsorted(owner, np.arange(len(pairs)))[owner]
    sizes = sketches.sizes[pairs]
    # Where a sketch is full, only the smallest of the union are known to be in both or in one.
    known = np.where((sizes == SKETCH).any(axis=1), SKETCH, 2 * SKETCH)
    judged = rank < known[owner]
    both = np.bincount(owner, weights=twice[fresh] & judged, minlength=len(pairs))
    return np.asarray(both / np.maximum(np.bincount(owner, weights=judged, minlength=len(pairs)), 1), dtype=np.float64)


def _rows_of(grams: Grams, places: Places) -> tuple[Places, Hashes]:
    """The pieces of the texts at `places`, and to which of them each belongs."""
    sizes = grams.sizes[places]
    owners = np.repeat(np.arange(len(places)), sizes)
    offsets = np.arange(int(sizes.sum())) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    return owners, grams.hashes[np.repeat(grams.starts[places], sizes) + offsets]


def _sign(rows: list[str], texts: list[str]) -> Signatures:
    grams = shingles(texts)
    whole = _whole(grams, texts)
    smallest = np.full((len(texts), BINS), EMPTY, dtype=np.uint64)
    smallest[grams.sizes == 0] = 0  # a text without characters
    # A hash has 40 bits, the first 6 name the bin. A text's hashes come in order: the first of a bin is its smallest.
    cells = grams.owners * BINS + (grams.hashes >> np.uint64(34)).astype(np.int64)
    first = np.flatnonzero(np.r_[True, cells[1:] != cells[:-1]][: len(cells)])
    smallest.ravel()[cells[first]] = grams.hashes[first]
    filled = _filled(smallest).reshape(len(texts), BANDS, BINS // BANDS)
    bands = np.zeros((len(texts), BANDS), dtype=np.uint64)
    for place in range(BINS // BANDS):
        bands = mixed(bands * np.uint64(31) + filled[:, :, place])
    cut = np.arange(len(grams.hashes)) - grams.starts[grams.owners] < SKETCH
    starts = np.concatenate([[0], np.cumsum(np.minimum(grams.sizes, SKETCH))]).astype(np.int64)
    return Signatures(np.array(rows, dtype=object), whole, lots_of(texts), bands, Grams(grams.hashes[cut], starts))


def _whole(grams: Grams, texts: list[str]) -> Hashes:
    """A hash of each text: of its pieces, their order aside, and of its length."""
    sums = np.concatenate([np.zeros(1, np.uint64), np.cumsum(mixed(grams.hashes))])
    lengths = np.array([len(text) for text in texts], dtype=np.uint64)
    return mixed(sums[grams.starts[1:]] - sums[grams.starts[:-1]] + lengths)


def _filled(smallest: Hashes) -> Hashes:
    """`smallest` with each empty bin filled from a bin that a hash of the bin and the attempt names."""
    found = smallest.copy()
    bins = np.arange(BINS, dtype=np.uint64)
    for attempt in range(1, 40 * BINS):
        empty = np.flatnonzero((found == EMPTY).any(axis=1))
        if not len(empty):
            break
        named = (mixed(bins * np.uint64(4099) + np.uint64(attempt)) >> np.uint64(58)).astype(np.int64)
        block = found[empty]
        found[empty] = np.where(block == EMPTY, smallest[empty][:, named], block)
    return found


def _take(signatures: Signatures, places: Places, kept: float) -> Signatures:
    """Those at `places`, which rise."""
    sizes = signatures.sketches.sizes
    taken = np.zeros(len(sizes), dtype=np.bool_)
    taken[places] = True
    # A flag for each piece: the places of all would take three times the memory of the pieces.
    hashes = signatures.sketches.hashes[np.repeat(taken, sizes)]
    starts = np.concatenate([[0], np.cumsum(sizes[places])]).astype(np.int64)
    return Signatures(
        signatures.rows[places],
        signatures.whole[places],
        signatures.lots[places],
        signatures.bands[places],
        Grams(hashes, starts),
        kept,
    )
