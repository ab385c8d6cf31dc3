"""Columns that tell the label by themselves: what is known only after the answer, and a text that holds its label.

A column's worth is the share of the label's entropy that it takes away on rows which were not looked at to learn it
(Theil's uncertainty coefficient, held out): 0 for noise, 1 where the column is the label by another name.
"""

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipelines.checks.finding import Finding, Threshold, grade
from pipelines.checks.gathered import Gathered
from pipelines.record import Column, Record
from pipelines.spelling import normal

FEWEST = 100
LEVELS = 64
# A leak takes away more than this, and so many times as much as the next best column.
SUSPECT, AHEAD = 0.5, 2.0


def telling_columns(seen: Gathered, threshold: Threshold) -> list[Finding]:
    """The columns that predict the label alone, far better than the others do."""
    label = seen.record.with_role("label")
    rows = seen.sample.filter(pl.col(label.name).is_not_null()) if label and seen.sample.width else seen.sample
    if label is None or rows.height < FEWEST:
        return []
    labels = _codes(rows, seen.record)
    worth = {c.name: held_out_worth(levels(rows[c.name], c), labels) for c in _asked(seen.record)}
    if seen.record.text is not None and seen.record.has_classes:
        worth[f"{seen.record.text.name} naming its label"] = held_out_worth(_names_label(rows, seen.record), labels)
    ranked = sorted(worth.values(), reverse=True)
    return [
        _leak(name, found, seen.record, rows.height, threshold)
        for name, found in worth.items()
        if found >= SUSPECT and found >= AHEAD * max([other for other in ranked if other < SUSPECT], default=0.0)
    ]


def held_out_worth(level: NDArray[np.int64], labels: NDArray[np.int64]) -> float:
    """The share of the labels' entropy that `level` takes away on one half of the rows, learnt on the other.

    Shares per level are smoothed towards those of all rows by one row's weight.
    """
    learnt = np.arange(len(labels)) % 2 == 0
    classes, count = int(labels.max()) + 1, int(level.max()) + 1
    base = (np.bincount(labels[learnt], minlength=classes) + 1) / (learnt.sum() + classes)
    table = np.zeros((count, classes))
    np.add.at(table, (level[learnt], labels[learnt]), 1.0)
    shares = (table + base) / (table.sum(axis=1, keepdims=True) + 1)
    asked = ~learnt
    entropy = -np.log(base[labels[asked]]).mean()
    left = -np.log(shares[level[asked], labels[asked]]).mean()
    return max(0.0, float(1 - left / entropy)) if entropy > 0 else 0.0


def levels(values: pl.Series, column: Column) -> NDArray[np.int64]:
    """Each value as one of a few levels: bins of equally many rows, or the commonest values; missing is another."""
    if column.is_numeric or column.type == "time":
        numbers = values.cast(pl.Float64) if column.is_numeric else values.cast(pl.Int64).cast(pl.Float64)
        array = numbers.to_numpy().astype(np.float64)
        held = array[~np.isnan(array)]
        edges = np.unique(np.quantile(held, np.linspace(0, 1, LEVELS)[1:-1])) if len(held) else np.zeros(0)
        # From both sides of an edge, so that a value that is itself an edge has a level of its own.
        found = np.searchsorted(edges, array, "left") + np.searchsorted(edges, array, "right")
        return np.where(np.isnan(array), 2 * len(edges) + 1, found).astype(np.int64)
    texts = values.cast(pl.String)
    known = texts.drop_nulls().value_counts(sort=True).head(LEVELS * 4).to_series().to_list()
    places = {value: place + 2 for place, value in enumerate(known)}
    return np.array([0 if text is None else places.get(text, 1) for text in texts], dtype=np.int64)


def _asked(record: Record) -> list[Column]:
    """All columns but the label and what is no knowledge about the row; those of free text are read for names only."""
    return [c for c in record.columns if c.role not in ("label", "text", "subject", "split", "consent")]


def _codes(rows: pl.DataFrame, record: Record) -> NDArray[np.int64]:
    if not record.has_classes:
        return tenths(rows[record.label.name])
    texts = rows[record.label.name].cast(pl.String).to_numpy()
    return np.asarray(np.unique(texts, return_inverse=True)[1], dtype=np.int64)


def tenths(numbers: pl.Series) -> NDArray[np.int64]:
    """The tenth of the numbers that each is in: what a column tells of it, it tells of the number."""
    array = numbers.cast(pl.Float64).to_numpy().astype(np.float64)
    return np.searchsorted(np.unique(np.quantile(array, np.linspace(0, 1, 11)[1:-1])), array).astype(np.int64)


def _names_label(rows: pl.DataFrame, record: Record) -> NDArray[np.int64]:
    """Which label alone stands as a word in each text; 0 where none does, or several do."""
    known = sorted(set(rows[record.label.name].cast(pl.String).drop_nulls()))
    names = {normal(label): place + 1 for place, label in enumerate(known)}
    found = []
    for text in rows[record.text.name] if record.text else []:
        words = set(normal(text or "").split())
        named = {place for name, place in names.items() if name in words}
        found.append(named.pop() if len(named) == 1 else 0)
    return np.array(found, dtype=np.int64)


def _leak(name: str, worth: float, record: Record, rows: int, threshold: Threshold) -> Finding:
    read = {column.name for column in record.features} | {f"{record.text.name} naming its label" if record.text else ""}
    used = name in read
    meaning = f"On rows held out it takes away {worth:.0%} of what is unknown about the label, all by itself. "
    meaning += (
        "The model reads it. If it is only known once the answer is, the model will fail in use."
        if used
        else "The model does not read it, so nothing leaks; keep it so."
    )
    mend = f"ask when {name} is known; if later than the prediction, take `role: feature` away." if used else "nothing."
    severity = grade(worth, threshold) if used else "info"
    return Finding(
        "telling_column",
        f"{name} tells the label alone",
        rows,
        rows,
        worth,
        severity,
        meaning,
        mend,
        (),
        {"worth": worth},
    )
