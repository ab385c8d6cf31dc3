"""How several models answer as one: their answers, weighed and added up; which of them are worth it.

Of probabilities their logarithms are added up, of numbers the numbers themselves.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipelines.models.options import Measured
from pipelines.models.worth import FINE, gain, measured
from pipelines.record import Task

Floats = NDArray[np.float64]
# No model is so sure that others are not heard.
FLOOR = 1e-6
# A weight below this is no member's.
LIGHT = 0.05
# How far probabilities are moved towards rare labels, in logarithms of the labels' shares.
SHIFTS = np.linspace(0, 1.2, 13)


@dataclass(frozen=True)
class Pool:
    """softmax(sum of weight_i * log p_i + bias): `weights` one per member, `bias` one per label.

    Of `numbers`: the sum of weight_i * number_i, and the one bias.
    """

    weights: tuple[float, ...]
    bias: tuple[float, ...]
    numbers: bool = False

    def answers(self, members: Sequence[Floats]) -> Floats:
        """What the members' (n, labels) probabilities, or their (n, 1) numbers, come to."""
        heard = members if self.numbers else [logarithms(each) for each in members]
        total = sum(weight * each for weight, each in zip(self.weights, heard, strict=True)) + np.array(self.bias)
        return np.asarray(total) if self.numbers else _softmax(np.asarray(total))


def logarithms(probabilities: Floats) -> Floats:
    """Log-probabilities, none below that of FLOOR."""
    return np.asarray(np.log(np.maximum(probabilities, FLOOR)))


def _softmax(scores: Floats) -> Floats:
    powers = np.exp(scores - scores.max(axis=1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=1, keepdims=True))


def pooled(task: Task, measure: Measured, true: NDArray[Any], members: Sequence[Floats]) -> Pool:
    """The pool of all `members` that these rows speak for: weights by log loss, or by squares where they are numbers.

    For macro-F1, with a shift to rare labels. All are few numbers, so the rows may be those that were asked while
    others taught.
    """
    if task == "regression":
        return _averaged(true, members)
    weights = _stacked(true, [logarithms(each) for each in members])
    labels = members[0].shape[1]
    plain = Pool(weights, (0.0,) * labels)
    if measure != "macro_f1":
        return plain
    shares = np.maximum(np.bincount(true, minlength=labels), 1) / len(true)
    shifted = [Pool(weights, tuple((-shift * np.log(shares)).tolist())) for shift in SHIFTS]
    found = [measured(measure, true, pool.answers(members)) for pool in shifted]
    # Neighbours are asked too: a peak of one shift alone is an accident of these rows.
    smooth = np.convolve(np.pad(found, 1, mode="edge"), np.ones(3) / 3, mode="valid")
    return shifted[int(smooth.argmax())]


def _stacked(true: NDArray[np.int64], members: Sequence[Floats]) -> tuple[float, ...]:
    """The weights, none below zero, whose pool is least surprised by the true labels."""
    from scipy.optimize import minimize

    stack, rows = np.stack(members), np.arange(len(true))

    def surprise(weights: Floats) -> tuple[float, Floats]:
        found = _softmax(np.tensordot(weights, stack, axes=1))
        slope = (np.einsum("mnk,nk->mn", stack, found) - stack[:, rows, true]).mean(axis=1)
        return -float(np.log(np.maximum(found[rows, true], FLOOR)).mean()), slope

    start = np.full(len(members), 1 / len(members))
    found = minimize(surprise, start, jac=True, bounds=[(0.0, 5.0)] * len(members))
    return tuple(np.round(found.x, 4).tolist())


def _averaged(true: Floats, members: Sequence[Floats]) -> Pool:
    """The weights, none below zero, and the bias whose sum is nearest to the true numbers; of one member, itself."""
    from scipy.optimize import nnls

    if len(members) == 1:
        return Pool((1.0,), (0.0,), numbers=True)
    # Around their means the bias takes no part, and may be below zero.
    stack = np.concatenate(members, axis=1)
    weights, _ = nnls(stack - stack.mean(axis=0), true - true.mean())
    weights = np.round(weights, 4)
    return Pool(tuple(weights.tolist()), (float(true.mean() - stack.mean(axis=0) @ weights),), numbers=True)


def best_together(
    task: Task, measure: Measured, true: NDArray[Any], members: Sequence[Floats], most: int, seed: int
) -> list[int]:
    """Which of `members`, the best first, answer better together than the first alone: at most so many places.

    They are those whose weights the rows speak for; they win where their gain in the measure, or in log loss (in
    squares, where they are numbers), is more than one standard error of the paired difference, and their loss in the
    measure is not. Else the first wins. It is not asked to be beaten: the best of a hundred trials owes some of its
    right answers to the rows that it was chosen by.
    """
    places = list(range(len(members)))
    while len(places) > 1:
        weights = np.array(pooled(task, FINE[task], true, [members[place] for place in places]).weights)
        lightest = int(weights.argmin())
        if len(places) <= most and weights[lightest] >= LIGHT * weights.sum():
            break
        places.pop(lightest)
    if places == [0] or most <= 1:
        return [0]
    alone = pooled(task, measure, true, [members[0]]).answers([members[0]])
    chosen = [members[place] for place in places]
    together = pooled(task, measure, true, chosen).answers(chosen)
    gains = [gain(each, true, together, alone, seed) for each in (measure, FINE[task])]
    return places if max(gains) > 1 and gains[0] >= -1 else [0]
