"""What every class must keep: k subjects, l sensitive values, a distribution within t of the whole table's.

k-anonymity: Sweeney 2002. Distinct and entropy l-diversity: Machanavajjhala et al., TKDD 2007. t-closeness with the
earth mover's distance, equal for categories and ordered for numbers: Li et al., ICDE 2007.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Integers = NDArray[np.int64]
Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

# Sums of many shares differ in the last digits with the order in which they are added.
SLACK = 1e-9


@dataclass(frozen=True)
class Sensitive:
    """The sensitive column as codes 0 … size-1; `ordered` where the distance between values counts."""

    codes: Integers
    size: int
    ordered: bool


@dataclass(frozen=True)
class Requirements:
    """k subjects, distinct_l different sensitive values, an entropy of log(entropy_l), a distance of t at most."""

    k: int
    distinct_l: int = 1
    entropy_l: float = 1.0
    t: float = 1.0

    @property
    def look_at_values(self) -> bool:
        """Whether the sensitive column matters."""
        return self.distinct_l > 1 or self.entropy_l > 1 or self.t < 1


@dataclass
class Tally:
    """The sensitive values of some groups, counted value by value: memory does not grow with their number.

    `totals` (groups,) are the groups' rows.
    """

    totals: Integers
    distinct: Integers
    information: Floats
    distance: Floats
    drift: Floats

    @classmethod
    def of(cls, totals: Integers) -> "Tally":
        """Nothing counted yet."""
        zeros = [np.zeros(len(totals)) for _ in range(3)]
        return cls(totals, np.zeros(len(totals), dtype=np.int64), *zeros)

    def add(self, counts: Integers, share: float, ordered: bool) -> None:
        """Count the next value, which makes up `share` of the whole table."""
        shares = counts / self.totals
        self.distinct += counts > 0
        self.information -= shares * np.log(np.where(counts > 0, shares, 1.0))
        if ordered:
            self.drift += shares - share
            self.distance += np.abs(self.drift)
        else:
            self.distance += np.abs(shares - share)

    def meets(self, asked: Requirements, sensitive: Sensitive) -> Flags:
        """Which groups keep what is asked."""
        # Equal distance: half the sum. Ordered: neighbours are 1 / (size - 1) apart.
        scale = max(sensitive.size - 1, 1) if sensitive.ordered else 2
        various = (self.distinct >= asked.distinct_l) & (self.information >= np.log(asked.entropy_l) - SLACK)
        return np.asarray(various & (self.distance / scale <= asked.t + SLACK), dtype=np.bool_)
