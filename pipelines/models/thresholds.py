"""A layer of thresholds in order: a score -> the probability of each of some labels that stand in an order."""

from typing import Any

import keras
import numpy as np

# A gap that is nothing has no logarithm.
SMALLEST = 1e-3


@keras.saving.register_keras_serializable(package="flywheel")
class Thresholds(keras.layers.Layer):  # type: ignore[misc]  # keras ships no types
    """P(label <= k) = sigmoid(threshold k - score); (n, 1) scores become (n, thresholds + 1) probabilities.

    Thresholds are learnt from where they `start`: the first one, and the gaps, which a softplus keeps above zero.
    """

    def __init__(self, start: list[float], **options: Any) -> None:
        super().__init__(**options)
        self.start = [float(each) for each in start]

    def build(self, shape: Any) -> None:
        """Make the weights: the first threshold, and what the gaps to the next ones come from."""
        gaps = np.maximum(np.diff(self.start), SMALLEST)
        initial = np.concatenate([self.start[:1], np.log(np.expm1(gaps))])
        self.raw = self.add_weight(
            shape=(len(initial),), initializer=keras.initializers.Constant(initial.tolist()), name="raw"
        )

    def call(self, score: Any) -> Any:
        """The probabilities of the labels."""
        ops = keras.ops
        thresholds = ops.cumsum(ops.concatenate([self.raw[:1], ops.softplus(self.raw[1:])]))
        below = ops.sigmoid(thresholds[None, :] - score)
        none = ops.zeros_like(score)
        return ops.concatenate([below, none + 1], axis=-1) - ops.concatenate([none, below], axis=-1)

    def get_config(self) -> dict[str, Any]:
        """What makes the layer anew."""
        return {**super().get_config(), "start": self.start}
