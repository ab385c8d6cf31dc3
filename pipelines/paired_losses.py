"""Two models on the same rows, by how wrong each is on each row: how much smaller are our errors, and was it chance.

The rows are drawn again for both at once: what makes a row hard for both speaks for neither.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipelines.bootstrap import Floats, Integers, Measure, measure_of, resampled_weights
from pipelines.errors import DataError
from pipelines.paired import Figures, figures_of, told
from pipelines.people import count_of, design_effect, permuted, sums_of

DRAWS = 2000


@dataclass(frozen=True)
class PairedLosses:
    """Our losses against theirs on the same `rows` rows: the `difference` is the share of their loss that we save.

    It has a 95 % interval by a bootstrap of the rows; `floor` is its lower bound with 95 % confidence on that side
    alone. `p_value` is two-sided, of a permutation that changes the two models' places row by row. `variance` is that
    of a row's difference, in units of their mean loss. `name` says what is lost. Where somebody has several rows,
    whole `people` are drawn and change places, so many; else there are 0.
    """

    rows: int
    ours: float
    theirs: float
    difference: Measure
    floor: float
    p_value: float
    variance: float
    name: str
    people: int = 0

    @property
    def unit(self) -> str:
        """What a difference is a share of."""
        return f" % of the {self.name}"

    def __str__(self) -> str:
        """The comparison in words: share of the loss that is saved, 95 % interval, p-value, rows."""
        return told(self, f" % of the {self.name} saved")

    def figures(self) -> Figures:
        """The comparison's numbers under flat names, differences as shares."""
        return {
            "rows": self.rows,
            "loss": self.name,
            "ours": self.ours,
            "theirs": self.theirs,
            **figures_of(self),
        }


def paired_losses(
    ours: Floats,
    theirs: Floats,
    name: str,
    people: Integers | None = None,
    *,
    draws: int = DRAWS,
    seed: int = 0,
) -> PairedLosses:
    """Compare two models by their losses (rows,) on the same rows, of `people` (rows,) if some have several.

    Raises DataError if the losses do not align.
    """
    if ours.size == 0 or ours.shape != theirs.shape:
        raise DataError(
            f"gates: {ours.size} of our losses and {theirs.size} of theirs.",
            "Expected both models' answers to the same rows, at least one.",
            "ask both models about the current test rows, then compare.",
        )
    rng = np.random.default_rng(seed)
    both = np.stack([ours, theirs], axis=1)
    drawn = np.concatenate([_saved(weights @ both) for weights in resampled_weights(ours.size, draws, rng, people)])
    mean = float(theirs.mean()) or 1.0
    return PairedLosses(
        rows=int(ours.size),
        ours=float(ours.mean()),
        theirs=float(theirs.mean()),
        difference=measure_of(float(_saved(both.sum(axis=0, keepdims=True))[0]), drawn),
        floor=float(np.quantile(drawn, 0.05)),
        p_value=permuted(sums_of(theirs - ours, people), draws, rng),
        variance=float(np.var((theirs - ours) / mean)) * design_effect(theirs - ours, people),
        name=name,
        people=count_of(people),
    )


def _saved(sums: Floats) -> Floats:
    """The share of their loss that we save, from sums (draws, 2); where they lose nothing, we can only lose as much."""
    ours, theirs = sums.T
    lost = np.where(ours > 0, -1.0, 0.0)
    saved: Floats = np.divide(theirs - ours, theirs, out=lost, where=theirs > 0)
    return saved


def losses_in(predicted: NDArray[np.float64], true: NDArray[np.float64], *, squared: bool) -> Floats:
    """The errors of `predicted` (rows,) beside `true` (rows,): squared, or as they are."""
    away = np.abs(predicted - true)
    return np.asarray(np.square(away) if squared else away, dtype=np.float64)
