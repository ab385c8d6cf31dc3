"""What a published table keeps of its people's company, and what that cost: read from the cells, not from the classes.

A class here is all rows with equal published cells, as an attacker sees them.
"""

from dataclasses import dataclass

import numpy as np
import polars as pl

from pipelines.anonymity.requirements import Floats, Integers


@dataclass(frozen=True)
class Reached:
    """The company that the most exposed class keeps.

    k: subjects. distinct_l: different sensitive values. entropy_l: the exponential of their entropy. t: the largest
    earth mover's distance to the whole table. discernibility: the sum of squared class sizes (Bayardo & Agrawal, ICDE
    2005).
    """

    k: int
    distinct_l: int
    entropy_l: float
    t: float
    classes: int
    discernibility: int


def reached(cells: pl.DataFrame, subjects: pl.Series, sensitive: pl.Series) -> Reached:
    """The company within the published `cells` (rows, quasi-identifiers).

    `sensitive` counts by the distance of ranks where it holds numbers or times, else all values are equally far apart;
    a missing one is a value of its own.
    """
    owner = classes_of(cells)
    company = pl.DataFrame({"class": owner, "subject": subjects}).group_by("class").agg(pl.col("subject").n_unique())
    counts = _counts(owner, sensitive)
    sizes = counts.sum(axis=1, keepdims=True)
    shares, whole = counts / sizes, counts.sum(axis=0) / counts.sum()
    entropy = -(shares * np.log(np.where(shares > 0, shares, 1.0))).sum(axis=1)
    return Reached(
        k=int(company["subject"].to_numpy().min()),
        distinct_l=int((counts > 0).sum(axis=1).min()),
        entropy_l=float(np.exp(entropy.min())),
        t=float(_distances(shares - whole, ordered=is_ordered(sensitive)).max()),
        classes=len(counts),
        discernibility=int((sizes**2).sum()),
    )


def is_ordered(sensitive: pl.Series) -> bool:
    """Whether the distance between values counts."""
    return sensitive.dtype.is_numeric() or sensitive.dtype.is_temporal()


def classes_of(cells: pl.DataFrame) -> Integers:
    """The number 0, 1, … of each row's class: rows with equal cells share one."""
    columns = pl.DataFrame([cells[name].alias(f"cell {name}") for name in cells.columns]).with_row_index("row")
    members = columns.group_by(pl.exclude("row"), maintain_order=True).agg("row")["row"]
    owner = np.empty(cells.height, dtype=np.int64)
    owner[members.explode().to_numpy()] = np.repeat(np.arange(len(members)), members.list.len().to_numpy())
    return owner


def certainty_penalties(cells: pl.DataFrame, original: pl.DataFrame) -> dict[str, float]:
    """What each column of `cells` hides of `original`'s, averaged over all rows: from 0 (nothing) to 1 (everything).

    The normalised certainty penalty: an interval's width as a share of the column's range; of more than one possible
    value, their number as a share of all. Their mean over the columns is the global certainty penalty, GCP (Ghinita et
    al., VLDB 2007); it says something only beside the columns, their coding and the rows suppressed.
    """
    owner = classes_of(cells)
    return {name: _penalty(cells[name], original[name], owner) for name in cells.columns}


def _penalty(cells: pl.Series, original: pl.Series, owner: Integers) -> float:
    if not is_ordered(original):
        many = cells.list.len().to_numpy()
        return float(np.where(many > 1, many, 0).mean() / original.n_unique())
    # Halves: the distance of the two largest numbers is no number any more.
    low, high = (end.to_physical().to_numpy() / 2 for end in (cells.list.first(), cells.list.last()))
    given = original.drop_nulls().to_physical().to_numpy() / 2
    width = (high - low) / ((float(np.ptp(given)) if len(given) else 0.0) or 1.0)
    # A class of which nothing is told hides everything, unless there was nothing to tell.
    known = np.bincount(owner, weights=original.is_not_null().to_numpy()) > 0
    return float(np.where(cells.is_null().to_numpy(), known[owner], width).mean())


def _counts(owner: Integers, sensitive: pl.Series) -> Integers:
    """How many rows of each class have each sensitive value, in order, missing last: (classes, values)."""
    size = sensitive.n_unique()
    values = sensitive.rank("dense").fill_null(size).to_numpy().astype(np.int64) - 1
    return np.bincount(owner * size + values, minlength=(int(owner.max()) + 1) * size).reshape(-1, size)


def _distances(differences: Floats, *, ordered: bool) -> Floats:
    """The earth mover's distance of each class to the whole table."""
    if not ordered:
        return np.asarray(np.abs(differences).sum(axis=1) / 2)
    drift = np.cumsum(differences, axis=1)
    return np.asarray(np.abs(drift).sum(axis=1) / max(differences.shape[1] - 1, 1))
