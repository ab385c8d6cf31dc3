"""Keyed names of 128 bits that were seen: 16 bytes for each, where a set of Python's takes a hundred.

They lie in sorted runs of the first halves, each beside its second half; equal halves are equal names. Two different
names are alike by chance with a probability of 2**-128, which is nothing even for a billion rows.
"""

import hashlib
from collections.abc import Iterable, Iterator
from itertools import chain
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

Halves = NDArray[np.uint64]
Flags = NDArray[np.bool_]

# Runs are merged up to this length: longer ones would need three times their memory while they are.
LONGEST_RUN = 1 << 20
# Bits with which names begin: of ten million names, one in fourteen begins like another one. Their map takes 16 MB.
BEGINNING = 27
# Values that lie in the processor's cache as objects.
AT_ONCE = 2048


def halves(names: Iterable[bytes]) -> Halves:
    """Names of 16 bytes as numbers: (names, 2)."""
    return np.frombuffer(b"".join(names), dtype=">u8").astype(np.uint64).reshape(-1, 2)


def halves_of(names: pl.Series) -> Halves:
    """Names as numbers: those of 32 hexadecimal digits by their digits, any other by its hash: (names, 2)."""
    digits = names.str.contains("^[0-9a-f]{32}$")
    found = pl.DataFrame({"name": names}).select(pl.when(digits).then("name").str.decode("hex", strict=False))
    decoded = found.to_series()
    if decoded.null_count():
        texts = names.filter(~digits)
        other = [hashlib.blake2b(text.encode(), digest_size=16).digest() for text in texts]
        decoded = decoded.scatter((~digits).arg_true(), pl.Series(other, dtype=pl.Binary))
    return halves(decoded.to_list())


def digests(contents: Iterable[bytes], key: bytes, person: bytes = b"", end: bytes = b"") -> list[bytes]:
    """The keyed hashes of `contents`, each with `end` behind it, 16 bytes each.

    `person` tells those for one use from those for another.
    """
    start = hashlib.blake2b(key=key, digest_size=16, person=person)
    found = []
    for content in contents:
        name = start.copy()  # half the time of hashing the key again
        name.update(content + end)
        found.append(name.digest())
    return found


def keyed(contents: Iterable[bytes], key: bytes) -> Halves:
    """The keyed hashes of `contents` as numbers: (contents, 2)."""
    return halves(digests(contents, key))


def one_by_one(values: pl.Series) -> Iterator[Any]:
    """The values one after the other: all of them at once as objects would cost fresh memory, and time with it."""
    return chain.from_iterable(values[at : at + AT_ONCE].to_list() for at in range(0, values.len(), AT_ONCE))


class Seen:
    """A growing set of names."""

    def __init__(self) -> None:
        self.count = 0
        self._runs: list[Halves] = []
        # A bit for each beginning that a name may have: most names are new, and need not be looked for.
        self._begun = np.zeros(1 << BEGINNING - 3, dtype=np.uint8)

    def add(self, names: Halves) -> Flags:
        """Take the different ones of `names` in; which of them were there before, or stand earlier among them."""
        order = _order(names)
        ordered = np.asfortranarray(names[order])
        # The order is stable, so the first of equal names is the one that came first.
        known = self._has(ordered)
        known[1:] |= (ordered[1:] == ordered[:-1]).all(axis=1)
        fresh = ordered if not known.any() else np.asfortranarray(ordered[~known])
        if len(fresh):
            self.count += len(fresh)
            self._runs.append(fresh)
            self._begin(fresh[:, 0])
            self._merge()
        return _back(known, order)

    def has(self, names: Halves) -> Flags:
        """Which of `names` are there."""
        order = _order(names)
        return _back(self._has(names[order]), order)

    def _has(self, ordered: Halves) -> Flags:
        # In order, because neighbours are then found in what the processor has just read.
        found = np.zeros(len(ordered), dtype=np.bool_)
        byte, bit = _beginning(ordered[:, 0])
        asked = np.flatnonzero(self._begun[byte] >> bit & 1)
        firsts = ordered[asked, 0]
        for run in self._runs:
            place = np.searchsorted(run[:, 0], firsts)
            place[place == len(run)] = 0
            alike = np.flatnonzero(run[:, 0][place] == firsts)
            found[asked[alike]] |= self._equal(run, place[alike], ordered[asked[alike]])
        return found

    def _begin(self, firsts: Halves) -> None:
        byte, bit = _beginning(firsts)
        for each in range(8):
            self._begun[byte[bit == each]] |= np.uint8(1 << each)

    @staticmethod
    def _equal(run: Halves, place: NDArray[np.intp], names: Halves) -> Flags:
        """Whether the name stands at `place` of `run`, or behind it among those with the same first half."""
        found = (run[place] == names).all(axis=1)
        for each in np.flatnonzero(~found):
            last = np.searchsorted(run[:, 0], names[each, 0], side="right")
            found[each] = bool((run[place[each] : last, 1] == names[each, 1]).any())
        return np.asarray(found, dtype=np.bool_)

    def _merge(self) -> None:
        """Merge the newest runs while they are about as long as those before them, as one counts in binary."""
        while len(self._runs) > 1 and len(self._runs[-2]) < 2 * len(self._runs[-1]):
            if len(self._runs[-2]) + len(self._runs[-1]) > LONGEST_RUN:
                return
            together = np.concatenate([self._runs.pop(), self._runs.pop()])
            self._runs.append(np.asfortranarray(together[_order(together)]))


def _beginning(firsts: Halves) -> tuple[Halves, NDArray[np.uint8]]:
    """The byte and the bit in it that stand for how each of `firsts` begins."""
    begun = firsts >> np.uint64(64 - BEGINNING)
    return begun >> np.uint64(3), (begun & np.uint64(7)).astype(np.uint8)


def _order(names: Halves) -> NDArray[np.intp]:
    """The places of `names` in their order, equal ones as they came."""
    firsts = names[:, 0]
    order = np.argsort(firsts, kind="stable")
    ordered = firsts[order]
    tied = (ordered[1:] == ordered[:-1]).any()
    return np.lexsort((names[:, 1], firsts)) if tied else order


def _back(flags: Flags, order: NDArray[np.intp]) -> Flags:
    """Flags of names in order as flags of the names as they came."""
    found = np.empty_like(flags)
    found[order] = flags
    return found
