"""One small model that an ensemble teaches: what the ensemble thinks of a row says more than the row's label."""

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from pipelines.models import Part
from pipelines.models.folds import chosen as rows_of
from pipelines.models.folds import joined

if TYPE_CHECKING:
    from numpy.typing import NDArray

# A row is shown once with its label, and so many times with one that the ensemble draws.
DRAWN = 2


def lesson(
    pool: Part,
    asked: "NDArray[np.int64]",
    answers: "NDArray[np.float64]",
    seed: int,
    teach: "NDArray[np.int64] | None" = None,
) -> Part:
    """The rows of `pool`, and behind them those `asked` again, with labels drawn from the ensemble's `answers` to them.

    Where only some rows `teach`, the others are shown in neither way: a copy of a watched row would stop nothing.

    These answers are out of fold: an ensemble that knows a row would only repeat its label. Drawing instead of weighing
    (Hinton et al. 2015) is what every family can learn from. A number is shown as it is.
    """
    shown = pool
    if teach is not None:
        known = np.isin(asked, teach)
        shown, asked, answers = rows_of(pool, teach), asked[known], answers[known]
    if answers.shape[1] == 1:
        return joined([shown, replace(rows_of(pool, asked), labels=answers[:, 0])])
    rng = np.random.default_rng(seed)
    rows = rows_of(pool, asked)
    upper = np.cumsum(answers, axis=1)
    drawn = [(rng.random((len(asked), 1)) > upper[:, :-1]).sum(axis=1).astype(np.int64) for _ in range(DRAWN)]
    return joined([shown, *(replace(rows, labels=labels) for labels in drawn)])
