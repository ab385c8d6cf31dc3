"""Learning the weights: a linear-chain conditional random field (Lafferty et al. 2001) by AdaGrad (Duchi et al. 2011).

Features are dropped at random while learning, so that none of them is leaned on alone.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipelines.privacy.chinese.features import BITS
from pipelines.privacy.chinese.tags import BEGINS, ENDS, FOLLOWS, TAGS

Scores = NDArray[np.float32]
_ROWS = 1 << BITS  # the row behind them stands for a dropped feature and stays 0
_NEVER = np.float32(-30)
_BATCH = 256


@dataclass(frozen=True, slots=True)
class Learned:
    """`weights` (features, tags) and `transitions` (tag before, tag after), in nats."""

    weights: Scores
    transitions: Scores


@dataclass(frozen=True, slots=True)
class Example:
    """One text: its features (characters, features) and its tags."""

    features: NDArray[np.int32]
    tags: NDArray[np.int8]


def learn(
    examples: list[Example], *, epochs: int, rate: float, dropout: float, seed: int, tell: Callable[[int, float], None]
) -> Learned:
    """Return the weights, averaged over the second half of the epochs; features seen once count for nothing."""
    chance = np.random.default_rng(seed)
    rare = _rare(examples)
    weights, squares = np.zeros((_ROWS + 1, TAGS), np.float32), np.full((_ROWS + 1, TAGS), 1e-3, np.float32)
    moves, move_squares = np.where(FOLLOWS, np.float32(0), _NEVER), np.full((TAGS, TAGS), 1e-3, np.float32)
    weight_sum, move_sum, summed = np.zeros((_ROWS, TAGS)), np.zeros((TAGS, TAGS)), 0
    order = np.argsort([len(example.tags) for example in examples], kind="stable")
    batches = [order[begin : begin + _BATCH] for begin in range(0, len(order), _BATCH)]
    for epoch in range(epochs):
        loss = 0.0
        for number in chance.permutation(len(batches)):
            batch = [examples[index] for index in batches[number]]
            found = np.concatenate([example.features for example in batch])
            found = np.where((chance.random(found.shape) < dropout) | rare[found], _ROWS, found)
            step = _gradient(batch, weights[found].sum(axis=1), moves)
            loss += step.loss
            rows, slope = _by_feature(found, step.scores)
            squares[rows] += slope * slope
            weights[rows] -= rate * slope / np.sqrt(squares[rows])
            weights[_ROWS] = 0
            move_squares += step.moves * step.moves
            moves = np.where(FOLLOWS, moves - rate * step.moves / np.sqrt(move_squares), _NEVER).astype(np.float32)
        if epoch >= epochs // 2:
            weight_sum, move_sum, summed = weight_sum + weights[:_ROWS], move_sum + moves, summed + 1
        tell(epoch, loss)
    return Learned((weight_sum / summed).astype(np.float32), (move_sum / summed).astype(np.float32))


def _rare(examples: list[Example]) -> NDArray[np.bool_]:
    counts = np.zeros(_ROWS, np.int64)
    for example in examples:
        counts += np.bincount(example.features.ravel(), minlength=_ROWS)
    return counts < 2


def _by_feature(found: NDArray[np.int32], slopes: Scores) -> tuple[NDArray[np.int32], Scores]:
    """Return the features that occur and the sum of the slopes of the characters that have each."""
    from scipy.sparse import csr_array

    rows, places = np.unique(found, return_inverse=True)
    ends = np.arange(0, found.size + 1, found.shape[1])
    having = csr_array((np.ones(found.size, np.float32), places.ravel(), ends), shape=(len(found), len(rows)))
    return rows, np.asarray(having.T @ slopes)


@dataclass(frozen=True, slots=True)
class _Step:
    scores: Scores
    moves: Scores
    loss: float


def _gradient(batch: list[Example], scores: Scores, moves: Scores) -> _Step:
    """Return the slopes of the mean negative log-likelihood by score and by transition, and its sum."""
    lengths = np.array([len(example.tags) for example in batch])
    real = np.arange(lengths.max()) < lengths[:, None]
    padded = np.zeros((*real.shape, TAGS), np.float32)
    padded[real] = scores
    tags = np.zeros(real.shape, np.int64)
    tags[real] = np.concatenate([example.tags for example in batch])
    forward, backward, whole = _sums(padded, real, moves)
    likely = np.exp(forward + backward - whole[:, None, None])
    truth = np.eye(TAGS, dtype=np.float32)[tags]
    both = real[:, 1:]
    pairs = forward[:, :-1, :, None] + moves + (padded[:, 1:] + backward[:, 1:])[:, :, None, :]
    expected = (np.exp(pairs - whole[:, None, None, None]) * both[..., None, None]).sum(axis=(0, 1))
    np.subtract.at(expected, (tags[:, :-1][both], tags[:, 1:][both]), 1)
    gold = (padded * truth * real[..., None]).sum() + moves[tags[:, :-1][both], tags[:, 1:][both]].sum()
    size = np.float32(len(batch))
    slopes, move_slopes = (likely - truth)[real] / size, (expected * FOLLOWS / size).astype(np.float32)
    return _Step(slopes, move_slopes, float(whole.sum() - gold))


def _sums(padded: Scores, real: NDArray[np.bool_], moves: Scores) -> tuple[Scores, Scores, Scores]:
    """Return the log-sums over all rows of tags up to each place, from each place on, and of the whole."""
    columns = padded.shape[1]
    final = np.where(ENDS, np.float32(0), _NEVER)
    forward, backward = np.empty_like(padded), np.empty_like(padded)
    forward[:, 0] = padded[:, 0] + np.where(BEGINS, np.float32(0), _NEVER)
    for column in range(1, columns):
        ahead = _log_sum(forward[:, column - 1, :, None] + moves, 1) + padded[:, column]
        forward[:, column] = np.where(real[:, column, None], ahead, forward[:, column - 1])
    backward[:, -1] = final
    for column in range(columns - 2, -1, -1):
        behind = _log_sum(moves + (padded[:, column + 1] + backward[:, column + 1])[:, None, :], 2)
        backward[:, column] = np.where(real[:, column + 1, None], behind, final)
    return forward, backward, _log_sum(forward[:, -1] + final, 1)


def _log_sum(values: Scores, axis: int) -> Scores:
    top = values.max(axis=axis, keepdims=True)
    total: Scores = (top + np.log(np.exp(values - top).sum(axis=axis, keepdims=True))).squeeze(axis)
    return total
