"""Shares without any fault, or any success, on few rows: exact bounds, for draws of such rows would all be alike.

Who is right in all of n independent trials is right in at least 0.025^(1/n) of them with 97.5 % confidence (Clopper &
Pearson 1934): 88.8 % for 31 rows. Of a mean over classes that count alike, the lowest is sought that leaves as much
doubt: it falls on the small ones. The area under the ROC curve is the share of pairs in the right order: that of one
class's rows which stand right of all the other's, given these, is a share of as many trials as that class has rows.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from pipelines.bootstrap import Integers, Measure

DOUBT = 0.025
BISECTIONS = 60
MACRO = ("macro_precision", "macro_recall", "macro_f1")


@dataclass(frozen=True)
class Trials:
    """How many rows stand behind a share, or people where some have several: all, of each class, and told as each."""

    all: int
    true: Integers
    told: Integers

    @classmethod
    def of(cls, true: Integers, predicted: Integers, classes: int, people: Integers | None) -> "Trials":
        """The trials among rows of `true` and `predicted` classes (rows,), of `people` (rows,) if some have several."""
        owner = np.arange(len(true)) if people is None else people
        true_of, told_of = (np.unique(np.stack([side, owner]), axis=1)[0] for side in (true, predicted))
        counts = (np.bincount(side, minlength=classes) for side in (true_of, told_of))
        return cls(len(np.unique(owner)), *counts)

    def bounded(self, measures: Mapping[str, Measure]) -> dict[str, Measure]:
        """Measures of all classes together, with exact bounds where they are 1, or accuracy 0."""
        there = self.true[self.true > 0]
        least = least_mean(there)
        lowest = dict.fromkeys(MACRO, least)
        lowest["roc_auc"] = _least(int(there.min())) if len(self.true) == 2 else least
        found = {
            name: replace(each, low=min(each.low, lowest[name])) if name in lowest and each.value == 1 else each
            for name, each in measures.items()
        }
        return found | ({"accuracy": exact(found["accuracy"], self.all)} if "accuracy" in found else {})

    def bounded_of(self, place: int, measures: Mapping[str, Measure]) -> dict[str, Measure]:
        """Measures of the class at `place`, with exact bounds where they are 1 or 0."""
        trials = {"precision": self.told[place], "recall": self.true[place], "f1": self.true[place]}
        return {name: exact(measure, int(trials[name])) for name, measure in measures.items()}


def exact(share: Measure, trials: int) -> Measure:
    """A share of `trials`, with the exact bound where all or none of them went well; without trials as it is.

    >>> exact(Measure(1.0, 1.0, 1.0), 31).low.__round__(3)
    0.888
    """
    if trials and share.value == 1:
        return replace(share, low=min(share.low, _least(trials)))
    if trials and share.value == 0:
        return replace(share, high=max(share.high, 1 - _least(trials)))
    return share


def least_mean(trials: Integers) -> float:
    """The lowest mean of shares, each of so many `trials` (classes,), of which none is likely to have had a fault.

    The least mean of r where the product of r^n is `DOUBT`: by Lagrange r is in proportion to n, and at most 1.
    """
    low, high = 0.0, 1 / float(trials.min())
    for _ in range(BISECTIONS):
        slope = (low + high) / 2
        likely = float(trials @ np.log(np.minimum(1, slope * trials))) > np.log(DOUBT)
        low, high = (low, slope) if likely else (slope, high)
    return float(np.minimum(1, high * trials).mean())


def _least(trials: int) -> float:
    return float(DOUBT ** (1 / trials))
