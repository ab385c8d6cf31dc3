"""Membership inference: which rows a model was trained on, as far as whoever holds it can tell.

Every attack gives each row a score, higher where the row looks more like a member; members are training rows,
others are rows of the test part. What is measured is how well a threshold on the score tells the two apart. An
area of .5 and a share of true positives equal to that of false ones is what a coin has.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipelines.bootstrap import Floats, Integers, Measure

# Carlini et al. 2022 (arXiv 2112.03570): an attack matters where it is sure, not on average.
FALSE_POSITIVES = 0.01
# The two-sided 95 % quantile of the normal distribution.
QUANTILE = 1.959963984540054
SMALLEST = 1e-15


@dataclass(frozen=True)
class Attack:
    """How well one score tells members from others.

    `auc` is the area under the ROC curve; `advantage` the largest true minus false positive rate (Yeom et al.
    2018, arXiv 1709.01604); `tpr` the share of members found where at most FALSE_POSITIVES of the others are taken
    for members.
    """

    auc: Measure
    advantage: float
    tpr: Measure


@dataclass(frozen=True)
class Membership:
    """What attacks on one model came to, on so many `members` and `others`."""

    members: int
    others: int
    attacks: dict[str, Attack]

    @property
    def auc(self) -> Measure:
        """The area of the attack that has the largest: an attacker chooses the best one."""
        return max((attack.auc for attack in self.attacks.values()), key=lambda measure: measure.value)

    @property
    def tpr(self) -> Measure:
        """The share of members found by the attack that finds most at few false positives."""
        return max((attack.tpr for attack in self.attacks.values()), key=lambda measure: measure.value)

    def to_dict(self) -> dict[str, Any]:
        """These figures as JSON can hold them, the strongest attack's first."""
        strongest = {"auc": asdict(self.auc), "tpr": asdict(self.tpr), "false_positives": FALSE_POSITIVES}
        return {"strongest": strongest, **asdict(self)}

    @classmethod
    def from_dict(cls, content: Mapping[str, Any]) -> "Membership":
        """The figures that `to_dict` turned into `content`."""
        attacks = {
            name: Attack(Measure(**each["auc"]), float(each["advantage"]), Measure(**each["tpr"]))
            for name, each in content["attacks"].items()
        }
        return cls(int(content["members"]), int(content["others"]), attacks)


def signals(true: Integers, probabilities: Floats, reference: Floats | None = None) -> dict[str, Floats]:
    """Scores (rows,) by attack, from the classes `true` (rows,) and the model's `probabilities` (rows, labels).

    loss: its negative (Yeom et al. 2018). confidence: the negative entropy of the prediction, for which the answer
    need not be known. modified_entropy: both at once (Song & Mittal 2021, arXiv 2003.10595). margin: log-odds of the
    true class against the best other one (after Carlini et al. 2022). difficulty: the loss under a `reference` (rows,)
    minus the own one (Watson et al. 2022, arXiv 2111.08440); here the reference is the baseline, which has seen the
    same rows, so that this attack is weaker than with a reference of the attacker's own.
    """
    kept = np.clip(probabilities, SMALLEST, 1 - SMALLEST)
    rows = np.arange(true.size)
    given = kept[rows, true]
    rest = kept.copy()
    rest[rows, true] = SMALLEST
    own = -np.log(given)
    found: dict[str, Floats] = {
        "loss": -own,
        "confidence": (kept * np.log(kept)).sum(axis=1),
        "modified_entropy": (1 - given) * np.log(given) + (rest * np.log1p(-rest)).sum(axis=1),
        "margin": np.log(given) - np.log(rest.max(axis=1)),
    }
    return found if reference is None else {**found, "difficulty": reference - own}


def losses(true: Integers, probabilities: Floats) -> Floats:
    """The negative logarithm of what each row's class was given: (rows,), in nats."""
    given: Floats = probabilities[np.arange(true.size), true]
    return np.asarray(-np.log(np.clip(given, SMALLEST, 1.0)), dtype=np.float64)


def attack(
    members: Mapping[str, Floats], others: Mapping[str, Floats], of_members: Integers, of_others: Integers
) -> Membership:
    """Measure every attack whose scores both sides have, and class_loss: one threshold on the loss per class.

    `of_members` (m,) and `of_others` (n,) are the rows' classes. Thresholds per class are those of Song & Mittal
    2021: each loss becomes its rank among all rows of its class, members or not, which an attacker has too.
    """
    split = of_members.size
    ranks = _ranks_within(np.concatenate([of_members, of_others]), np.concatenate([members["loss"], others["loss"]]))
    ours = {**members, "class_loss": ranks[:split]}
    theirs = {**others, "class_loss": ranks[split:]}
    found = {name: tell_apart(ours[name], theirs[name]) for name in ours if name in theirs}
    return Membership(split, of_others.size, found)


def tell_apart(members: Floats, others: Floats) -> Attack:
    """How well thresholds on scores tell `members` (m,) from `others` (n,)."""
    false, true = curve(members, others)
    return Attack(area(members, others), float((true - false).max()), found_at(members, others))


def curve(members: Floats, others: Floats) -> tuple[Floats, Floats]:
    """False and true positive rates over all thresholds, rising, from (0, 0) to (1, 1); equal scores are one step."""
    scores = np.concatenate([members, others])
    order = np.argsort(-scores, kind="stable")
    last = np.append(np.diff(scores[order]) != 0, True)
    hit = (order < members.size).astype(np.float64)
    true = np.cumsum(hit)[last] / members.size
    false = np.cumsum(1 - hit)[last] / others.size
    return np.concatenate([[0.0], false]), np.concatenate([[0.0], true])


def area(members: Floats, others: Floats) -> Measure:
    """The area under the ROC curve with a 95 % interval (DeLong et al. 1988, by midranks as Sun & Xu 2014).

    Where every member scores above every other row the variance, and with it the interval, is zero.
    """
    m, n = members.size, others.size
    together = midranks(np.concatenate([members, others]))
    over_others = (together[:m] - midranks(members)) / n
    under_members = 1 - (together[m:] - midranks(others)) / m
    value = float(over_others.mean())
    spread = QUANTILE * np.sqrt(_variance(over_others) / m + _variance(under_members) / n)
    return Measure(value, float(max(0.0, value - spread)), float(min(1.0, value + spread)))


def midranks(values: Floats) -> Floats:
    """The rank of each value, from 1; equal values share the mean of theirs."""
    _, place, counts = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    return np.asarray((last - (counts - 1) / 2)[place], dtype=np.float64)


def found_at(members: Floats, others: Floats, rate: float = FALSE_POSITIVES) -> Measure:
    """The share of members above the threshold that at most `rate` of the others pass, with a 95 % interval.

    The interval is Wilson's (1927) for the members, taken at the thresholds between which the true one lies: the
    order statistics that bound a binomial count of others. Below 1 / rate others no threshold is known to hold, and
    the low end is 0.
    """
    falling = np.sort(others)[::-1]
    allowed, spread = rate * others.size, QUANTILE * np.sqrt(others.size * rate * (1 - rate))
    value = _share_above(members, falling, np.floor(allowed + 1e-9))
    strict = _share_above(members, falling, np.floor(allowed - spread))
    loose = _share_above(members, falling, np.ceil(allowed + spread))
    return Measure(value, wilson(strict, members.size)[0], wilson(loose, members.size)[1])


def wilson(share: float, rows: int) -> tuple[float, float]:
    """The 95 % score interval of a share that was counted on so many `rows` (Wilson 1927)."""
    squared = QUANTILE**2 / rows
    middle = (share + squared / 2) / (1 + squared)
    spread = QUANTILE * np.sqrt(share * (1 - share) / rows + squared / (4 * rows)) / (1 + squared)
    low, high = float(middle - spread), float(middle + spread)
    return (0.0 if share == 0 else max(0.0, low)), (1.0 if share == 1 else min(1.0, high))


def _share_above(members: Floats, falling: Floats, allowed: float) -> float:
    """The share of members above the others, so many `allowed` ones aside; none where that is negative."""
    if allowed < 0:
        return 0.0
    return 1.0 if allowed >= falling.size else float((members > falling[int(allowed)]).mean())


def _variance(values: Floats) -> float:
    return float(values.var(ddof=1)) if values.size > 1 else 0.0


def _ranks_within(classes: NDArray[np.int64], values: Floats) -> Floats:
    """Each value's midrank among those of its class, between 0 and 1."""
    ranks = np.zeros(values.size)
    for each in np.unique(classes):
        of = classes == each
        ranks[of] = midranks(values[of]) / (of.sum() + 1)
    return ranks
