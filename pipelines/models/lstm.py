"""Embedding, LSTM, dense: a network that reads a text in its order."""

from typing import TYPE_CHECKING

from pipelines.features import Features, Tokens
from pipelines.models import Fitted, Problem, Schedule, Watcher
from pipelines.models.heads import head, join
from pipelines.models.options import Lstm
from pipelines.models.reading import embedded, reader, words_input

if TYPE_CHECKING:
    import keras


def fit(problem: Problem, options: Lstm, schedule: Schedule, watcher: Watcher) -> Fitted:
    """The LSTM of `problem`, with the weights of its best epoch."""
    return reader(network, problem, options, schedule, watcher)


def network(problem: Problem, tokens: Tokens, features: Features, options: Lstm) -> "keras.Model":
    """The untrained network."""
    import keras

    words = words_input()
    hidden = embedded(words, tokens, options.embedding, mask_zero=True)
    hidden = keras.layers.SpatialDropout1D(options.dropout)(hidden)
    hidden = keras.layers.LSTM(options.units)(hidden)
    hidden = keras.layers.Dropout(options.dropout)(hidden)
    inputs, hidden = join(features, words, hidden)
    return keras.Model(inputs, head(problem, hidden))
