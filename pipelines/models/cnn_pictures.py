"""Convolutions over a picture: blocks of two-dimensional filters, each half as fine as the one before."""

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from pipelines.features import Features, Joined, beside, parts_of
from pipelines.fixed import fixed_pixels, fixed_table
from pipelines.models import Fitted, Problem, Schedule, Watcher
from pipelines.models.augmenting import pictures_moved
from pipelines.models.heads import head, join
from pipelines.models.neural import about, export, prepare, train
from pipelines.models.options import Cnn, Convolved, Pictures
from pipelines.models.starting import features_of
from pipelines.pixels import Pixels

if TYPE_CHECKING:
    import keras


def fit_pictures(problem: Problem, options: Cnn, schedule: Schedule, watcher: Watcher) -> Fitted:
    """The convolutional network of `problem`, with the weights of its best epoch."""
    private = schedule.private is not None
    pixels = pixels_of(problem, options.pictures, schedule)
    features = _beside(pixels, problem, schedule)
    prepare(problem.seed)
    network = build(problem, features, options.pictures, private=private)
    return taught(network, features, problem, options.pictures, schedule, watcher)


def build(problem: Problem, features: Features, options: Convolved, *, private: bool = False) -> "keras.Model":
    """The network, untrained: (n, height, width, channels) pixels in, maybe a table beside them, an answer out."""
    import keras

    seen = next(part for part in parts_of(features) if isinstance(part, Pixels))
    pixels = keras.Input(seen.shape, dtype="float32", name="pixels")
    hidden: Any = pixels
    for filters in options.blocks:
        hidden = _block(hidden, filters, private=private)
    hidden = keras.layers.Dropout(options.dropout)(keras.layers.Flatten()(hidden))
    inputs, hidden = join(features, pixels, hidden)
    return keras.Model(inputs, head(problem, hidden))


def _block(hidden: Any, filters: int, *, private: bool) -> "keras.KerasTensor":
    """Filters of 3 x 3, normalised over the batch; then the strongest answer of each 2 x 2 places.

    A `private` network is not normalised: one row would change the gradients of all others.
    """
    import keras

    hidden = keras.layers.Conv2D(filters, 3, padding="same", use_bias=private)(hidden)
    if not private:
        # So short a memory has seen enough after thirty batches: small sets have no more.
        hidden = keras.layers.BatchNormalization(momentum=0.9)(hidden)
    # The strongest first: the other order is the same and costs four times as many comparisons.
    small = min(hidden.shape[1:3]) < 2
    return keras.layers.ReLU()(hidden if small else keras.layers.MaxPooling2D(2)(hidden))


def pixels_of(problem: Problem, options: Pictures, schedule: Schedule) -> Pixels:
    """How the pictures of `problem` become arrays: their size as `options` say, or fitted to the training pictures."""
    if schedule.private or options.size:
        return fixed_pixels(problem.picture, options.size)
    cells = problem.train.columns[problem.picture]
    return features_of(schedule.start, Pixels) or Pixels.fit(cells, problem.picture, options.side)


def _beside(pixels: Pixels, problem: Problem, schedule: Schedule) -> Features:
    """`pixels` with the table's columns, where there are some; private ones are read as the record says alone."""
    others = tuple(column for column in problem.record.features if column.type != "image")
    if schedule.private and others:
        return Joined((pixels, fixed_table(replace(problem.record, columns=others))))
    return features_of(schedule.start, Joined) or beside(pixels, problem.train.columns, problem.record)


def taught(
    network: "keras.Model",
    features: Features,
    problem: Problem,
    options: Pictures,
    schedule: Schedule,
    watcher: Watcher,
) -> Fitted:
    """What `network` has learnt of pictures that were moved a little in each batch."""
    # A private step sees each row as it is: its gradient is what is bounded.
    schedule = schedule if schedule.private else replace(schedule, augment=pictures_moved(options))
    arrays = (features.arrays(problem.train.columns), features.arrays(problem.valid.columns))
    progress = train(network, problem, arrays, schedule, watcher)
    example = {name: values[:2] for name, values in arrays[0].items()}
    return Fitted(features, export(network, example), about(network, progress, schedule.pace))
