"""How a network ends, and what it is taught by: a function of the task alone, the same for every family.

A family that reads a text or a picture calls `join` once, and has the table's columns beside it wherever the record
has some; it ends with `head`.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from pipelines.features import Features, Joined, Table
from pipelines.models import Problem

if TYPE_CHECKING:
    import keras

# How wide a table's columns are when they meet what was read of the text or the picture.
JOINED = 64


def join(features: Features, read: "keras.KerasTensor", hidden: Any) -> tuple[Any, Any]:
    """The inputs of a network whose text or picture is `read` as `hidden` (n, width), and what is known of the row.

    Where `features` are joined (`features.beside`), the table's columns are another input, and stand beside `hidden`.
    """
    import keras

    tables = [part for part in features.parts if isinstance(part, Table)] if isinstance(features, Joined) else []
    if not tables:
        return read, hidden  # Keras warns where one input comes in a list
    (table,) = tables
    columns = keras.Input((table.width,), dtype="float32", name="table")
    beside = keras.layers.Dense(JOINED, activation="relu")(columns)
    return [read, columns], keras.layers.Concatenate()([hidden, beside])


def head(problem: Problem, hidden: Any) -> "keras.KerasTensor":
    """The answer of a network from its last `hidden` layer: (n, labels) probabilities, or (n, 1) numbers.

    A number comes in the label's own units: what standardises it is part of the network, and so of its graph.
    """
    import keras

    match problem.task:
        case "classification":
            return keras.layers.Dense(len(problem.labels), activation="softmax", name="answer")(hidden)
        case "ordinal":
            return _ordinal(problem, hidden)
        case "regression":
            mean, deviation = spread(problem)
            scaled = keras.layers.Dense(1, name="standardised")(hidden)
            return keras.layers.Rescaling(deviation, mean, dtype="float32", name="answer")(scaled)
        case "language":
            raise ValueError("A language model answers with its own vocabulary: its family ends itself.")


def _ordinal(problem: Problem, hidden: Any) -> Any:
    """One score against thresholds in order: P(label <= k) = sigmoid(threshold k - score) (McCullagh 1980).

    The probabilities of the labels are the differences, so that they sum to one and their order is kept.
    """
    import keras

    from pipelines.models.thresholds import Thresholds

    score = keras.layers.Dense(1, use_bias=False, name="score")(hidden)
    counts = np.bincount(problem.train.labels, minlength=len(problem.labels)) + 1.0
    shares = np.cumsum(counts / counts.sum())[:-1]
    return Thresholds(np.log(shares / (1 - shares)).tolist(), dtype="float32", name="answer")(score)


def loss(problem: Problem) -> str | Callable[[Any, Any], Any]:
    """What a training makes small, in Keras's words; errors of a number are counted in its standard deviations."""
    if problem.task != "regression":
        return "sparse_categorical_crossentropy"
    import keras

    _, deviation = spread(problem)

    def squared(true: Any, found: Any) -> Any:
        numbers = keras.ops.reshape(keras.ops.cast(true, found.dtype), keras.ops.shape(found))
        return keras.ops.mean(keras.ops.square((numbers - found) / deviation), axis=-1)

    return squared


def spread(problem: Problem) -> tuple[float, float]:
    """Mean and standard deviation of the training rows' numbers."""
    return float(problem.train.labels.mean()), float(problem.train.labels.std()) or 1.0
