"""Two models on the same rows: how much better is ours, and could chance have done it.

Only the rows that exactly one model gets right speak for either. Comparing the two accuracies as if they
came from different rows would need several times as many of them.
"""

import math
from dataclasses import dataclass
from statistics import NormalDist
from typing import ClassVar, Protocol

import numpy as np

from pipelines.bootstrap import Floats, Integers, Measure
from pipelines.errors import DataError
from pipelines.people import DRAWS, count_of, design_effect, permuted, quantile, sums_of

Figures = dict[str, float | int | str]

BISECTIONS = 60


class Rows(Protocol):
    """Whatever was measured on rows, and on people where some have several of them."""

    @property
    def rows(self) -> int:
        """How many rows."""

    @property
    def people(self) -> int:
        """How many people; 0 where nobody has two rows."""


class Comparison(Rows, Protocol):
    """Two models beside each other, whatever the difference is measured in."""

    @property
    def difference(self) -> Measure:
        """Ours minus theirs, with a 95 % interval."""

    @property
    def floor(self) -> float:
        """Its lower bound, with 95 % confidence on that side alone."""

    @property
    def p_value(self) -> float:
        """How probable such a difference is between equal models, two-sided."""


@dataclass(frozen=True)
class Paired:
    """Our model against theirs on the same `rows` rows; differences are ours minus theirs, as shares.

    `difference` of the accuracies has a 95 % interval; `floor` is its lower bound with 95 % confidence on
    that side alone. `p_value` is McNemar's, two-sided and mid-p; `p_worse` that of so few rows for us, exact
    and one-sided.

    Where somebody has several rows, these are rows of so many `people`, else 0. Then the `effect` of that design
    divides the counts behind the interval, and the p-values are of models that change places person by person.
    """

    rows: int
    only_ours_right: int
    only_theirs_right: int
    difference: Measure
    floor: float
    p_value: float
    p_worse: float
    people: int = 0
    effect: float = 1.0

    unit: ClassVar[str] = " points"

    @property
    def variance(self) -> float:
        """The variance of a row's difference. With few rows none may differ; the rule of three bounds how many do."""
        return max(self.only_ours_right + self.only_theirs_right, 3) / self.rows * self.effect

    def __str__(self) -> str:
        """The comparison in words: difference in accuracy, 95 % interval, p-value, rows."""
        return told(self, self.unit)

    def figures(self) -> Figures:
        """The comparison's numbers under flat names, differences as shares."""
        return {
            "rows": self.rows,
            "only_ours_right": self.only_ours_right,
            "only_theirs_right": self.only_theirs_right,
            **figures_of(self),
            **({"design_effect": self.effect} if self.people else {}),
        }


def paired_test(true: Integers, ours: Integers, theirs: Integers, people: Integers | None = None) -> Paired:
    """Compare two predictions with the true classes, (rows,) each, of `people` (rows,) if some have several rows.

    Raises DataError if the rows do not align.
    """
    check(true, ours, theirs)
    we, they = ours == true, theirs == true
    counts = (true.size, int((we & ~they).sum()), int((they & ~we).sum()))
    return paired_counts(*counts) if people is None else _paired_people(counts, gains_of(true, ours, theirs), people)


def gains_of(true: Integers, ours: Integers, theirs: Integers) -> Floats:
    """1 where we alone are right, -1 where they alone are, else 0: (rows,)."""
    return np.asarray((ours == true).astype(np.float64) - (theirs == true), dtype=np.float64)


def _paired_people(counts: tuple[int, int, int], gains: Floats, people: Integers) -> Paired:
    """Compare two models by the rows that one of them alone gets right, and by who these rows are of."""
    effect, count = design_effect(gains, people), count_of(people)
    rows, for_us, for_them = (number / effect for number in counts)
    low, high = score_bounds(rows, for_us, for_them, quantile(0.975, count))
    floor, _ = score_bounds(rows, for_us, for_them, quantile(0.95, count))
    sums, difference = sums_of(gains, people), Measure(float(gains.mean()), low, high)
    p_value = permuted(sums, DRAWS, np.random.default_rng(0))
    p_worse = permuted(sums, DRAWS, np.random.default_rng(0), worse=True)
    return Paired(*counts, difference, floor, p_value, p_worse, count, effect)


def paired_counts(rows: int, only_ours_right: int, only_theirs_right: int) -> Paired:
    """Compare two models by the number of rows that exactly one of them gets right."""
    counts = (rows, only_ours_right, only_theirs_right)
    difference = (only_ours_right - only_theirs_right) / rows
    return Paired(
        *counts,
        difference=Measure(difference, *score_interval(*counts, confidence=0.95)),
        floor=score_interval(*counts, confidence=0.90)[0],
        p_value=mcnemar(only_ours_right, only_theirs_right),
        p_worse=mcnemar_worse(only_ours_right, only_theirs_right),
    )


def check(true: Integers, ours: Integers, theirs: Integers) -> None:
    """Raise DataError unless both models answered the same rows, at least one."""
    if true.size == 0 or not true.shape == ours.shape == theirs.shape:
        raise DataError(
            f"gates: {true.size} answers, {ours.size} of our predictions and {theirs.size} of theirs.",
            "Expected both models' predictions for the same rows, at least one.",
            "predict the current test rows with both models, then compare.",
        )


def score_interval(
    rows: float, only_ours_right: float, only_theirs_right: float, *, confidence: float
) -> tuple[float, float]:
    """The difference of two paired proportions: the values that a score test would not reject.

    Tango (1998), Statistics in Medicine 17:891-908. It holds for few rows, and where the models never or
    always agree, for which the Wald interval has no width.
    """
    return score_bounds(rows, only_ours_right, only_theirs_right, NormalDist().inv_cdf((1 + confidence) / 2))


def score_bounds(rows: float, only_ours_right: float, only_theirs_right: float, critical: float) -> tuple[float, float]:
    """The differences of two paired proportions whose score statistic is no further than `critical` from zero."""
    high = largest_accepted(rows, only_ours_right, only_theirs_right, critical)
    return -largest_accepted(rows, only_theirs_right, only_ours_right, critical), high


def largest_accepted(rows: float, for_us: float, for_them: float, critical: float) -> float:
    """The largest difference whose score statistic is above `-critical`, by bisection (it only falls)."""
    low, high = (for_us - for_them) / rows, 1.0
    for _ in range(BISECTIONS):
        middle = (low + high) / 2
        accepted = score_statistic(rows, for_us, for_them, middle) > -critical
        low, high = (middle, high) if accepted else (low, middle)
    return high


def score_statistic(rows: float, for_us: float, for_them: float, difference: float) -> float:
    """How many standard errors the counts are above `difference` (Tango 1998, equation 10).

    The standard error takes the most likely share of rows that only they get right, given `difference`:
    the larger root of a quadratic equation.
    """
    linear = (2 * rows - for_us + for_them) * difference - for_us - for_them
    constant = -for_them * difference * (1 - difference)
    root = math.sqrt(max(linear**2 - 8 * rows * constant, 0))
    only_theirs = (root - linear) / (4 * rows)
    variance = rows * (2 * only_theirs + difference * (1 - difference))
    excess = for_us - for_them - rows * difference
    if variance <= 0:
        return math.copysign(math.inf, excess) if excess else 0.0
    return excess / math.sqrt(variance)


def mcnemar(only_ours_right: int, only_theirs_right: int) -> float:
    """The probability of a split at least as uneven if both models were equally good, half of its equals.

    The mid-p test, two-sided: exact McNemar less half of the observed split's own probability. Fagerland,
    Lydersen & Laake (2013), BMC Medical Research Methodology 13:91, recommend it over the exact test.
    """
    fewer, rows = min(only_ours_right, only_theirs_right), only_ours_right + only_theirs_right
    chances = coin_chances(rows, fewer)
    return min(1.0, float(2 * chances.sum() - chances[-1]))


def mcnemar_worse(only_ours_right: int, only_theirs_right: int) -> float:
    """The probability of so few rows for us if both models were equally good: exact, one-sided."""
    rows = only_ours_right + only_theirs_right
    return min(1.0, float(coin_chances(rows, only_ours_right).sum()))


def coin_chances(tosses: int, most: int) -> Floats:
    """The probabilities of 0, 1, .. `most` heads in so many tosses of a fair coin: (most + 1,).

    In logarithms, for the binomial coefficients outgrow a float from 1,030 tosses on.
    """
    heads = np.arange(1, most + 1)
    ways = np.concatenate(([0.0], np.cumsum(np.log((tosses - heads + 1) / heads))))
    chances: Floats = np.exp(ways - tosses * math.log(2))
    return chances


def told(pair: Comparison, unit: str) -> str:
    """A comparison in words: the difference in a unit, 95 % interval, p-value, rows."""
    value, low, high = map(signed, (pair.difference.value, pair.difference.low, pair.difference.high))
    return f"{value}{unit} [{low}, {high}], {chance(pair.p_value)}, {told_rows(pair)}"


def figures_of(pair: Comparison) -> Figures:
    """The numbers that every comparison has, under flat names; differences as shares."""
    return {
        "difference": pair.difference.value,
        "difference_low": pair.difference.low,
        "difference_high": pair.difference.high,
        "floor": pair.floor,
        "p_value": pair.p_value,
        **({"people": pair.people} if pair.people else {}),
    }


def told_rows(pair: "Rows") -> str:
    """How many rows a comparison was made on, and of how many people where some have several."""
    return f"{pair.rows:,} test rows" + (f" of {pair.people:,} people" if pair.people else "")


def signed(share: float) -> str:
    """A share as percentage points with a sign, and never as -0.0."""
    return f"{round(100 * share, 1) + 0.0:+.1f}"


def chance(p_value: float) -> str:
    """A p-value with three decimals."""
    return "p < 0.001" if p_value < 0.001 else f"p = {p_value:.3f}"
