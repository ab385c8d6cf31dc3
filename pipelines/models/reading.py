"""What networks that read a text share: tokens in, a vector for each, and how a text that was read is handed on."""

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from pipelines.features import PADDING, Features, Joined, Tokens, beside
from pipelines.fixed import fixed_tokens
from pipelines.models import Fitted, Problem, Schedule, Watcher
from pipelines.models.augmenting import words_changed
from pipelines.models.neural import about, export, prepare, train
from pipelines.models.starting import features_of
from pipelines.models.vectors import known_vectors
from pipelines.models.vocabularies import refuse_empty

if TYPE_CHECKING:
    import keras


class Reading(Protocol):
    """What can be chosen for every family that reads a text."""

    @property
    def vocabulary(self) -> int:
        """How many tokens are told apart, padding and unknown among them."""

    @property
    def length(self) -> int:
        """How many tokens of a text are read."""

    @property
    def embedding(self) -> int:
        """How long a token's vector is."""

    @property
    def words_dropped(self) -> float:
        """Which share of a text's tokens is unknown to the network while it learns, each time others."""

    @property
    def words_swapped(self) -> float:
        """Which share of neighbours change places while it learns."""


Chosen = TypeVar("Chosen", bound=Reading)


def reader(
    network: Callable[[Problem, Tokens, Features, Chosen], "keras.Model"],
    problem: Problem,
    options: Chosen,
    schedule: Schedule,
    watcher: Watcher,
) -> Fitted:
    """The `network` that a family builds for `problem` after it learnt it, with the weights of its best epoch.

    It reads the tokens of the texts, and the table's columns where there are some.
    """
    tokens = _tokens(problem, options, schedule)
    columns = problem.train.columns
    features = features_of(schedule.start, Joined) or beside(tokens, columns, problem.record)
    prepare(problem.seed)
    built = network(problem, tokens, features, options)
    arrays = (features.arrays(columns), features.arrays(problem.valid.columns))
    augment = words_changed(options.words_dropped, options.words_swapped)
    progress = train(built, problem, arrays, replace(schedule, augment=augment), watcher)
    example = {name: values[:2] for name, values in arrays[0].items()}
    return Fitted(features, export(built, example), about(built, progress, schedule.pace))


def _tokens(problem: Problem, options: Reading, schedule: Schedule) -> Tokens:
    """The tokens of the training texts, or of the model that it goes on from; by their hash where it is private."""
    if schedule.private:
        return fixed_tokens(problem.text, options.length, options.vocabulary)
    texts = problem.train.columns[problem.text]
    found = features_of(schedule.start, Tokens) or Tokens.fit(texts, problem.text, options.length, options.vocabulary)
    refuse_empty(found.vocabulary, problem.text)
    return found


def words_input() -> "keras.KerasTensor":
    """The input of token ids: (n, length)."""
    import keras

    return keras.Input((None,), dtype="int32", name="tokens")


def embedded(words: Any, features: Tokens, size: int, *, path: str = "", sha256: str = "", **layer: Any) -> Any:
    """A vector of `size` for each of `words`, from the file at `path` where it knows one: (n, length, size)."""
    import keras

    embedding = keras.layers.Embedding(features.rows, size, name="words", **layer)
    vectors = embedding(words)
    if path:
        (begun,) = embedding.get_weights()
        embedding.set_weights([known_vectors(begun, features, path, sha256)])
    return vectors


def present(words: Any, like: Any) -> Any:
    """1 where a word stands and 0 where a shorter text was filled up, for what is `like` (n, length, size)."""
    import keras

    return keras.ops.expand_dims(keras.ops.cast(keras.ops.not_equal(words, PADDING), like.dtype), -1)
