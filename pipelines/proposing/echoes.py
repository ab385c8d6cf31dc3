"""Whether a column gives the label away: known before it, or written down after it."""

from collections import Counter, defaultdict

import polars as pl

from pipelines.proposing.cells import Cells

MOST_CATEGORIES = 100
LEAK = 0.995


def tells(cells: Cells, rows: pl.DataFrame, label: str) -> bool:
    """Whether a column's value gives the label away: the commonest answer to each value is right nearly always.

    A value that one row alone has is evidence of nothing, and half the rows at least must have others beside them.
    """
    if cells.kinds > MOST_CATEGORIES or cells.filled < 0.5:
        return False
    answers: dict[object, Counter[object]] = defaultdict(Counter)
    for value, answer in zip(rows[cells.name].to_list(), rows[label].to_list(), strict=True):
        answers[value][answer] += 1
    repeated = [counts for counts in answers.values() if counts.total() > 1]
    labels: Counter[object] = sum(repeated, Counter())
    total, right = labels.total(), sum(max(counts.values()) for counts in repeated)
    return 2 * total >= rows.height > 0 and right >= LEAK * total and max(labels.values()) < 0.98 * total
