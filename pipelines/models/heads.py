"""How a network ends, and what it is taught by: a function of the task alone, the same for every family."""

from typing import TYPE_CHECKING, Any

from pipelines.models import Problem

if TYPE_CHECKING:
    import keras


def head(problem: Problem, hidden: Any) -> "keras.KerasTensor":
    """The answer of a network from its last `hidden` layer: (n, labels) probabilities."""
    import keras

    return keras.layers.Dense(len(problem.labels), activation="softmax", name="answer")(hidden)


def loss(problem: Problem) -> str:
    """What a training makes small, in Keras's words."""
    return "sparse_categorical_crossentropy"
