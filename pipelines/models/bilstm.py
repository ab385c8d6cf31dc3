"""LSTMs that read a text from both ends, and what they found anywhere in it."""

from typing import TYPE_CHECKING

from pipelines.features import Features, Tokens
from pipelines.models import Fitted, Problem, Schedule, Watcher
from pipelines.models.heads import head, join
from pipelines.models.options import Bilstm
from pipelines.models.pooling import pooled
from pipelines.models.reading import embedded, present, reader, words_input

if TYPE_CHECKING:
    import keras


def fit(problem: Problem, options: Bilstm, schedule: Schedule, watcher: Watcher) -> Fitted:
    """The bidirectional LSTM of `problem`, of one layer or more, with the weights of its best epoch."""
    return reader(network, problem, options, schedule, watcher)


def network(problem: Problem, tokens: Tokens, features: Features, options: Bilstm) -> "keras.Model":
    """The untrained network."""
    import keras

    words = words_input()
    vectors = {"path": options.vectors, "sha256": options.vectors_sha256}
    hidden = embedded(words, tokens, options.embedding, mask_zero=True, **vectors)
    hidden = keras.layers.SpatialDropout1D(options.dropout)(hidden)
    for _ in range(options.layers):
        hidden = keras.layers.Bidirectional(keras.layers.LSTM(options.units, return_sequences=True))(hidden)
    hidden = keras.layers.Dropout(options.dropout)(pooled(hidden, present(words, hidden)))
    inputs, hidden = join(features, words, hidden)
    return keras.Model(inputs, head(problem, hidden))
