"""Texts -> weighted n-grams of words and of characters, by their hashes; imported by train and by the service alike.

Runs of characters see what words do not: endings, misspellings, words glued together. There are a hundred of them in a
sentence, so they are cut and counted for all texts at once, in numpy. A bundle holds hashes in place of pieces of text.
"""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from pipelines.features import Arrays, Columns, tokens
from pipelines.grams import BASE, mixed

Hashes = NDArray[np.uint64]
Places = NDArray[np.int64]

# Pieces of n-grams fall into so many buckets; few of a set's pieces share one.
BITS = 24
SHORTEST = 2
# Characters that are looked at together: a hundred bytes are needed for each.
BLOCK = 2_000_000
SPACE = np.uint64(32)
# How a text begins and ends says something: a question by its first word.
START, END = 1, 2
GAP = 100


@dataclass(frozen=True)
class NGrams:
    """The n-grams of a text, up to `words` words and `letters` characters, and the weight of each.

    With them go pairs of words that have up to `skips` others between them: "not very good" holds "not … good".

    `vocabulary` are their buckets, rising. With `idf` a weight is (1 + ln tf) * idf, and the words of a text have
    length one in all, as have its letters; without, it is one for each n-gram that is there.
    A run of characters does not reach beyond a word and the spaces around it.
    """

    kind: ClassVar[str] = "ngrams"
    column: str
    words: int
    letters: int
    skips: int
    vocabulary: list[int]
    idf: list[float]

    @classmethod
    def fit(
        cls,
        texts: Sequence[str],
        column: str,
        words: int,
        letters: int,
        skips: int,
        size: int,
        least: int = 2,
        *,
        weighed: bool = True,
    ) -> "NGrams":
        """The commonest `size` n-grams of `texts`, those that `least` texts hold."""
        held = np.zeros(1 << BITS, dtype=np.int64)
        for block in _blocks(texts):
            buckets, owners = _pieces(block, words, letters, skips)
            held += np.bincount(_distinct(buckets, owners)[0], minlength=1 << BITS)
        found = np.flatnonzero(held >= least)
        found = np.sort(found[np.argsort(-held[found], kind="stable")[:size]])
        idf = np.log((1 + len(texts)) / (1 + held[found])) + 1
        return cls(column, words, letters, skips, found.tolist(), np.round(idf, 5).tolist() if weighed else [])

    @cached_property
    def _known(self) -> Places:
        return np.array(self.vocabulary, dtype=np.int64)

    @cached_property
    def _idf(self) -> NDArray[np.float64]:
        return np.array(self.idf, dtype=np.float64)

    def sparse(self, texts: Sequence[str]) -> tuple[Places, Places, NDArray[np.float32]]:
        """Where each text starts (n + 1), the ids of its n-grams, and their weights: the parts of a CSR matrix."""
        parts = [self._sparse(block) for block in _blocks(texts)]
        sizes = np.concatenate([[0], *[np.diff(starts) for starts, _, _ in parts]])
        ids = np.concatenate([ids for _, ids, _ in parts] or [np.zeros(0, dtype=np.int64)])
        weights = np.concatenate([weights for _, _, weights in parts] or [np.zeros(0, dtype=np.float32)])
        return np.cumsum(sizes).astype(np.int64), ids, weights

    def _sparse(self, texts: Sequence[str]) -> tuple[Places, Places, NDArray[np.float32]]:
        buckets, owners = _pieces(texts, self.words, self.letters, self.skips)
        places = np.searchsorted(self._known, buckets)
        places[places == len(self._known)] = 0
        known = self._known[places] == buckets if len(self._known) else np.zeros(len(buckets), dtype=np.bool_)
        ids, owners, counts = _counted(places[known], owners[known])
        starts = np.searchsorted(owners, np.arange(len(texts) + 1))
        if not self.idf:
            return starts, ids, np.ones(len(ids), dtype=np.float32)
        weights = (1 + np.log(counts)) * self._idf[ids]
        # The lowest bit of a bucket tells letters from words: a text has many more of the former.
        group = 2 * owners + (self._known[ids] & 1)
        lengths = np.sqrt(np.bincount(group, weights * weights, 2 * len(texts)))
        return starts, ids, (weights / lengths[group]).astype(np.float32)

    def arrays(self, columns: Columns) -> Arrays:
        """`terms` (n, longest) int64, padded by the id past the vocabulary, and `weights` (n, longest) float32."""
        starts, ids, weights = self.sparse([text or "" for text in columns[self.column]])
        sizes = np.diff(starts)
        longest = max(int(sizes.max(initial=0)), 1)
        inside = np.arange(longest) < sizes[:, None]
        terms = np.full(inside.shape, len(self.vocabulary), dtype=np.int64)
        weighed = np.zeros(inside.shape, dtype=np.float32)
        terms[inside], weighed[inside] = ids, weights
        return {"terms": terms, "weights": weighed}


def _blocks(texts: Sequence[str]) -> Iterator[Sequence[str]]:
    """`texts` in their order, so many at a time as fit into memory."""
    start, size = 0, 0
    for place, text in enumerate(texts):
        if size + len(text) > BLOCK and place > start:
            yield texts[start:place]
            start, size = place, 0
        size += len(text)
    if start < len(texts):
        yield texts[start:]


def _pieces(texts: Sequence[str], words: int, letters: int, skips: int) -> tuple[Places, Places]:
    """The bucket of every n-gram of `texts`, and the text that it is of; letters have odd buckets, words even ones."""
    found = [
        *_words(texts, words, skips),
        *((hashes | np.uint64(1), owners) for hashes, owners in _letters(texts, letters)),
    ]
    buckets = np.concatenate([hashes for hashes, _ in found] or [np.zeros(0, dtype=np.uint64)])
    owners = np.concatenate([owners for _, owners in found] or [np.zeros(0, dtype=np.int64)])
    return buckets.astype(np.int64), owners


def _words(texts: Sequence[str], longest: int, skips: int) -> Iterable[tuple[Hashes, Places]]:
    found = [[START, *[_hash(token) for token in tokens(text)], END] for text in texts] if longest else []
    owners = np.repeat(np.arange(len(found)), [len(each) for each in found])
    hashes = np.array([each for row in found for each in row], dtype=np.uint64)
    for _, rolled, first in _rolled(hashes, owners, longest):
        yield _bucket(rolled), owners[first]
    for skipped in range(1, skips + 1 if len(hashes) else 0):
        first = np.flatnonzero(owners[: -skipped - 1] == owners[skipped + 1 :])
        # Added behind the first word: a pair of neighbours, and one with another gap, are other pieces.
        yield _bucket(_after(mixed(hashes[first]), hashes[first + skipped + 1], GAP + skipped)), owners[first]


@lru_cache(maxsize=1 << 18)
def _hash(token: str) -> int:
    """A number for `token` that is the same on every machine."""
    return int.from_bytes(hashlib.blake2b(token.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "little")


def _letters(texts: Sequence[str], longest: int) -> Iterable[tuple[Hashes, Places]]:
    padded = [f" {' '.join(text.lower().split())} " for text in texts] if longest else []
    points = np.frombuffer("".join(padded).encode("utf-32-le", "surrogatepass"), dtype="<u4").astype(np.uint64)
    owners = np.repeat(np.arange(len(padded)), [len(text) for text in padded])
    spaces = np.concatenate([[0], np.cumsum(points == SPACE)])
    for length, rolled, first in _rolled(points, owners, longest):
        if length >= SHORTEST:
            within = spaces[first + length - 1] == spaces[first + 1]
            yield _bucket(rolled[within]), owners[first[within]]


def _rolled(items: Hashes, owners: Places, longest: int) -> Iterator[tuple[int, Hashes, Places]]:
    """For each length, the hashes of all runs of so many `items` of one owner, and where each run starts."""
    rolled = np.zeros(len(items), dtype=np.uint64)
    for length in range(1, longest + 1):
        count = len(items) - length + 1
        if count <= 0:
            return
        rolled = _after(rolled[:count], items[length - 1 :], length)
        first = np.flatnonzero(owners[:count] == owners[length - 1 :])
        yield length, rolled[first], first


def _after(hashes: Hashes, items: Hashes, salt: int) -> Hashes:
    """The hashes of runs that end in `items`, behind those of `hashes`."""
    return mixed(hashes * np.uint64(BASE) + items + np.uint64(salt))


def _bucket(hashes: Hashes) -> Hashes:
    """The even bucket that each of `hashes` falls into."""
    return np.asarray((hashes >> np.uint64(64 - BITS)) & ~np.uint64(1), dtype=np.uint64)


def _distinct(buckets: Places, owners: Places) -> tuple[Places, Places]:
    """Each owner's buckets, once each."""
    found, kept, _ = _counted(buckets, owners)
    return found, kept


def _counted(ids: Places, owners: Places) -> tuple[Places, Places, Places]:
    """Each owner's ids, once each and rising, with their owners and how often they are there."""
    keys = np.sort((owners << BITS) | ids)
    first = np.flatnonzero(np.r_[True, keys[1:] != keys[:-1]][: len(keys)])
    counts = np.diff(np.r_[first, len(keys)])
    return keys[first] & ((1 << BITS) - 1), keys[first] >> BITS, counts
