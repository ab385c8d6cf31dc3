"""From scores to names: the best row of tags of each island, all islands at once.

Nearly all characters are so surely outside of names that they need no search. What is left are islands of a few
characters; the best rows of tags of all of them are found together, one step of Viterbi's algorithm for each column.
"""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from pipelines.privacy.chinese.tags import BEGINS, ENDS, FOLLOWS, FORBIDDEN, OUTSIDE, spans

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
    lengths = ends - begins
    order = np.argsort(-lengths, kind="stable")
    tags = np.empty((len(begins), lengths.max()), np.int64)
    tags[order] = _viterbi(scores, begins[order], lengths[order], transitions)
    for begin, length, row in zip(begins.tolist(), lengths.tolist(), tags.tolist(), strict=True):
        for first, last, kind in spans(row[:length]):
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


def _viterbi(
    scores: NDArray[np.float32],
    begins: NDArray[np.int64],
    lengths: NDArray[np.int64],
    transitions: NDArray[np.float32],
) -> NDArray[np.int64]:
    """Return the best tags, (islands, columns); `lengths` descend, so the islands still open come first."""
    moves = np.where(FOLLOWS, transitions, FORBIDDEN).T  # (tag after, tag before)
    final = np.where(ENDS, np.float32(0), FORBIDDEN)
    columns = int(lengths[0])
    open_ = np.searchsorted(-lengths, -np.arange(columns), side="left")  # islands longer than each column
    best = scores[begins] + np.where(BEGINS, np.float32(0), FORBIDDEN)
    came: list[NDArray[np.int64]] = []
    for column in range(1, columns):
        count = open_[column]
        ways = best[:count, None, :] + moves
        came.append(ways.argmax(axis=2))
        best[:count] = ways.max(axis=2) + scores[begins[:count] + column]
    tags = np.zeros((len(begins), columns), np.int64)
    last = (best + final).argmax(axis=1)
    for column in range(columns - 1, -1, -1):
        count = open_[column]
        tags[:count, column] = last[:count]
        if column:
            last[:count] = came[column - 1][np.arange(count), last[:count]]
    return tags
