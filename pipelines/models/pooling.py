"""Many places as one vector, whatever stands behind the end of a text."""

from typing import Any

# Below all that a network of finite weights says of a word.
NOTHING = -1e4


def pooled(hidden: Any, there: Any) -> Any:
    """Mean and maximum over the places of `hidden` (n, length, size) where `there` (n, length, 1) is 1: (n, 2 size)."""
    import keras

    return keras.ops.concatenate(
        [mean(hidden, there), keras.ops.max(hidden * there + NOTHING * (1 - there), axis=1)], axis=-1
    )


def mean(hidden: Any, there: Any) -> Any:
    """The mean over the places of `hidden` (n, length, size) where `there` (n, length, 1) is 1: (n, size)."""
    import keras

    return keras.ops.sum(hidden * there, axis=1) / keras.ops.maximum(keras.ops.sum(there, axis=1), 1)
