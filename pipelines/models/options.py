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
    words_dropped: float = 0.0
    words_swapped: float = 0.0


@dataclass(frozen=True)
class Pictures:
    """How pictures are looked at, and how far one may be moved in training and still show the same.

    Shares of a side for `shift` and `crop`, degrees for `rotate`; `flip` is from left to right.
    """

    side: int = 64  # a larger picture is shrunk
    size: tuple[int, ...] = ()  # height, width, channels; fitted to the training pictures where left out
    shift: float = 0.08
    rotate: float = 8.0
    crop: float = 0.08
    flip: bool = False  # a 6 or an "R" has no mirror image; cats and faces have


@dataclass(frozen=True)
class Convolved(Pictures):
    """A block of convolutions for each entry of `blocks`, which says how many filters it has."""

    blocks: tuple[int, ...] = (32, 64, 128)
    dropout: float = 0.3


@dataclass(frozen=True)
class Flattened(Pictures):
    """Dense layers over all pixels."""

    layers: tuple[int, ...] = (512, 512)
    dropout: float = 0.2


@dataclass(frozen=True)
class Mlp:
    """Dense layers over a table's columns, or over a picture's pixels."""

    layers: tuple[int, ...] = (128, 64)
    dropout: float = 0.2
    normalised: bool = False  # batch normalisation behind each layer
    l1: float = 0.0
    l2: float = 0.0
    weights: Literal["glorot_uniform", "he_normal", "lecun_normal", "orthogonal"] = "glorot_uniform"  # to begin with
    pictures: Flattened = Flattened()


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
    """Embedding, convolutions of several widths, their maxima over a text, dense; over a picture see `pictures`."""

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
    pictures: Convolved = Convolved()


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
    length: int = 400
    embedding: int = 32
    heads: int = 2
    inner: int = 64  # units between the two dense layers of a block
    layers: int = 1
    dropout: float = 0.4
    words_dropped: float = 0.2
    words_swapped: float = 0.0


@dataclass(frozen=True)
class Gpt:
    """A decoder of self-attention that foretells a text's next character, or word."""

    level: Literal["characters", "words"] = "characters"
    vocabulary: int = 8_000
    length: int = 64  # how many pieces it looks back on
    layers: int = 4
    heads: int = 4
    width: int = 128
    dropout: float = 0.0


@dataclass(frozen=True)
class Pretrained:
    """A backbone of KerasHub that reads word pieces, by its preset's name or the folder where it lies."""

    preset: str = ""
    rank: int = 8  # of the updates that are learnt; 0: all weights are
    length: int = 128
    dropout: float = 0.1


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
    refit: bool = False  # validation rows, once they have said how long to learn, teach too: all rows do, anew


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


Measured = Literal["accuracy", "macro_f1", "roc_auc", "log_loss", "mae", "r2"]


@dataclass(frozen=True)
class Member:
    """One model of an ensemble: the one family that is named, and its options."""

    linear: Linear | None = None
    nbsvm: Nbsvm | None = None
    ngrams: Ngrams | None = None
    boosting: Boosting | None = None
    mlp: Mlp | None = None
    cnn: Cnn | None = None
    lstm: Lstm | None = None
    bilstm: Bilstm | None = None
    transformer: Transformer | None = None
    pretrained: Pretrained | None = None


@dataclass(frozen=True)
class Auto:
    """The best model that a search finds, or the average of the best; with `members`, of those, and nothing is sought.

    The search ends after `trials`, or where what is left of `minutes` is just enough to teach what won.
    """

    measure: Measured | None = None  # accuracy, mean error in an order, or R²: by the label
    trials: int = 24
    minutes: float = 15.0
    folds: int = 0  # 1: a quarter of the rows is asked, once; 0: four folds, or 1 where thousands of pictures are read
    by: Literal["record", "label", "subject", "time"] = "record"  # what folds are cut by
    most: int = 4  # models in the ensemble; 1: none
    student: str = ""  # a family that learns from the ensemble, and is the model in its place
    families: tuple[str, ...] = ()  # the usual ones where none is named: `spaces.USUAL`
    members: tuple[Member, ...] = ()
