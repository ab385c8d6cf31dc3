"""How far two sets of counts are apart, corrected for what chance alone adds, and how likely chance alone is.

A test of many rows finds differences that matter to nobody; an effect on few rows is mostly noise. An alarm wants both.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
# Cochran's rule: below this the chi-square distribution does not describe a cell.
EXPECTED = 5.0
# A normal tail far out wants more rows than Cochran's rule.
EXPECTED_PIECES = 20.0


@dataclass(frozen=True)
class Effect:
    """How far two distributions are apart: corrected effect sizes, and the p-value of their being one."""

    psi: float
    cramers_v: float
    divergence: float
    p_value: float


def apart(before: Floats, now: Floats, *, ordered: bool) -> Effect:
    """The effect between counts over the same bins; bins with too few rows to judge are pooled.

    PSI, the population stability index, is the sum of (p - q) ln(p / q), less its mean by chance, (bins - 1)(1/n + 1/m)
    (Yurdakul and Naranjo 2020). Cramér's V is that of two halves of equal size, whatever the sizes are, corrected in
    the way of Bergsma (2013). The divergence is Jensen and Shannon's, in bits. The test is Pearson's chi-square.
    """
    from scipy.special import chdtrc

    pooled = _pooled(before, now, ordered=ordered)
    rows = pooled.sum(axis=1)
    bins = pooled.shape[1]
    if bins < 2 or (rows == 0).any():
        return Effect(0.0, 0.0, 0.0, 1.0)
    noise = (bins - 1) * float((1 / rows).sum())
    smooth = (pooled + 0.5) / (rows[:, None] + 0.5 * bins)
    psi = float(((smooth[0] - smooth[1]) * np.log(smooth[0] / smooth[1])).sum())
    shares = pooled / rows[:, None]
    balanced = float(((shares[0] - shares[1]) ** 2 / (shares[0] + shares[1])).sum()) / 2
    middle = shares.mean(axis=0)
    divergence = sum(float((share * np.log2(np.where(share > 0, share, 1) / middle)).sum()) / 2 for share in shares)
    expected = rows[:, None] * pooled.sum(axis=0) / rows.sum()
    statistic = float(((pooled - expected) ** 2 / expected).sum())
    return Effect(
        psi=max(0.0, psi - noise),
        cramers_v=float(np.sqrt(max(0.0, balanced - noise / 4))),
        divergence=max(0.0, divergence - noise / (8 * np.log(2))),
        p_value=float(chdtrc(bins - 1, statistic)),
    )


def pieces_apart(before: Floats, rows_before: float, now: Floats, rows_now: float) -> Effect:
    """The effect between how many of so many texts hold each piece: a text counts once, however long it is.

    The test takes the most different piece, by a test of two shares, times the number of pieces (Bonferroni): pieces of
    one text depend on each other, and this holds all the same. PSI is that of the pieces' shares of all pieces.
    """
    from scipy.special import ndtr

    share = (before + now) / max(rows_before + rows_now, 1)
    judged = share * min(rows_before, rows_now) >= EXPECTED_PIECES
    if not judged.any():
        return Effect(0.0, 0.0, 0.0, 1.0)
    common, first, second = share[judged], before[judged] / rows_before, now[judged] / rows_now
    spread = common * (1 - common) * (1 / rows_before + 1 / rows_now)
    furthest = float(np.max(np.abs(first - second) / np.sqrt(np.maximum(spread, 1e-12))))
    total = float(common.sum())
    moved = float(((first - second) ** 2 / common).sum()) / total
    psi = max(0.0, moved - float((spread / common).sum()) / total)
    p_value = min(1.0, float(judged.sum() * 2 * ndtr(-furthest)))
    return Effect(psi, float(np.sqrt(psi / 4)), psi / (8 * float(np.log(2))), p_value)


def kolmogorov(before: Floats, now: Floats) -> float:
    """The largest difference between the two cumulative distributions at an edge of the bins."""
    return float(np.abs(_cumulative(before) - _cumulative(now)).max(initial=0.0))


def wasserstein(before: Floats, now: Floats, edges: Floats) -> float:
    """The earth mover's distance between the outermost edges, as a share of the way from one to the other."""
    width = np.diff(edges)
    if not len(width) or width.sum() == 0:
        return 0.0
    gaps = np.abs(_cumulative(before) - _cumulative(now))[1 : len(edges)]
    return float((gaps * width).sum() / width.sum())


def _cumulative(counts: Floats) -> Floats:
    return np.asarray(np.cumsum(counts) / max(counts.sum(), 1), dtype=np.float64)


def _pooled(before: Floats, now: Floats, *, ordered: bool) -> Floats:
    """Both counts over bins that each expect `EXPECTED` rows or more on either side: others are joined."""
    both = np.stack([before, now]).astype(np.float64)
    both = both[:, both.sum(axis=0) > 0]
    if not ordered:
        both = both[:, np.argsort(both.sum(axis=0), kind="stable")]
    smaller = float(both.sum(axis=1).min()) / max(both.sum(), 1)
    groups: list[Floats] = []
    waiting = np.zeros(2)
    for cell in both.T:
        waiting = waiting + cell
        if waiting.sum() * smaller >= EXPECTED:
            groups.append(waiting)
            waiting = np.zeros(2)
    if waiting.any():
        groups = [*groups[:-1], groups[-1] + waiting] if groups else [waiting]
    return np.stack(groups, axis=1) if groups else np.zeros((2, 0))
