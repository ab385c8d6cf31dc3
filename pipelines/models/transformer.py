"""Vaswani et al. 2017, the encoder: every word looks at every other one."""

from typing import TYPE_CHECKING, Any

from pipelines.features import Features, Tokens
from pipelines.models import Fitted, Problem, Schedule, Watcher
from pipelines.models.heads import head, join
from pipelines.models.options import Transformer
from pipelines.models.pooling import mean
from pipelines.models.reading import embedded, present, reader, words_input

if TYPE_CHECKING:
    import keras


def fit(problem: Problem, options: Transformer, schedule: Schedule, watcher: Watcher) -> Fitted:
    """The transformer of `problem`, with the weights of its best epoch."""
    return reader(network, problem, options, schedule, watcher)


def network(problem: Problem, tokens: Tokens, features: Features, options: Transformer) -> "keras.Model":
    """The untrained network."""
    import keras

    words = words_input()
    hidden = embedded(words, tokens, options.embedding)
    there = present(words, hidden)
    hidden = keras.layers.Dropout(options.dropout)(hidden + places(there, tokens.length, options.embedding))
    for _ in range(options.layers):
        hidden = block(hidden, there, options)
    hidden = keras.layers.Dropout(options.dropout)(mean(hidden, there))
    inputs, hidden = join(features, words, hidden)
    return keras.Model(inputs, head(problem, hidden))


def places(there: Any, length: int, size: int) -> "keras.KerasTensor":
    """A learned vector for the place of each word in its text: (n, length, size)."""
    import keras

    # A sum over ones counts the places of a batch of any length, in every framework and in the exported graph.
    number = keras.ops.cumsum(keras.ops.ones_like(there[..., 0], dtype="int32"), axis=1) - 1
    return keras.layers.Embedding(length, size, name="places")(number)


def block(hidden: Any, there: Any, options: Transformer) -> "keras.KerasTensor":
    """Attention of each word to all that are `there`, then dense layers for each, both added to what was."""
    import keras

    layers = keras.layers
    heads = layers.MultiHeadAttention(options.heads, options.embedding // options.heads, dropout=options.dropout)
    seen = keras.ops.expand_dims(there[..., 0], 1)  # nobody looks behind a text's end
    found = layers.LayerNormalization(epsilon=1e-6)(hidden + heads(hidden, hidden, attention_mask=seen))
    wide = layers.Dense(options.inner, activation="relu")(found)
    wide = layers.Dropout(options.dropout)(layers.Dense(options.embedding)(wide))
    return layers.LayerNormalization(epsilon=1e-6)(found + wide)
