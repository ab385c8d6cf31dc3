"""How good estimates of a number are, and decisions in an order: measures with 95 % bootstrap intervals."""

import numpy as np

from pipelines.bootstrap import Floats, Integers, Measure, measure_of, resampled_cells, resampled_weights


def number_measures(
    true: Floats, found: Floats, people: Integers | None = None, *, draws: int, seed: int
) -> dict[str, Measure]:
    """Errors of `found` (rows,) beside `true` (rows,), in the label's units, and the mean's that knows no row.

    mse, rmse, mae; r2 is the share of the variance of `true` that is explained, 0 for always answering its mean.
    mean_rmse and mean_mae are the errors of that answer. r2 is absent where all of `true` are equal. With
    `people` (rows,) whole people are drawn.
    """
    away = true - true.mean()
    one = np.ones(len(true))
    rows = np.stack([one, np.square(found - true), np.abs(found - true), away, np.square(away)], axis=1)
    rng = np.random.default_rng(seed)
    once = _of_sums(rows.sum(axis=0, keepdims=True))
    blocks = [_of_sums(weights @ rows) for weights in resampled_weights(len(true), draws, rng, people)]
    drawn = {name: np.concatenate([block[name] for block in blocks]) for name in once}
    measures = {name: measure_of(float(once[name][0]), drawn[name]) for name in once if not np.isnan(once[name][0])}
    mean = {"mean_rmse": float(true.std()), "mean_mae": float(np.abs(away).mean())}
    return measures | {name: Measure(value, value, value) for name, value in mean.items()}


def _of_sums(sums: Floats) -> dict[str, Floats]:
    """The measures (draws,) from sums (draws, 5): rows, squared and absolute errors, `true` about its mean."""
    rows, squared, absolute, away, spread = sums.T
    around = spread - np.square(away) / rows
    mse = squared / rows
    r2 = 1 - np.divide(squared, around, out=np.full(len(squared), np.nan), where=around > 0)
    return {"mse": mse, "rmse": np.sqrt(mse), "mae": absolute / rows, "r2": r2}


def order_measures(
    true: Integers, predicted: Integers, people: Integers | None = None, *, draws: int, seed: int
) -> dict[str, Measure]:
    """How many steps `predicted` (rows,) is from `true` (rows,), both places in an order.

    mae: on average, in steps. quadratic_kappa: Cohen's kappa with squared steps as weights (Cohen 1968): 1 where all
    are right, 0 for any answer that ignores the row; absent where neither of the two varies. With `people`
    (rows,) whole people are drawn.
    """
    cells, cell, counts = np.unique(np.stack([true, predicted]), axis=1, return_inverse=True, return_counts=True)
    rng = np.random.default_rng(seed)
    once = _of_counts(counts[np.newaxis], cells)
    drawn_again = resampled_cells(cell.ravel(), len(counts), draws, rng, people)
    blocks = [_of_counts(block, cells) for block in drawn_again]
    drawn = {name: np.concatenate([block[name] for block in blocks]) for name in once}
    return {name: measure_of(float(once[name][0]), drawn[name]) for name in once if not np.isnan(once[name][0])}


def _of_counts(counts: Integers, cells: Integers) -> dict[str, Floats]:
    """The measures (draws,) from (draws, cells) counts of (true, predicted) (2, cells).

    The squared steps that chance would make: of two independent answers with the same shares.
    """
    true, predicted = cells
    rows = counts.sum(axis=1)
    by_chance = counts @ np.square(true) + counts @ np.square(predicted)
    by_chance = by_chance - 2 * (counts @ true) * (counts @ predicted) / rows
    steps = counts @ np.square(true - predicted)
    kappa = 1 - np.divide(steps, by_chance, out=np.full(len(rows), np.nan), where=by_chance > 0)
    return {"mae": counts @ np.abs(true - predicted) / rows, "quadratic_kappa": kappa}
