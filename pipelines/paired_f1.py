"""Two models on the same rows by macro F1: for labels of which most rows bear one, and the others matter as much.

Where one row in a hundred is a fraud, accuracy hardly moves whichever of them are found.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from pipelines.bootstrap import Floats, Integers, Measure, block_sizes, measure_of, resampled_cells
from pipelines.confusion import drawn_alone, f1_by_class, margins
from pipelines.paired import Figures, check, figures_of, told
from pipelines.people import count_of

DRAWS = 2000


@dataclass(frozen=True)
class PairedF1:
    """Our macro F1 against theirs on the same `rows` rows; differences are ours minus theirs, as shares.

    The `difference` has a 95 % interval by a bootstrap that draws the same rows for both; `floor` is its lower bound
    with 95 % confidence on that side alone. `p_value` is two-sided, of a permutation in which the two models change
    places row by row. `variance` is that of a row's share in the difference, as many rows as there are. Where somebody
    has several rows, whole `people` are drawn and change places, so many; else there are 0.
    """

    rows: int
    ours: float
    theirs: float
    difference: Measure
    floor: float
    p_value: float
    variance: float
    people: int = 0

    unit: ClassVar[str] = " points of macro F1"

    def __str__(self) -> str:
        """The comparison in words: difference in macro F1, 95 % interval, p-value, rows."""
        return told(self, self.unit)

    def figures(self) -> Figures:
        """The comparison's numbers under flat names, all of them shares."""
        return {
            "rows": self.rows,
            "measure": "macro F1",
            "ours": self.ours,
            "theirs": self.theirs,
            **figures_of(self),
        }


def paired_f1(
    true: Integers,
    ours: Integers,
    theirs: Integers,
    classes: int,
    people: Integers | None = None,
    *,
    draws: int = DRAWS,
    seed: int = 0,
) -> PairedF1:
    """Compare two predictions with the true classes, (rows,) each, of `people` (rows,) if some have several rows.

    A prediction that is none of the `classes` (-1) is wrong, and no class's. Raises DataError if the rows do not align.
    """
    check(true, ours, theirs)
    # One class more, which no row truly is and no mean counts, for what is none of them.
    cells, cell = np.unique(np.stack([true, ours % (classes + 1), theirs % (classes + 1)]), axis=1, return_inverse=True)
    cell = cell.ravel().astype(np.int64)
    counts = np.bincount(cell, minlength=cells.shape[1])
    rng = np.random.default_rng(seed)
    resampled = resampled_cells(cell, cells.shape[1], draws, rng, people)
    drawn = np.concatenate([gains(block, cells, classes) for block in resampled])
    both = np.concatenate([cells, cells[[0, 2, 1]]], axis=1)
    chanced = np.concatenate([gains(block, both, classes) for block in _exchanged(cell, counts, draws, rng, people)])
    value = float(gains(counts[np.newaxis], cells, classes)[0])
    seen = np.abs(chanced) >= abs(value) - 1e-12
    return PairedF1(
        rows=int(true.size),
        ours=_macro_f1(true, ours % (classes + 1), classes),
        theirs=_macro_f1(true, theirs % (classes + 1), classes),
        difference=measure_of(value, drawn),
        floor=float(np.quantile(drawn, 0.05)),
        p_value=float((seen.sum() + 1) / (draws + 1)),
        variance=float(np.var(drawn) * true.size),
        people=count_of(people),
    )


def gains(counts: Integers, cells: Integers, classes: int) -> Floats:
    """Our macro F1 minus theirs (draws,), from (draws, cells) counts of (true, ours, theirs) (3, cells)."""
    true, ours, theirs = cells
    there = np.bincount(true, minlength=classes) > 0
    by_us, by_them = margins(counts, true, ours, classes + 1), margins(counts, true, theirs, classes + 1)
    gain = f1_by_class(by_us)[:, :classes] - f1_by_class(by_them)[:, :classes]
    means: Floats = np.nanmean(drawn_alone(gain, by_us.actual[:, :classes], there), axis=1)
    return means


def _macro_f1(true: Integers, predicted: Integers, classes: int) -> float:
    once = np.ones((1, true.size), dtype=np.int64)
    return float(f1_by_class(margins(once, true, predicted, classes + 1))[0, :classes].mean())


def _exchanged(
    cell: Integers, counts: Integers, draws: int, rng: np.random.Generator, people: Integers | None
) -> Iterator[Integers]:
    """Yield blocks (some draws, 2 x cells) of what the cells count, and those in which the models changed places.

    Of a cell's rows each changes with a chance of one half: how many do is binomial. Of `people` all rows of one do.
    """
    if people is None:
        for size in block_sizes(draws, counts.size):
            changed = rng.binomial(counts, 0.5, size=(size, counts.size))
            yield np.concatenate([counts - changed, changed], axis=1)
        return
    for size in block_sizes(draws, max(cell.size, counts.size)):
        turned = rng.integers(0, 2, size=(size, int(people.max()) + 1))[:, people]
        order = np.argsort(cell, kind="stable")
        starts = np.searchsorted(cell[order], np.arange(counts.size))
        changed = np.add.reduceat(turned[:, order], starts, axis=1)
        yield np.concatenate([counts - changed, changed], axis=1)
