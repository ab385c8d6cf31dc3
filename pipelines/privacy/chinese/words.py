"""What the dictionaries say around each character: which words begin, end and cross there."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipelines.privacy.chinese.characters import Codes, at
from pipelines.privacy.chinese.lexicon import CLASSES, LONGEST, grams, look_up

_LONGEST_CONTEXT = 4


@dataclass(frozen=True, slots=True)
class Words:
    """One value for each character; a word is named by 64 * length + class."""

    begins: Codes  # the longest word that begins here
    ends: Codes  # the longest word that ends here
    crosses: Codes  # the longest word that spans the border to the left
    holds: Codes  # the longest word of which this is an inner character, with the place in it
    begins_which: Codes  # the hash of the word that begins here, 0 for a single character
    ends_which: Codes


@dataclass(frozen=True, slots=True)
class Contexts:
    """How often names follow the word that ends here, and precede the one that begins here (0 to 7)."""

    introduces: Codes
    follows: Codes


def read(codes: Codes, words: NDArray[np.uint16], contexts: NDArray[np.uint16]) -> tuple[Words, Contexts]:
    """Look up every piece of up to `LONGEST` characters in both tables."""
    hashes = grams(codes, LONGEST)
    return _words(hashes, [look_up(each, words) for each in hashes]), _contexts(hashes, contexts)


def _words(hashes: list[Codes], classes: list[NDArray[np.uint8]]) -> Words:
    single = classes[0].astype(np.uint32) + np.uint32(CLASSES)
    nothing = np.zeros_like(single)
    begins, ends, crosses, holds, begins_which, ends_which = single, single, nothing, nothing, nothing, nothing
    for length in range(2, LONGEST + 1):
        found, which = classes[length - 1], hashes[length - 1]
        begins, begins_which = _longer(found, length, begins), np.where(found > 0, which, begins_which)
        ended = at(found, 1 - length)
        ends, ends_which = _longer(ended, length, ends), np.where(ended > 0, at(which, 1 - length), ends_which)
        for inside in range(1, length):
            here = at(found, -inside)
            crosses = _longer(here, length, crosses)
            if inside < length - 1:
                holds = _longer(here, length * LONGEST + inside, holds)
    return Words(begins, ends, crosses, holds, begins_which, ends_which)


def _longer(found: NDArray[np.uint8], rank: int, shorter: Codes) -> Codes:
    """Let a word that was found take the place of a shorter one."""
    return np.where(found > 0, found.astype(np.uint32) + np.uint32(CLASSES * rank), shorter)


def _contexts(hashes: list[Codes], table: NDArray[np.uint16]) -> Contexts:
    begins = ends = look_up(hashes[0], table)
    for length in range(2, _LONGEST_CONTEXT + 1):
        found = look_up(hashes[length - 1], table)
        begins = np.where(found > 0, found, begins)
        ended = at(found, 1 - length)
        ends = np.where(ended > 0, ended, ends)
    return Contexts((ends >> 3).astype(np.uint32), (begins & 7).astype(np.uint32))
