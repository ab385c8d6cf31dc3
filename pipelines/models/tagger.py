"""The tagger's network: features of a word summed, residual convolutions over words, a label for each."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from pipelines.models.neural import prepare

if TYPE_CHECKING:
    import keras

DEPTH = 64
WIDTH = 128
DILATIONS = (1, 2, 4, 1)
_FORGOTTEN = 0.15


@dataclass(frozen=True)
class Lesson:
    """What the network learns from: a stream of words, the features of each form, what each may be called."""

    features: NDArray[np.int32]  # (forms, features): the rows of the table that make up a form; form 0 is a gap
    words: NDArray[np.int32]  # (length,): which form stands there
    answers: NDArray[np.int32]  # (length,): which row of `allowed` holds there
    allowed: NDArray[np.float32]  # (answers, labels): 1 where an answer allows a label
    weights: NDArray[np.float32]  # (length,): how much a word counts; 0 for a gap


@dataclass(frozen=True)
class Course:
    """How long the network learns, how fast, from how many words at a time."""

    epochs: int = 9
    learning_rate: float = 2e-3
    length: int = 256
    rows: int = 24
    seed: int = 1


def train(lesson: Lesson, table_rows: int, course: Course, tell: Callable[[int, float], None]) -> dict[str, Any]:
    """The weights of a network that learned `lesson`, by name; equal arguments give equal weights on one machine."""
    import keras

    prepare(course.seed)
    network = build(table_rows, lesson.features.shape[1], lesson.allowed.shape[1])
    steps = course.epochs * -(-len(lesson.words) // (course.length * course.rows))
    rate = keras.optimizers.schedules.CosineDecay(course.learning_rate, steps, alpha=0.02)
    network.compile(
        optimizer=keras.optimizers.Adam(rate, clipnorm=1.0, use_ema=True, ema_momentum=0.995), loss=_any_allowed
    )
    random = np.random.default_rng(course.seed)
    for epoch in range(course.epochs):
        total, count = 0.0, 0
        for known, allowed, weights in _batches(lesson, course, random):
            total += float(network.train_on_batch(known, allowed, sample_weight=weights))
            count += 1
        tell(epoch + 1, total / max(1, count))
    network.optimizer.finalize_variable_values(network.trainable_variables)  # the mean over the last steps
    return {weight.path: np.asarray(weight) for weight in network.trainable_variables}


def build(rows: int, features: int, labels: int) -> "keras.Model":
    """The untrained network: (batch, length, features) integers -> (batch, length, labels) logits."""
    import keras
    from keras import layers, ops

    known = keras.Input((None, features), dtype="int32")
    present = ops.cast(known > 0, "float32")[..., None]
    there = ops.max(present, axis=-2)
    table = layers.Embedding(
        rows, DEPTH, embeddings_initializer=keras.initializers.RandomNormal(stddev=0.1), name="table"
    )
    vectors = layers.Dropout(0.2)(ops.sum(table(known) * present, axis=-2))
    state = layers.Dense(WIDTH, activation="relu", name="begin")(vectors)
    state = layers.LayerNormalization(epsilon=1e-5, name="begin_norm")(state) * there
    for place, reach in enumerate(DILATIONS):
        padded = ops.pad(state, [[0, 0], [reach, reach], [0, 0]])
        around = ops.concatenate([padded[:, : -2 * reach], state, padded[:, 2 * reach :]], axis=-1)
        change = layers.Dense(WIDTH, activation="relu", name=f"block{place}")(layers.Dropout(0.15)(around))
        state = layers.LayerNormalization(epsilon=1e-5, name=f"block{place}_norm")(state + change) * there
    return keras.Model(known, layers.Dense(labels, name="end")(state))


def _any_allowed(allowed: Any, logits: Any) -> Any:
    """How surprising it is that one of the allowed labels holds."""
    from keras import ops

    return ops.logsumexp(logits, axis=-1) - ops.logsumexp(logits + (allowed - 1) * 1e4, axis=-1)


def _batches(lesson: Lesson, course: Course, random: np.random.Generator) -> Any:
    """Yield one epoch of rows cut from the stream, each epoch at other places, in another order.

    At times the rows of a whole word are left out, so that its shape, its pieces and its neighbours must do.
    """
    size = course.length
    starts = np.arange(int(random.integers(size)), len(lesson.words) - size, size)
    random.shuffle(starts)
    for place in range(0, len(starts), course.rows):
        chosen = starts[place : place + course.rows, None] + np.arange(size)
        known = lesson.features[lesson.words[chosen]]
        forgotten = random.random(chosen.shape) < _FORGOTTEN
        known[:, :, 1:3] *= ~forgotten[:, :, None]
        yield known, lesson.allowed[lesson.answers[chosen]], lesson.weights[chosen]
