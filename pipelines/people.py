"""Rows of one person are no independent draws: what that takes from the certainty of a comparison.

Where nobody has two rows, nothing here is asked: the exact laws for single rows hold.
"""

from collections.abc import Iterator, Sequence
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from pipelines.bootstrap import Floats, Integers, block_sizes

DRAWS = 10_000
# Of so few sums all ways of changing signs are tried, 4,096 of them, and none is drawn.
FEW = 12


def numbered(subjects: Sequence[str] | Sequence[int] | None) -> Integers | None:
    """The number, from 0, of each row's person (rows,); None where nobody is named, or nobody has two rows."""
    if not subjects:
        return None
    names, people = np.unique(np.array(subjects), return_inverse=True)
    return None if len(names) == len(subjects) else people.astype(np.int64)


def count_of(people: Integers | None) -> int:
    """How many people these are; 0 where rows stand for themselves."""
    return 0 if people is None else len(np.unique(people))


def among(people: Integers | None, chosen: NDArray[np.bool_]) -> Integers | None:
    """The people of the `chosen` rows, numbered anew; None where none of them has two rows left."""
    return None if people is None else numbered(people[chosen].tolist())


def sums_of(gains: Floats, people: Integers | None) -> Floats:
    """The `gains` (rows,) added up by person; as they are where rows stand for themselves."""
    return gains if people is None else np.bincount(people, weights=gains).astype(np.float64)


def design_effect(gains: Floats, people: Integers | None) -> float:
    """How many times as uncertain the mean of `gains` (rows,) is as that of independent rows; 1 at least.

    The variance of the mean by sums over people, over that by rows. Counts divided by it can be treated as those of
    independent rows: Rao & Scott (1992), Biometrics 48:577-585. Without any gain nothing tells people apart.
    """
    if people is None or not gains.any():
        return 1.0
    away = gains - gains.mean()
    count, alone = count_of(people), float(np.square(away).sum())
    if count < 2 or alone <= 0:
        return len(gains) / count
    return max(1.0, count / (count - 1) * float(np.square(sums_of(away, people)).sum()) / alone)


def quantile(probability: float, people: int) -> float:
    """The normal law's quantile; of the means of a few `people` Student's t, for their spread is uncertain too."""
    if not people:
        return NormalDist().inv_cdf(probability)
    from scipy.stats import t

    return float(t.ppf(probability, max(people - 1, 1)))


def permuted(sums: Floats, draws: int, rng: np.random.Generator, *, worse: bool = False) -> float:
    """The probability of a total at least as far from zero if each of `sums` might as well have the other sign.

    Or, for `worse`, of one as far below it. Of few sums all signs are tried; else so many are drawn, and the observed
    ones count among them, so that none is ever impossible.
    """
    seen, extreme = float(sums.sum()), 0
    slack = 1e-12 * float(np.abs(sums).sum())
    for signs in _signs(sums.size, draws, rng):
        totals = signs @ sums
        extreme += int((totals <= seen + slack if worse else np.abs(totals) >= abs(seen) - slack).sum())
    return extreme / 2**sums.size if sums.size <= FEW else (extreme + 1) / (draws + 1)


def _signs(width: int, draws: int, rng: np.random.Generator) -> Iterator[Floats]:
    """Blocks (some draws, width) of signs."""
    if width <= FEW:
        bits = (np.arange(2**width)[:, np.newaxis] >> np.arange(width)) & 1
        yield np.asarray(1 - 2 * bits, dtype=np.float64)
        return
    for size in block_sizes(draws, width):
        yield np.asarray(2.0 * rng.integers(0, 2, size=(size, width), dtype=np.int8) - 1, dtype=np.float64)
