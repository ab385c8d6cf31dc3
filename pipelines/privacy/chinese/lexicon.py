"""A dictionary of words, of which only hashes are kept: 10 bits to know a word by, 6 bits for its class.

A word stands in one of two slots (cuckoo hashing), so that a whole text is looked up with two array reads for each
length of word. A foreign string is taken for a word in 2 of 1,024 filled slots; the model is learned with that noise.
"""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from pipelines.privacy.chinese.characters import Codes, at

SLOTS = 1 << 20
CLASSES = 64  # 0 is "no word"
LONGEST = 6  # characters of a word
_KICKS = 500  # moves before a word is given up
_GOLDEN, _MIX, _LAST = np.uint32(0x9E3779B1), np.uint32(0x85EBCA6B), np.uint32(0xC2B2AE35)


def grams(codes: Codes, longest: int) -> list[Codes]:
    """Return the hashes of the 1-, 2-, … `longest`-grams that begin at each place."""
    running = np.zeros_like(codes)
    hashes = []
    for length in range(1, longest + 1):
        running = (running + at(codes, length - 1) + np.uint32(length)) * _GOLDEN
        running ^= running >> np.uint32(15)
        hashes.append(_finished(running))
    return hashes


def look_up(hashes: Codes, table: NDArray[np.uint16]) -> NDArray[np.uint8]:
    """Return the class of each hash in a `table` of `SLOTS`, 0 where it is no word."""
    prints = _print(hashes)
    first, second = table[hashes & np.uint32(SLOTS - 1)], table[_second(hashes)]
    classes = np.uint16(CLASSES - 1)
    found = np.maximum(
        np.where(first >> 6 == prints, first & classes, 0), np.where(second >> 6 == prints, second & classes, 0)
    )
    return found.astype(np.uint8)


def build(words: Mapping[str, int]) -> NDArray[np.uint16]:
    """Return the table of `words` with their classes (1 to 63).

    Raises:
        OverflowError: there are more words than slots can take.
    """
    hashes, classes = _hashed(words)
    owners = placed(hashes)
    taken = owners >= 0
    table = np.zeros(SLOTS, np.uint16)
    table[taken] = (_print(hashes[owners[taken]]) << np.uint16(6)) | classes[owners[taken]]
    return table


def _hashed(words: Mapping[str, int]) -> tuple[Codes, NDArray[np.uint16]]:
    by_length: dict[int, list[str]] = {}
    for word in words:
        by_length.setdefault(len(word), []).append(word)
    hashes, classes = [], []
    for length, group in sorted(by_length.items()):
        codes = np.frombuffer("".join(group).encode("utf-32-le"), np.uint32)
        hashes.append(grams(codes, length)[-1][::length])
        classes.append(np.array([words[word] for word in group], np.uint16))
    return np.concatenate(hashes), np.concatenate(classes)


def placed(hashes: Codes) -> NDArray[np.int64]:
    """Return for each slot which of the hashes lives there, -1 for none.

    Raises:
        OverflowError: a hash found no place.
    """
    slots = np.stack([hashes & np.uint32(SLOTS - 1), _second(hashes)]).astype(np.int64).T.tolist()
    owners = [-1] * SLOTS
    for newcomer, (slot, _) in enumerate(slots):
        guest = newcomer
        for _ in range(_KICKS):
            guest, owners[slot] = owners[slot], guest
            if guest < 0:
                break
            here, there = slots[guest]
            slot = there if slot == here else here
        if guest >= 0:
            raise OverflowError(f"{len(hashes)} words do not fit into {SLOTS} slots.")
    return np.array(owners, np.int64)


def _print(hashes: Codes) -> NDArray[np.uint16]:
    return ((hashes >> np.uint32(20)) & np.uint32(1023)).astype(np.uint16)


def _second(hashes: Codes) -> Codes:
    return (hashes * _GOLDEN) >> np.uint32(12)


def _finished(running: Codes) -> Codes:
    """Spread the bits of a running hash (the finaliser of MurmurHash3, with other shifts)."""
    mixed = (running ^ (running >> np.uint32(15))) * _MIX
    mixed = (mixed ^ (mixed >> np.uint32(13))) * _LAST
    return mixed ^ (mixed >> np.uint32(16))
