"""What can be chosen for each family; a section of `train` in params.yaml each. No heavy import here."""

from dataclasses import dataclass
from typing import Literal


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


@dataclass(frozen=True)
class Privacy:
    """Differential privacy: what is promised to each unit in the training rows, and how a step keeps it."""

    epsilon: float = 3.0
    delta: float = 1e-5
    clip: float = 1.0  # a unit's gradient is no longer than this
    unit: Literal["subject", "example"] = "subject"
    rows: int = 4  # the most that one subject may teach by
    budget: float | None = None  # over all trainings on the data set; one training of this epsilon where left out


@dataclass(frozen=True)
class Ngrams:
    """N-grams of words and of characters, scaled by log-count ratios + logistic regression."""

    words: int = 3
    letters: int = 5  # the longest run of characters within a word; 0: none
    skips: int = 1  # the most words left out between the two of a pair
    terms: int = 500_000
    least: int = 2  # texts that hold an n-gram
    presence: bool = False  # an n-gram counts once, in place of its TF-IDF weight; such a model wants a `c` below 1
    smoothing: float = 0.3  # of the counts that the ratios are of
    c: float = 10.0  # inverse strength of the L2 penalty


@dataclass(frozen=True)
class Boosting:
    """Gradient-boosted trees over a table's columns, stopped early on the validation rows."""

    trees: int = 1000  # at most
    learning_rate: float = 0.06
    leaves: int = 16
    rows: int = 20  # in a leaf, at least
    l2: float = 1.0
    columns: float = 0.3  # the share of columns that a split chooses from
    patience: int = 30


Measured = Literal["accuracy", "macro_f1", "roc_auc", "log_loss"]


@dataclass(frozen=True)
class Member:
    """One model of an ensemble: the one family that is named, and its options."""

    linear: Linear | None = None
    mlp: Mlp | None = None
    lstm: Lstm | None = None
    ngrams: Ngrams | None = None
    boosting: Boosting | None = None


@dataclass(frozen=True)
class Auto:
    """The best model that a search finds, or the average of the best; with `members`, of those, and nothing is sought.

    The search ends after `trials`, or after `minutes` where these are over first.
    """

    measure: Measured = "accuracy"
    trials: int = 24
    minutes: float = 15.0
    folds: int = 4
    by: Literal["record", "label", "subject", "time"] = "record"  # what folds are cut by
    most: int = 4  # models in the ensemble; 1: none
    student: str = ""  # a family that learns from the ensemble, and is the model in its place
    families: tuple[str, ...] = ()  # those that are trained in seconds where none is named
    members: tuple[Member, ...] = ()
