"""Rows changed by chance while they are learnt from: what stays true of a row for whoever looks twice."""

from dataclasses import dataclass

import numpy as np

from pipelines.features import PADDING, UNKNOWN, Arrays
from pipelines.models import Augment


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
