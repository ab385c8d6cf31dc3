"""A detector that looks at one answer after the other: it says when the share of a class has moved, and since when.

For each class and direction it bets against "the share is what it was": a Shiryaev-Roberts statistic, the sum over all
moments at which the change may have come of the likelihood ratio of the answers since, averaged over how large the
change may be (an e-detector: Shin, Ramdas and Rinaldo 2023, "E-detectors: a nonparametric framework for sequential
change detection"). While nothing changes, the statistic less the number of answers is a supermartingale, so by Doob's
inequality the chance of an alarm within n answers is n / `PATIENCE` at most, and the mean wait for a false one is
`PATIENCE` answers or more.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

# One false alarm in so many answers, on average, at the most.
PATIENCE = 1_000_000
# How far the share may have moved, as a factor on its odds.
ODDS = (1.25, 1.5, 2.0, 3.0, 5.0)
# The champion's share is an estimate: what it is held against lies so many standard errors away from it.
MARGIN = 3.0


@dataclass(frozen=True)
class Alarm:
    """That the share of `label` went up or down: known at answer `at`, begun about answer `since` (both from 1)."""

    label: str
    direction: str
    at: int
    since: int


def detect(answers: Sequence[str], before: Mapping[str, int], patience: float = PATIENCE) -> Alarm | None:
    """The first alarm in `answers`, in their order, against the counts of classes `before`, or None."""
    total = sum(before.values())
    given = np.asarray(answers, dtype=object)
    bets = [(label, direction, odds) for label in before for direction in ("up", "down") for odds in ODDS]
    if not total or not len(given):
        return None
    gains = np.stack([_gain(given == label, before[label], total, way, odds) for label, way, odds in bets])
    logs = shiryaev_roberts(gains)
    mixed = np.logaddexp.reduce(logs, axis=0) - np.log(len(bets))
    over = np.flatnonzero(mixed >= np.log(patience))
    if not len(over):
        return None
    at = int(over[0])
    best = int(logs[:, at].argmax())
    sums = np.concatenate([[0.0], np.cumsum(gains[best, : at + 1])])
    return Alarm(bets[best][0], bets[best][1], at + 1, int(sums[:-1].argmin()) + 1)


def shiryaev_roberts(gains: NDArray[np.float64]) -> NDArray[np.float64]:
    """The logarithm of R_t = (1 + R_(t-1)) exp(gain_t) along the last axis, from R_0 = 0."""
    sums = np.cumsum(gains, axis=-1)
    before = np.concatenate([np.zeros((*sums.shape[:-1], 1)), sums[..., :-1]], axis=-1)
    return np.asarray(sums + np.logaddexp.accumulate(-before, axis=-1), dtype=np.float64)


def _gain(hits: NDArray[np.bool_], count: int, total: int, direction: str, odds: float) -> NDArray[np.float64]:
    """The logarithm of the likelihood ratio of each answer: the share moved by `odds`, against it having stayed."""
    share = (count + 0.5) / (total + 1)
    error = MARGIN * np.sqrt(share * (1 - share) / total)
    held = share + error if direction == "up" else share - error
    held = float(np.clip(held, 1e-6, 1 - 1e-6))
    factor = odds if direction == "up" else 1 / odds
    moved = held * factor / (1 - held + held * factor)
    gain, loss = np.log(moved / held), np.log((1 - moved) / (1 - held))
    return np.asarray(np.where(hits, gain, loss), dtype=np.float64)
