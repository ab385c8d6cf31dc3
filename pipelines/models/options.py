"""What can be chosen for each family; a section of `train` in params.yaml each. No heavy import here."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Linear:
    """TF-IDF of word and Han-character n-grams (or a table's columns) + logistic regression."""

    words: int = 2
    characters: int = 3
    terms: int = 200_000
    c: float = 10.0  # inverse strength of the L2 penalty; tables want 1.0


@dataclass(frozen=True)
class Lstm:
    """Embedding, LSTM, dense."""

    vocabulary: int = 20_000
    length: int = 128
    embedding: int = 64
    units: int = 64
    dropout: float = 0.4


@dataclass(frozen=True)
class Mlp:
    """Dense layers over a table's columns."""

    layers: tuple[int, ...] = (128, 64)
    dropout: float = 0.2
