"""Kim 2014: filters over a few neighbouring words, and of each the place where it finds most."""

from typing import TYPE_CHECKING

from pipelines.features import Features, Tokens
from pipelines.models import Fitted, Problem, Schedule, Watcher
from pipelines.models.cnn_pictures import fit_pictures
from pipelines.models.heads import head, join
from pipelines.models.options import Cnn
from pipelines.models.reading import embedded, present, reader, words_input

if TYPE_CHECKING:
    import keras


def fit(problem: Problem, options: Cnn, schedule: Schedule, watcher: Watcher) -> Fitted:
    """The convolutional network of `problem`, with the weights of its best epoch; over pixels where it has no text."""
    if problem.reads == "image":
        return fit_pictures(problem, options, schedule, watcher)
    return reader(network, problem, options, schedule, watcher)


def network(problem: Problem, tokens: Tokens, features: Features, options: Cnn) -> "keras.Model":
    """The untrained network."""
    import keras

    words = words_input()
    start = keras.initializers.RandomUniform(-options.spread, options.spread)
    hidden = embedded(words, tokens, options.embedding, embeddings_initializer=start)
    there = present(words, hidden)
    hidden = keras.layers.Dropout(options.dropout_words)(hidden * there)
    found = []
    for width in options.widths:
        # A text is zeros before its first word and behind its last one, however far others of the batch go on.
        filters = keras.layers.Conv1D(
            options.filters,
            width,
            padding="same",
            activation="relu",
            kernel_regularizer=keras.regularizers.L2(options.l2) if options.l2 else None,
        )
        found.append(keras.layers.GlobalMaxPooling1D()(filters(hidden) * there))
    hidden = keras.layers.Dropout(options.dropout)(keras.layers.Concatenate()(found))
    inputs, hidden = join(features, words, hidden)
    return keras.Model(inputs, head(problem, hidden))
