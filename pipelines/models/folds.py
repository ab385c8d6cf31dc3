"""Which rows are asked while the others teach: each label shared out evenly, no subject on both sides, or by time."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from pipelines.models import Part, Problem

Places = NDArray[np.int64]
By = Literal["label", "subject", "time"]
# By time, the rows before this share only teach.
FIRST = 0.5
# One fold is one of so many: the rows of the others only teach.
OF = 4


def folds(problem: Problem, pool: Part, count: int, by: By) -> list[tuple[Places, Places]]:
    """`count` pairs of rows of `pool` that teach and rows that are asked; the same for the same seed.

    By time, `pool` stands in its order: the asked rows are later than those that teach. A single fold is a quarter of
    the rows, or by time the later half.
    """
    if count == 1 and by != "time":
        return folds(problem, pool, OF, by)[:1]
    rows = len(pool.labels)
    if by == "time":
        edges = np.linspace(rows * FIRST, rows, count + 1).astype(np.int64)
        return [(np.arange(start), np.arange(start, end)) for start, end in pairwise(edges)]
    fold = _by_subject(pool, count, problem.seed) if by == "subject" else _by_label(pool.labels, count, problem.seed)
    return [(np.flatnonzero(fold != each), np.flatnonzero(fold == each)) for each in range(count)]


def _by_label(labels: Places, count: int, seed: int) -> Places:
    order = np.random.default_rng(seed).permutation(len(labels))
    order = order[np.argsort(labels[order], kind="stable")]
    fold = np.empty(len(labels), dtype=np.int64)
    fold[order] = np.arange(len(labels)) % count
    return fold


def _by_subject(pool: Part, count: int, seed: int) -> Places:
    """The subjects with most rows first, each into the fold that has fewest rows so far."""
    names, places, sizes = np.unique(np.array(pool.subjects), return_inverse=True, return_counts=True)
    order = np.random.default_rng(seed).permutation(len(names))
    order = order[np.argsort(-sizes[order], kind="stable")]
    held, of = np.zeros(count, dtype=np.int64), np.empty(len(names), dtype=np.int64)
    for name in order:
        of[name] = held.argmin()
        held[of[name]] += sizes[name]
    return of[places]


def chosen(pool: Part, rows: Places) -> Part:
    """`rows` of `pool`."""
    columns = {name: [values[row] for row in rows] for name, values in pool.columns.items()}
    subjects = tuple(pool.subjects[row] for row in rows) if pool.subjects else ()
    times = tuple(pool.times[row] for row in rows) if pool.times else ()
    return Part(columns, pool.labels[rows], subjects, times)


def joined(parts: Sequence[Part]) -> Part:
    """The rows of all `parts` in their order."""
    columns = {name: [cell for part in parts for cell in part.columns[name]] for name in parts[0].columns}
    subjects = tuple(name for part in parts for name in part.subjects)
    times = tuple(at for part in parts for at in part.times)
    return Part(columns, np.concatenate([part.labels for part in parts]), subjects, times)


def in_time(pool: Part) -> Part:
    """The rows of `pool` by their times, where they have any: else they stand in order as they are."""
    if not pool.times:
        return pool
    # A row whose time is missing may be as late as any.
    order = sorted(range(len(pool.times)), key=lambda row: (pool.times[row] is None, pool.times[row] or 0))
    return chosen(pool, np.array(order, dtype=np.int64))


def held_out(problem: Problem, pool: Part, share: float, by: By) -> Problem:
    """`problem` with `pool` to learn from, a `share` of which is its validation part: the last rows, or any."""
    teach, ask = apart(problem, pool, share, by)
    return replace(problem, train=chosen(pool, teach), valid=chosen(pool, ask))


def apart(problem: Problem, pool: Part, share: float, by: By) -> tuple[Places, Places]:
    """The rows of `pool` that teach, and a `share` that is watched: the last rows, or any."""
    if by == "time":
        end = round(len(pool.labels) * (1 - share))
        rows = np.arange(len(pool.labels))
        return rows[:end], rows[end:]
    teach, ask = folds(problem, pool, max(round(1 / share), 2), by)[0]
    if problem.has_classes:  # what has no row to learn it from cannot be watched either
        known = np.isin(pool.labels[ask], pool.labels[teach])
        teach, ask = np.concatenate([teach, ask[~known]]), ask[known]
    return teach, ask
