"""Dense layers over all pixels of a picture."""

from typing import TYPE_CHECKING, Any

from pipelines.models import Fitted, Problem, Schedule, Watcher
from pipelines.models.cnn_pictures import pixels_of, taught
from pipelines.models.heads import head
from pipelines.models.neural import prepare
from pipelines.models.options import Flattened, Mlp
from pipelines.pixels import Pixels

if TYPE_CHECKING:
    import keras


def fit_pictures(problem: Problem, options: Mlp, schedule: Schedule, watcher: Watcher) -> Fitted:
    """The multi-layer perceptron of `problem`, with the weights of its best epoch."""
    features = pixels_of(problem, options.pictures, schedule)
    prepare(problem.seed)
    return taught(build(problem, features, options.pictures), features, problem, options.pictures, schedule, watcher)


def build(problem: Problem, features: Pixels, options: Flattened) -> "keras.Model":
    """The network, untrained: (n, height, width, channels) pixels in, an answer out."""
    import keras

    pixels = keras.Input(features.shape, dtype="float32", name="pixels")
    hidden: Any = keras.layers.Flatten()(pixels)
    for units in options.layers:
        hidden = keras.layers.Dense(units, activation="relu")(hidden)
        hidden = keras.layers.Dropout(options.dropout)(hidden)
    return keras.Model(pixels, head(problem, hidden))
