"""A lower bound on epsilon from one training: whoever guesses too well has proof that privacy is worse than claimed.

Canaries are put into the training rows by a coin each; the attacker sees the model and guesses, for those of which
it is sure, which ones were in. Steinke, Nasr & Jagielski, "Privacy auditing with one (1) training run", NeurIPS 2023
(arXiv 2305.08846), theorem 5.2, bounds how often such guesses can be right under (epsilon, delta).
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipelines.bootstrap import Floats

CONFIDENCE = 0.95
# Above this no training is meant to be private; a bound is not looked for any further.
LARGEST = 64.0


@dataclass(frozen=True)
class Audit:
    """With the given confidence epsilon is at least `bound`: of `canaries`, `guesses` were made, `right` were so."""

    canaries: int
    guesses: int
    right: int
    delta: float
    confidence: float
    bound: float


def audit(scores: Floats, included: NDArray[np.bool_], guesses: int, delta: float = 0.0) -> Audit:
    """The bound from canaries with these `scores` (canaries,), higher where one looks included.

    Half of the `guesses` are spent on the highest scores (in), half on the lowest (out); the rest abstains. The
    number of guesses must be chosen before the scores are seen.
    """
    half = min(guesses, scores.size) // 2
    order = np.argsort(scores, kind="stable")
    right = int(included[order[-half:]].sum() + (~included[order[:half]]).sum()) if half else 0
    bound = lower_bound(scores.size, 2 * half, right, delta)
    return Audit(scores.size, 2 * half, right, delta, CONFIDENCE, bound)


def lower_bound(canaries: int, guesses: int, right: int, delta: float = 0.0, confidence: float = CONFIDENCE) -> float:
    """The largest epsilon under which so many right guesses have a chance below 1 - `confidence`; at least 0."""
    if guesses == 0 or chance(canaries, guesses, right, 0.0, delta) > 1 - confidence:
        return 0.0
    low, high = 0.0, 1.0
    while high < LARGEST and chance(canaries, guesses, right, high, delta) <= 1 - confidence:
        low, high = high, 2 * high
    for _ in range(50):
        middle = (low + high) / 2
        below = chance(canaries, guesses, right, middle, delta) <= 1 - confidence
        low, high = (middle, high) if below else (low, middle)
    return low


def chance(canaries: int, guesses: int, right: int, epsilon: float, delta: float) -> float:
    """How likely, at most, `right` or more of the guesses are so where (epsilon, delta) holds.

    f(right) + 2 · canaries · delta · max over i of (f(right - i) - f(right)) / i, where f is the tail of
    Binomial(guesses, 1 / (1 + exp(-epsilon))): the number of right guesses about randomised response.
    """
    if not 0 <= right <= guesses <= canaries:
        raise ValueError("Expected 0 <= right <= guesses <= canaries")
    tail = tails(guesses, 1 / (1 + math.exp(-epsilon)))
    base = float(tail[right])
    if delta == 0 or right == 0:
        return min(1.0, base)
    steps = np.arange(1, right + 1)
    worst = float(((tail[right - steps] - base) / steps).max())
    return min(1.0, base + 2 * canaries * delta * worst)


def tails(trials: int, success: float) -> Floats:
    """P[Binomial(trials, success) >= v] for v = 0 … trials, exactly up to rounding: sums from the small end."""
    counts = np.arange(trials + 1)
    gammas = np.array([math.lgamma(count + 1) for count in counts])
    logarithms = gammas[-1] - gammas - gammas[::-1] + counts * math.log(success)
    if success < 1:
        logarithms = logarithms + (trials - counts) * math.log1p(-success)
    elif trials:
        logarithms[:-1] = -np.inf
    return np.asarray(np.minimum(1.0, np.cumsum(np.exp(logarithms)[::-1])[::-1]), dtype=np.float64)
