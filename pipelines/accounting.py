"""How much privacy a training costs: noise for a promise, the promise that noise keeps, and what several come to.

One step of DP-SGD is a Gaussian mechanism on a Poisson sample of the units (examples, or subjects with all their
rows). Its privacy loss distribution (PLD; Koskela et al. 2020, Doroshenko et al. 2022) is composed over steps and
over trainings by convolution, which is tighter than adding epsilons. Neighbours differ by one unit more or less.
"""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

# Coarse steps of the loss distribution are on the safe side, and ten times as fast: the search takes them.
COARSE, FINE = 1e-3, 1e-4
DIGITS = 4
LARGEST = 10_000.0


@dataclass(frozen=True)
class Spending:
    """What one training does to its units: `steps` sums of clipped gradients with noise of `sigma` clips.

    `rate` is the probability with which a unit takes part in a step.
    """

    sigma: float
    rate: float
    steps: int

    @classmethod
    def of(cls, entry: Mapping[str, Any]) -> "Spending":
        """The spending that an entry of the ledger tells of."""
        return cls(float(entry["sigma"]), float(entry["rate"]), int(entry["steps"]))


def noise_for(epsilon: float, delta: float, rate: float, steps: int) -> float:
    """The least noise multiplier, rounded up, whose `steps` at this `rate` are (`epsilon`, `delta`)-private."""
    low, high = _bracket(epsilon, delta, rate, steps)
    while high / low > 1 + 1e-4:
        middle = math.sqrt(low * high)
        enough = total([Spending(middle, rate, steps)], delta, COARSE) <= epsilon
        low, high = (low, middle) if enough else (middle, high)
    # The fine distribution is tighter: what the coarse one granted is walked down as far as the promise holds.
    sigma = float(math.ceil(high * 10**DIGITS) / 10**DIGITS)
    while True:
        lower = round(sigma * 0.9985, DIGITS)
        if lower >= sigma or epsilon_of(lower, delta, rate, steps) > epsilon:
            return sigma
        sigma = lower


def epsilon_of(sigma: float, delta: float, rate: float, steps: int) -> float:
    """The epsilon at `delta` of `steps` with noise of `sigma` clips, each on a Poisson sample of this `rate`."""
    return total([Spending(sigma, rate, steps)], delta)


def total(spendings: Iterable[Spending], delta: float, interval: float = FINE) -> float:
    """The epsilon at `delta` of all `spendings` on the same units together; zero of none."""
    from dp_accounting import GaussianDpEvent, PoissonSampledDpEvent
    from dp_accounting.pld import PLDAccountant

    accountant = PLDAccountant(value_discretization_interval=interval)
    found = list(spendings)
    for spending in found:
        step = PoissonSampledDpEvent(spending.rate, GaussianDpEvent(spending.sigma))
        accountant.compose(step, spending.steps)
    return float(accountant.get_epsilon(delta)) if found else 0.0


def _bracket(epsilon: float, delta: float, rate: float, steps: int) -> tuple[float, float]:
    """Two noise multipliers, of which the first breaks the promise and the second keeps it."""
    high = 1.0
    while total([Spending(high, rate, steps)], delta, COARSE) > epsilon:
        high *= 2
        if high > LARGEST:
            raise ValueError(f"no noise up to {LARGEST:g} clips keeps epsilon {epsilon:g}")
    low = high / 2
    while total([Spending(low, rate, steps)], delta, COARSE) <= epsilon and low > 0.05:
        low, high = low / 2, low
    return low, high
