"""Embedding, LSTM, dense: a network that reads a text in its order."""

from pipelines.features import Joined, Tokens, beside
from pipelines.fixed import fixed_tokens
from pipelines.models import Fitted, Problem, Schedule, Watcher
from pipelines.models.heads import head, join
from pipelines.models.neural import about, export, prepare, train
from pipelines.models.options import Lstm
from pipelines.models.starting import features_of
from pipelines.models.vocabularies import refuse_empty


def fit(problem: Problem, options: Lstm, schedule: Schedule, watcher: Watcher) -> Fitted:
    """The LSTM of `problem`, with the weights of its best epoch."""
    import keras

    texts = problem.train.columns[problem.text]
    if schedule.private:
        tokens = fixed_tokens(problem.text, options.length, options.vocabulary)
    else:
        tokens = features_of(schedule.start, Tokens) or Tokens.fit(
            texts, problem.text, options.length, options.vocabulary
        )
        refuse_empty(tokens.vocabulary, problem.text)
    features = features_of(schedule.start, Joined) or beside(tokens, problem.train.columns, problem.record)
    prepare(problem.seed)
    words = keras.Input((None,), dtype="int32", name="tokens")
    hidden = keras.layers.Embedding(tokens.rows, options.embedding, mask_zero=True)(words)
    hidden = keras.layers.SpatialDropout1D(options.dropout)(hidden)
    hidden = keras.layers.LSTM(options.units)(hidden)
    hidden = keras.layers.Dropout(options.dropout)(hidden)
    inputs, hidden = join(features, words, hidden)
    network = keras.Model(inputs, head(problem, hidden))
    arrays = (features.arrays(problem.train.columns), features.arrays(problem.valid.columns))
    progress = train(network, problem, arrays, schedule, watcher)
    example = {name: values[:2] for name, values in arrays[0].items()}
    return Fitted(features, export(network, example), about(network, progress, schedule.pace))
