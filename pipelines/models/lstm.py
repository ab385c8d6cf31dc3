"""Embedding, LSTM, dense: a network that reads a text in its order."""

from pipelines.features import Tokens
from pipelines.fixed import fixed_tokens
from pipelines.models import Fitted, Problem, Schedule, Watcher
from pipelines.models.heads import head
from pipelines.models.neural import about, export, prepare, train
from pipelines.models.options import Lstm
from pipelines.models.starting import features_of


def fit(problem: Problem, options: Lstm, schedule: Schedule, watcher: Watcher) -> Fitted:
    """The LSTM of `problem`, with the weights of its best epoch."""
    import keras

    texts = problem.train.columns[problem.text]
    if schedule.private:
        features = fixed_tokens(problem.text, options.length, options.vocabulary)
    else:
        features = features_of(schedule.start, Tokens) or Tokens.fit(
            texts, problem.text, options.length, options.vocabulary
        )
    prepare(problem.seed)
    words = keras.Input((None,), dtype="int32", name="tokens")
    hidden = keras.layers.Embedding(features.rows, options.embedding, mask_zero=True)(words)
    hidden = keras.layers.SpatialDropout1D(options.dropout)(hidden)
    hidden = keras.layers.LSTM(options.units)(hidden)
    hidden = keras.layers.Dropout(options.dropout)(hidden)
    network = keras.Model(words, head(problem, hidden))
    arrays = (features.arrays(problem.train.columns), features.arrays(problem.valid.columns))
    progress = train(network, problem, arrays, schedule, watcher)
    example = {"tokens": arrays[0]["tokens"][:2]}
    return Fitted(features, export(network, example), about(network, progress, schedule.pace))
