"""From scores to names: the best row of tags of each island, all islands at once.

Nearly all characters are so surely outside of names that they need no search. What is left are islands of a few
characters; the best rows of tags of all of them are found together, one step of Viterbi's algorithm for each column.
"""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from pipelines.privacy.chinese.tags import BEGINS, ENDS, FOLLOWS, FORBIDDEN, OUTSIDE, TAGS, spans

_SEA = 4.0  # nats by which "outside" must lead for a character to be no part of an island
_LONGEST = 48  # characters; a longer island is cut


def names(scores: NDArray[np.float32], transitions: NDArray[np.float32]) -> Iterator[tuple[int, int, int, float]]:
    """Yield begin, end, first tag and the lead over "outside" (nats a character) of each name.

    `scores` is (characters, tags), `transitions` (tag before, tag after).
    """
    lead = scores[:, 1:].max(axis=1) - scores[:, OUTSIDE]
    begins, ends = _islands(lead)
    if len(begins) == 0:
        return
    best = _viterbi(*_padded(scores, begins, ends), transitions)
    for begin, length, tags in zip(begins.tolist(), (ends - begins).tolist(), best.tolist(), strict=True):
        for first, last, kind in spans(tags[:length]):
            yield begin + first, begin + last, kind, float(lead[begin + first : begin + last].mean())


def _islands(lead: NDArray[np.float32]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return begin and end (exclusive) of the runs that are not surely outside and have a chance of a name."""
    above = np.concatenate([[False], lead > -_SEA, [False]])
    edges = np.flatnonzero(above[1:] != above[:-1])
    begins, ends = edges[::2], edges[1::2]
    pieces = (ends - begins - 1) // _LONGEST + 1
    if (pieces > 1).any():
        number = np.arange(pieces.sum()) - np.repeat(np.cumsum(pieces) - pieces, pieces)
        begins, ends = np.repeat(begins, pieces) + number * _LONGEST, np.repeat(ends, pieces)
        ends = np.minimum(begins + _LONGEST, ends)
    if len(begins) == 0:
        return begins, ends
    likely = np.maximum.reduceat(np.append(lead, np.float32(-np.inf)), np.stack([begins, ends], 1).ravel())[::2]
    return begins[likely > -1], ends[likely > -1]


def _padded(
    scores: NDArray[np.float32], begins: NDArray[np.int64], ends: NDArray[np.int64]
) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    lengths = ends - begins
    places = begins[:, None] + np.arange(lengths.max())
    return scores[np.minimum(places, len(scores) - 1)], lengths


def _viterbi(
    scores: NDArray[np.float32], lengths: NDArray[np.int64], transitions: NDArray[np.float32]
) -> NDArray[np.int64]:
    """Return the best tags, (islands, columns); columns beyond an island's length mean nothing."""
    islands, columns, _ = scores.shape
    moves = np.where(FOLLOWS, transitions, FORBIDDEN)
    final = np.where(ENDS, np.float32(0), FORBIDDEN)
    best = scores[:, 0] + np.where(BEGINS, np.float32(0), FORBIDDEN)
    came = np.zeros((columns, islands, TAGS), np.int64)
    last = (best + final).argmax(axis=1)
    for column in range(1, columns):
        ways = best[:, :, None] + moves
        came[column] = ways.argmax(axis=1)
        best = ways.max(axis=1) + scores[:, column]
        last = np.where(lengths == column + 1, (best + final).argmax(axis=1), last)
    tags = np.zeros((islands, columns), np.int64)
    rows = np.arange(islands)
    for column in range(columns - 1, -1, -1):
        tags[:, column] = last
        back = came[column][rows, last]
        last = np.where(column < lengths, back, last)
    return tags
