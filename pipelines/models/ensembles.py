"""How several models answer as one: their log-probabilities, weighed and added up; which of them are worth it."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipelines.confusion import f1_by_class, margins
from pipelines.models.options import Measured
from pipelines.scores import mean_area, rankings, row_losses

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
# No model is so sure that others are not heard.
FLOOR = 1e-6
# A weight below this is no member's.
LIGHT = 0.05
# How far probabilities are moved towards rare labels, in logarithms of the labels' shares.
SHIFTS = np.linspace(0, 1.2, 13)
DRAWS = 200


@dataclass(frozen=True)
class Pool:
    """softmax(sum of weight_i * log p_i + bias): `weights` one per member, `bias` one per label."""

    weights: tuple[float, ...]
    bias: tuple[float, ...]

    def probabilities(self, members: Sequence[Floats]) -> Floats:
        """What the members' (n, labels) probabilities come to."""
        scores = sum(weight * logarithms(each) for weight, each in zip(self.weights, members, strict=True))
        return _softmax(np.asarray(scores + np.array(self.bias)))


def logarithms(probabilities: Floats) -> Floats:
    """Log-probabilities, none below that of FLOOR."""
    return np.asarray(np.log(np.maximum(probabilities, FLOOR)))


def _softmax(scores: Floats) -> Floats:
    powers = np.exp(scores - scores.max(axis=1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=1, keepdims=True))


def measured(measure: Measured, true: Integers, probabilities: Floats) -> float:
    """How good the answers are, more is better: log loss counts below zero."""
    if measure == "log_loss":
        return -float(row_losses(true, probabilities).mean())
    if measure == "roc_auc":
        ranked = rankings(true, probabilities)
        return float(mean_area(ranked, np.ones((1, len(true)), dtype=np.int64))[0])
    answers = probabilities.argmax(axis=1)
    if measure == "accuracy":
        return float((answers == true).mean())
    cells = margins(np.ones((1, len(true)), dtype=np.int64), true, answers, probabilities.shape[1])
    return float(f1_by_class(cells).mean())


def pooled(measure: Measured, true: Integers, members: Sequence[Floats]) -> Pool:
    """The pool of all `members` that these rows speak for: weights by log loss; for macro-F1, a shift to rare labels.

    Both are few numbers, so the rows may be those that were asked while others taught.
    """
    weights = _stacked(true, [logarithms(each) for each in members])
    labels = members[0].shape[1]
    plain = Pool(weights, (0.0,) * labels)
    if measure != "macro_f1":
        return plain
    shares = np.maximum(np.bincount(true, minlength=labels), 1) / len(true)
    shifted = [Pool(weights, tuple((-shift * np.log(shares)).tolist())) for shift in SHIFTS]
    found = [measured(measure, true, pool.probabilities(members)) for pool in shifted]
    # Neighbours are asked too: a peak of one shift alone is an accident of these rows.
    smooth = np.convolve(np.pad(found, 1, mode="edge"), np.ones(3) / 3, mode="valid")
    return shifted[int(smooth.argmax())]


def _stacked(true: Integers, members: Sequence[Floats]) -> tuple[float, ...]:
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


def best_together(measure: Measured, true: Integers, members: Sequence[Floats], most: int, seed: int) -> list[int]:
    """Which of `members`, the best first, answer better together than the first alone: at most so many places.

    They are those whose weights the rows speak for; they win where their measure is not lower, and their gain in it, or
    in log loss, is more than one standard error of the paired difference (bootstrap of rows). Else the first wins.
    """
    places = list(range(len(members)))
    while len(places) > 1:
        weights = np.array(pooled("log_loss", true, [members[place] for place in places]).weights)
        lightest = int(weights.argmin())
        if len(places) <= most and weights[lightest] >= LIGHT * weights.sum():
            break
        places.pop(lightest)
    if places == [0] or most <= 1:
        return [0]
    alone = pooled(measure, true, [members[0]]).probabilities([members[0]])
    chosen = [members[place] for place in places]
    together = pooled(measure, true, chosen).probabilities(chosen)
    if measured(measure, true, together) < measured(measure, true, alone):
        return [0]
    wins = any(_gain(each, true, together, alone, seed) > 1 for each in {measure, "log_loss"})
    return places if wins else [0]


def _gain(measure: Measured, true: Integers, ours: Floats, theirs: Floats, seed: int) -> float:
    """The difference of the measures in standard errors: that of a difference row by row, or of resamples."""
    if measure in ("accuracy", "log_loss"):
        rows = np.arange(len(true))
        hits = [
            np.log(np.maximum(p[rows, true], FLOOR)) if measure == "log_loss" else p.argmax(1) == true
            for p in (ours, theirs)
        ]
        difference = np.asarray(hits[0], dtype=np.float64) - np.asarray(hits[1], dtype=np.float64)
        return float(difference.mean() / max(difference.std() / np.sqrt(len(true)), 1e-12))
    rng = np.random.default_rng(seed)
    draws = [rng.integers(len(true), size=len(true)) for _ in range(DRAWS)]
    gains = [measured(measure, true[d], ours[d]) - measured(measure, true[d], theirs[d]) for d in draws]
    whole = measured(measure, true, ours) - measured(measure, true, theirs)
    return float(whole / max(float(np.std(gains)), 1e-12))


def standard_error(measure: Measured, true: Integers, probabilities: Floats, seed: int) -> float:
    """Of the measure, by resampling rows."""
    rng = np.random.default_rng(seed)
    draws = [rng.integers(len(true), size=len(true)) for _ in range(DRAWS)]
    return float(np.std([measured(measure, true[d], probabilities[d]) for d in draws]))
