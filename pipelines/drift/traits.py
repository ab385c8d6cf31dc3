"""Rows -> traits: what is watched of each column, as counts per bin.

A number has bins of equally many rows of the champion's training data, a category its names, a text four traits: its
length, how much of it is Chinese, how many of its words the training data lacked, and which pieces of words it holds.
"""

import itertools
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipelines.drift.effects import Floats
from pipelines.grams import Grams, spaceless_share, words
from pipelines.record import Column, Record

Kind = Literal["number", "category", "pieces"]
BINS = 20
# A category, or a word, that fewer rows share is not named, nor kept as a hash.
SHARED = 5
NAMES = 100
PIECES = 512
VOCABULARY = 1 << 17
OTHER = "other"
UNKNOWN = ": unknown words"
BLOCK = 2_000_000

Values = NDArray[np.float64] | pl.Series | Grams
Subjects = NDArray[np.int64] | None


@dataclass(frozen=True)
class Trait:
    """One thing that is watched: how many rows fall into each of its bins; the last one counts missing values.

    `edges` part the bins of a number, `names` are those of a category (the last but one is all others). `design` says
    how much less these rows tell than as many rows of different people would (see `clustering`).
    """

    kind: Kind
    rows: int
    counts: tuple[int, ...]
    edges: tuple[float, ...] = ()
    names: tuple[str, ...] = ()
    design: float = 1.0

    def again(self, values: Values, subjects: Subjects = None) -> "Trait":
        """The same trait of other rows, over the same bins."""
        if isinstance(values, Grams):
            owners, bins, rows = values.owners, values.hashes.astype(np.int64), len(values.starts) - 1
            size = PIECES
        else:
            bins = self._places(values)
            owners, rows, size = np.arange(len(bins)), len(bins), self._size
        counts = np.bincount(bins, minlength=size)
        design = 1.0 if subjects is None else clustering(bins, subjects[owners], counts, subjects)
        kind: Kind = "pieces" if isinstance(values, Grams) else self.kind
        return Trait(kind, rows, tuple(counts.tolist()), self.edges, self.names, design)

    @property
    def array(self) -> Floats:
        """The counts, as if every row were another person's: what tests and corrections reckon with."""
        return np.array(self.counts, dtype=np.float64) / self.design

    @property
    def weight(self) -> float:
        """How many rows of different people tell as much."""
        return self.rows / self.design

    def to_dict(self) -> dict[str, Any]:
        """The trait as JSON holds it."""
        return asdict(self)

    @property
    def _size(self) -> int:
        return len(self.names) + 2 if self.kind == "category" else len(self.edges) + 2

    def _places(self, values: NDArray[np.float64] | pl.Series) -> NDArray[np.int64]:
        """The bin of each value."""
        if isinstance(values, pl.Series):
            places = {name: place for place, name in enumerate(self.names)}
            known = values.replace_strict(places, default=len(self.names), return_dtype=pl.Int64)
            missing = pl.when(values.is_null()).then(len(self.names) + 1).otherwise(known)
            return pl.select(missing).to_series().to_numpy().astype(np.int64)
        places_of = np.searchsorted(np.array(self.edges), values, side="left")
        return np.where(np.isnan(values), len(self.edges) + 1, places_of).astype(np.int64)


def clustering(
    bins: NDArray[np.int64], owners: NDArray[np.int64], counts: NDArray[np.int64], subjects: NDArray[np.int64]
) -> float:
    """The design effect of rows that several share a subject: how much their shares vary, against as many strangers'.

    The mean over all bins, as Rao and Scott (1984) correct a chi-square: 1 where everybody has one row, the number of
    rows of each where all rows of a person are alike. `owners` are the subjects of `bins`, `subjects` those of rows.
    """
    rows = len(subjects)
    if rows == 0:
        return 1.0
    size = np.bincount(subjects)
    pairs, cell = np.unique(owners * len(counts) + bins, return_counts=True)
    bin_of, weight = pairs % len(counts), size[pairs // len(counts)]
    squares = np.bincount(bin_of, weights=cell.astype(np.float64) ** 2, minlength=len(counts))
    cross = np.bincount(bin_of, weights=cell.astype(np.float64) * weight, minlength=len(counts))
    share = counts / rows
    clustered = squares - 2 * share * cross + share**2 * float((size.astype(np.float64) ** 2).sum())
    strangers = rows * share * (1 - share)
    return max(1.0, float(clustered.sum() / strangers.sum())) if strangers.sum() > 0 else 1.0


def trait_of(values: Values, subjects: Subjects = None) -> Trait:
    """The trait that `values` define: their bins are made so that each holds many rows."""
    if isinstance(values, Grams):
        return Trait("pieces", 0, ()).again(values, subjects)
    if isinstance(values, pl.Series):
        counted = values.drop_nulls().value_counts(sort=True).filter(pl.col("count") >= SHARED).head(NAMES)
        names = sorted(counted.to_series().to_list())
        return Trait("category", 0, (), names=tuple(names)).again(values, subjects)
    held = values[~np.isnan(values)]
    edges = np.unique(np.quantile(held, np.linspace(0, 1, BINS + 1)[1:-1])) if len(held) else np.zeros(0)
    if len(edges) == 1 and (held == edges[0]).all():
        edges = np.array([np.nextafter(edges[0], -np.inf), edges[0]])  # one value: what moves lies on either side
    return Trait("number", 0, (), edges=tuple(edges.tolist())).again(values, subjects)


def subjects_of(rows: pl.DataFrame) -> Subjects:
    """A number for the person behind each row; None where nobody is named."""
    if "subject" not in rows.columns:
        return None
    return np.asarray(np.unique(rows["subject"].to_numpy(), return_inverse=True)[1], dtype=np.int64)


def watched(rows: pl.DataFrame, record: Record) -> list[Column]:
    """The columns that are watched: what the model reads, what it answers, and what else is left of the record.

    Cells that the anonymiser generalised are not: their classes are cut anew whenever rows come in.
    """
    apart = ("subject", "time", "split", "consent")
    return [
        column
        for column in record.columns
        if column.role not in apart and column.name in rows.columns and not rows.schema[column.name].is_nested()
    ]


def values_of(rows: pl.DataFrame, record: Record, vocabulary: NDArray[np.bool_]) -> dict[str, Any]:
    """The values behind each trait of `rows`, by the trait's name."""
    found: dict[str, Any] = {}
    for column in watched(rows, record):
        cells = rows[column.name]
        if column.role == "text" or (column.type == "text" and column.privacy == "free_text"):
            # Words are known or not to what the model reads; of another text nobody has counted them.
            known = vocabulary if column.role == "text" else vocabulary[:0]
            found |= _of_text(column.name, cells.fill_null("").to_list(), known)
        elif column.is_numeric and cells.dtype.is_numeric():
            found[column.name] = cells.cast(pl.Float64).to_numpy().astype(np.float64)
        elif column.type != "time":
            found[column.name] = cells.cast(pl.String)
    return found


def vocabulary_of(texts: Sequence[str]) -> NDArray[np.bool_]:
    """Which hashes are of words that several of the texts hold: (VOCABULARY,)."""
    counts = np.zeros(VOCABULARY, dtype=np.int64)
    for grams in _blocks(texts):
        pairs = np.sort((grams.owners << 17) | (grams.hashes % VOCABULARY).astype(np.int64))
        first = np.r_[True, pairs[1:] != pairs[:-1]][: len(pairs)]
        counts += np.bincount(pairs[first] & (VOCABULARY - 1), minlength=VOCABULARY)
    return np.asarray(counts >= SHARED, dtype=np.bool_)


def _of_text(name: str, texts: list[str], vocabulary: NDArray[np.bool_]) -> dict[str, Any]:
    blocks = _blocks(texts)
    found: dict[str, Any] = {
        f"{name}: length": np.array([float(len(text)) for text in texts]),
        f"{name}: Chinese characters": np.round(spaceless_share(texts), 2),
        f"{name}: pieces of words": _joined([_pieces(grams) for grams in blocks]),
    }
    if vocabulary.any():
        strange = [_strange(grams, vocabulary) for grams in blocks]
        found[f"{name}{UNKNOWN}"] = np.concatenate([*strange, np.zeros(0)])
    return found


def _strange(grams: Grams, vocabulary: NDArray[np.bool_]) -> NDArray[np.float64]:
    """The share of unknown words in each text, in steps; missing where it has no words."""
    unknown = ~vocabulary[(grams.hashes % VOCABULARY).astype(np.int64)]
    sizes = grams.sizes
    counts = np.bincount(grams.owners, weights=unknown, minlength=len(sizes))
    return np.where(sizes > 0, np.round(counts / np.maximum(sizes, 1), 3), np.nan)


def _pieces(grams: Grams) -> Grams:
    """The pieces of each text, each once: words in `PIECES` classes by hash."""
    classes = (grams.hashes >> np.uint64(40)).astype(np.int64) % PIECES
    pairs = np.sort(grams.owners * PIECES + classes)
    pairs = pairs[np.r_[True, pairs[1:] != pairs[:-1]][: len(pairs)]]
    sizes = np.bincount(pairs // PIECES, minlength=len(grams.sizes))
    return Grams((pairs % PIECES).astype(np.uint64), np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64))


def _joined(parts: list[Grams]) -> Grams:
    sizes = np.concatenate([part.sizes for part in parts])
    hashes = np.concatenate([part.hashes for part in parts])
    return Grams(hashes, np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64))


def _blocks(texts: Sequence[str]) -> list[Grams]:
    """The words of the texts, a few million characters at a time."""
    ends = np.cumsum([len(text) for text in texts]) // BLOCK
    cuts = [0, *(np.flatnonzero(np.diff(ends)) + 1).tolist(), len(texts)]
    return [words([text.casefold() for text in texts[i:j]]) for i, j in itertools.pairwise(cuts)]
