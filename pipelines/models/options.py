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
    normalised: bool = False  # batch normalisation behind each layer
    l1: float = 0.0
    l2: float = 0.0
    weights: Literal["glorot_uniform", "he_normal", "lecun_normal", "orthogonal"] = "glorot_uniform"  # to begin with


@dataclass(frozen=True)
class Nbsvm:
    """Presence of word and Han-character n-grams, scaled by log-count ratios + support vector machine."""

    words: int = 2
    characters: int = 3
    terms: int = 500_000
    c: float = 1.0  # inverse strength of the L2 penalty
    beta: float = 0.25  # how far two labels are told apart by the machine, not by the ratios alone


@dataclass(frozen=True)
class Cnn:
    """Embedding, convolutions of several widths, their maxima over a text, dense."""

    vocabulary: int = 20_000
    length: int = 400
    embedding: int = 128
    filters: int = 100
    widths: tuple[int, ...] = (3, 4, 5)
    dropout: float = 0.5
    dropout_words: float = 0.4  # of the numbers in the words' vectors
    l2: float = 0.0  # of the filters
    spread: float = 0.25  # vectors begin between -spread and spread
    words_dropped: float = 0.2
    words_swapped: float = 0.0


@dataclass(frozen=True)
class Bilstm:
    """Embedding, LSTMs in both directions, mean and maximum over a text, dense."""

    vocabulary: int = 20_000
    length: int = 256
    embedding: int = 64
    units: int = 48
    layers: int = 1
    dropout: float = 0.5
    words_dropped: float = 0.2
    words_swapped: float = 0.0
    vectors: str = ""  # a file of word vectors in GloVe's format; they are `embedding` long
    vectors_sha256: str = ""  # its digest: other vectors are another model


@dataclass(frozen=True)
class Transformer:
    """Embedding of words and places, attention, the mean over a text, dense."""

    vocabulary: int = 20_000
    length: int = 256
    embedding: int = 32
    heads: int = 2
    inner: int = 64  # units between the two dense layers of a block
    layers: int = 1
    dropout: float = 0.4
    words_dropped: float = 0.2
    words_swapped: float = 0.0


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
class Pace:
    """How every network is taught, whatever its family: `train.schedule` in params.yaml."""

    decay: Literal["constant", "cosine", "plateau"] = "constant"  # of the learning rate
    warmup: float = 0.0  # the share of all steps in which the learning rate rises
    clip_norm: float = 1.0  # the gradients' common length is no more than this; 0: not clipped
    label_smoothing: float = 0.0
    weight_decay: float = 0.0  # decoupled, as in AdamW
    accumulate: int = 1  # so many batches make one step
    ema: float = 0.0  # momentum of a moving average of the weights, which is the model then; 0: none
    monitor: Literal["loss", "accuracy", "macro_f1"] = "loss"  # by which the best epoch is known
    precision: Literal["auto", "float32", "bfloat16"] = "auto"  # auto: bfloat16 on an accelerator
    bucketing: bool = True  # batches of texts as long as each other
