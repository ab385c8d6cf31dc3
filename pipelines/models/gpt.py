"""A decoder of self-attention that foretells the next piece of a text: a language model."""

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from pipelines.errors import TrainingError
from pipelines.letters import Letters
from pipelines.models import Fitted, Part, Problem, Schedule, Watcher
from pipelines.models.neural import about, export, prepare, train
from pipelines.models.options import Gpt
from pipelines.models.starting import features_of

if TYPE_CHECKING:
    import keras

Arrays = dict[str, NDArray[Any]]


def fit(problem: Problem, options: Gpt, schedule: Schedule, watcher: Watcher) -> Fitted:
    """The language model of the texts of `problem`, with the weights of its best epoch.

    Radford et al. 2019: normalised before each part, positions learnt. Raises TrainingError where there is no text.
    """
    texts = problem.train.columns[problem.text]
    begun = features_of(schedule.start, Letters)
    features = begun or Letters.fit(texts, problem.text, options.length, options.level, options.vocabulary)
    language, arrays = posed(problem, features)
    prepare(problem.seed)
    network = build(features, options)
    progress = train(network, language, arrays, schedule, watcher)
    told = about(network, progress, schedule.pace)
    perplexity = float(np.exp(min(progress.best_loss, 700.0)))
    return Fitted(
        features, export(network, {"letters": arrays[0]["letters"][:2]}), told | {"valid_perplexity": perplexity}
    )


def posed(problem: Problem, features: Letters) -> tuple[Problem, tuple[Arrays, Arrays]]:
    """The texts as a problem of classes: which piece follows, at every place of every window.

    Labels are (windows, length). The windows of texts behind one another are full: there is no padding to be masked.
    """
    parts, arrays = [], []
    for part in (problem.train, problem.valid):
        given, following = features.windows(part.columns[problem.text])
        parts.append(Part({}, following))
        arrays.append({"letters": given})
    if not features.pieces or arrays[1]["letters"].shape[1] < 2:
        raise TrainingError(
            "train: there is no text to learn from, or none to validate on.",
            "Expected texts of several characters in the training and in the validation rows.",
            "bring more rows, or give `split` larger shares.",
        )
    labels = ("", "", *features.pieces)
    weights = np.ones(len(labels))
    language = replace(problem, labels=labels, train=parts[0], valid=parts[1], weights=weights, task="classification")
    return language, (arrays[0], arrays[1])


def build(features: Letters, options: Gpt) -> "keras.Model":
    """The network, untrained: (n, length) numbers in, (n, length, vocabulary) probabilities of the next piece out."""
    import keras

    letters = keras.Input((None,), dtype="int32", name="letters")
    places = keras.ops.cumsum(keras.ops.ones_like(letters), axis=1) - 1
    hidden = keras.layers.Embedding(features.rows, options.width, name="pieces")(letters)
    hidden = hidden + keras.layers.Embedding(features.length, options.width, name="places")(places)
    hidden = keras.layers.Dropout(options.dropout)(hidden)
    for _ in range(options.layers):
        hidden = _block(hidden, options)
    hidden = keras.layers.LayerNormalization(epsilon=1e-5)(hidden)
    answer = keras.layers.Dense(features.rows, activation="softmax", dtype="float32", name="answer")(hidden)
    return keras.Model(letters, answer)


def _block(hidden: Any, options: Gpt) -> Any:
    """Attention to what stood before, then two dense layers; each is added to what it was given."""
    import keras

    start = keras.initializers.RandomNormal(stddev=0.02)
    seen = keras.layers.LayerNormalization(epsilon=1e-5)(hidden)
    attention = keras.layers.MultiHeadAttention(options.heads, options.width // options.heads, dropout=options.dropout)
    heard = attention(seen, seen, use_causal_mask=True)
    hidden = hidden + keras.layers.Dropout(options.dropout)(heard)
    thought = keras.layers.LayerNormalization(epsilon=1e-5)(hidden)
    thought = keras.layers.Dense(4 * options.width, kernel_initializer=start)(thought)
    # The exact form has an error function that the exporter does not know.
    thought = keras.ops.gelu(thought, approximate=True)
    thought = keras.layers.Dense(options.width, kernel_initializer=start)(thought)
    return hidden + keras.layers.Dropout(options.dropout)(thought)
