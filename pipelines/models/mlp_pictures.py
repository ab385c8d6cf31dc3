"""Dense layers over all pixels of a picture."""

from typing import Any

from pipelines.models import Fitted, Problem, Schedule, Watcher
from pipelines.models.cnn_pictures import pixels_of, taught
from pipelines.models.heads import head
from pipelines.models.neural import prepare
from pipelines.models.options import Mlp


def fit_pictures(problem: Problem, options: Mlp, schedule: Schedule, watcher: Watcher) -> Fitted:
    """The multi-layer perceptron of `problem`, with the weights of its best epoch."""
    import keras

    features = pixels_of(problem, options.pictures, private=schedule.private is not None)
    prepare(problem.seed)
    pixels = keras.Input(features.shape, dtype="float32", name="pixels")
    hidden: Any = keras.layers.Flatten()(pixels)
    for units in options.pixels:
        hidden = keras.layers.Dense(units, activation="relu")(hidden)
        hidden = keras.layers.Dropout(options.dropout)(hidden)
    network = keras.Model(pixels, head(problem, hidden))
    return taught(network, features, problem, options.pictures, schedule, watcher)
