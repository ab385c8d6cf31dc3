"""Rows -> traits: what is watched of each column, as counts per bin.

A number has bins of equally many rows of the champion's training data, a category its names, a text four traits: its
length, how much of it is Chinese, how many of its words the training data lacked, and which pieces of words it holds.
"""

import itertools
from collections.abc import Mapping, Sequence
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
BLOCK = 2_000_000

Values = Mapping[str, NDArray[np.float64] | pl.Series | Grams]


@dataclass(frozen=True)
class Trait:
    """One thing that is watched: how many rows fall into each of its bins; the last one counts missing values.

    `edges` part the bins of a number, `names` are those of a category (the last but one is all others).
    """

    kind: Kind
    rows: int
    counts: tuple[int, ...]
    edges: tuple[float, ...] = ()
    names: tuple[str, ...] = ()

    def again(self, values: NDArray[np.float64] | pl.Series | Grams) -> "Trait":
        """The same trait of other rows, over the same bins."""
        if isinstance(values, Grams):
            return Trait("pieces", len(values.starts) - 1, _document_counts(values))
        if isinstance(values, pl.Series):
            return Trait("category", values.len(), _named(values, self.names), names=self.names)
        return Trait("number", len(values), _binned(values, np.array(self.edges)), edges=self.edges)

    @property
    def array(self) -> Floats:
        """The counts."""
        return np.array(self.counts, dtype=np.float64)

    def to_dict(self) -> dict[str, Any]:
        """The trait as JSON holds it."""
        return asdict(self)


def trait_of(values: NDArray[np.float64] | pl.Series | Grams) -> Trait:
    """The trait that `values` define: their bins are made so that each holds many rows."""
    if isinstance(values, Grams):
        return Trait("pieces", 0, ()).again(values)
    if isinstance(values, pl.Series):
        counted = values.drop_nulls().value_counts(sort=True).filter(pl.col("count") >= SHARED).head(NAMES)
        names = sorted(counted.to_series().to_list())
        return Trait("category", 0, (), names=tuple(names)).again(values)
    held = values[~np.isnan(values)]
    edges = np.unique(np.quantile(held, np.linspace(0, 1, BINS + 1)[1:-1])) if len(held) else np.zeros(0)
    edges = edges[edges < held.max()] if len(held) else edges  # nothing lies beyond the last one
    return Trait("number", 0, (), edges=tuple(edges.tolist())).again(values)


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
            found |= _of_text(column.name, cells.fill_null("").to_list(), vocabulary)
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
    strange = [_strange(grams, vocabulary) for grams in blocks]
    found: dict[str, Any] = {
        f"{name}: length": np.array([float(len(text)) for text in texts]),
        f"{name}: Chinese characters": np.round(spaceless_share(texts), 2),
        f"{name}: pieces of words": _joined([_pieces(grams) for grams in blocks]),
    }
    if vocabulary.any():
        found[f"{name}: unknown words"] = np.concatenate([*strange, np.zeros(0)])
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


def _document_counts(grams: Grams) -> tuple[int, ...]:
    return tuple(np.bincount(grams.hashes.astype(np.int64), minlength=PIECES).tolist())


def _named(values: pl.Series, names: tuple[str, ...]) -> tuple[int, ...]:
    counted = dict(values.value_counts().iter_rows())
    missing = int(counted.pop(None, 0))
    known = [int(counted.get(name, 0)) for name in names]
    return (*known, values.len() - missing - sum(known), missing)


def _binned(values: NDArray[np.float64], edges: NDArray[np.float64]) -> tuple[int, ...]:
    missing = np.isnan(values)
    places = np.searchsorted(edges, values[~missing], side="left")
    return (*np.bincount(places, minlength=len(edges) + 1).tolist(), int(missing.sum()))
