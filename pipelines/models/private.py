"""One step of DP-SGD (Abadi et al. 2016): each unit's gradient is clipped, the sum gets noise once, and then teaches.

A unit is what the promise protects: a row, or a subject with at most `rows` rows. Exact norms come from `norms`.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from pipelines.models.listening import check_layers, listening
from pipelines.models.norms import Tensor
from pipelines.models.secrets import Secret

if TYPE_CHECKING:
    import keras


@dataclass(frozen=True)
class Mechanism:
    """What is done to a step's gradients: clipped at `clip`, noise of `sigma` clips, divided by `expected` units.

    `rows` is how many rows stand side by side for one unit. Dividing by the units that were expected and not by
    those that came keeps the batch's size out of the result.
    """

    clip: float
    sigma: float
    expected: float
    rows: int = 1


class PrivateStep:
    """Steps of `network` by its optimizer, on noisy sums of clipped gradients."""

    def __init__(self, network: "keras.Model", mechanism: Mechanism, compiled: bool = False) -> None:
        import tensorflow as tf

        check_layers(network)
        self.network, self.mechanism = network, mechanism
        self.size = sum(int(np.prod(v.shape)) for v in network.trainable_variables)
        self.clipped = tf.function(self._clipped, autograph=False, jit_compile=compiled)
        self._teach = tf.function(lambda *given: self._apply(self._noisy(given[:-1], given[-1])), autograph=False)
        self._whole = tf.function(self._in_one, autograph=False, jit_compile=compiled)

    def __call__(
        self, chunks: list[tuple[NDArray[Any], NDArray[Any], NDArray[Any]]], secret: Secret, number: int
    ) -> None:
        """Take step `number` on `chunks`, which together are one sample: inputs, labels and weights of rows each.

        A row of weight zero fills up its chunk and says nothing. Every number has its own noise, for ever.
        """
        bits = secret.bits(number, self.size)
        if len(chunks) == 1:
            self._whole(*chunks[0], bits)
            return
        total = self.clipped(*chunks[0])
        for chunk in chunks[1:]:
            total = [mine + more for mine, more in zip(total, self.clipped(*chunk), strict=True)]
        self._teach(*total, bits)

    def squares(self, inputs: Tensor, labels: Tensor, weights: Tensor) -> Tensor:
        """The squared length of each unit's gradient."""
        import tensorflow as tf

        return tf.add_n([gradient.squared() for _, gradient in self._gradients(inputs, labels, weights)])

    def _gradients(self, inputs: Tensor, labels: Tensor, weights: Tensor) -> list[tuple[Any, Any]]:
        """Each layer with its gradient, unit by unit."""
        import keras
        import tensorflow as tf

        with tf.GradientTape() as tape, listening(self.network) as calls:
            found = self.network(inputs, training=True)
            losses = keras.losses.sparse_categorical_crossentropy(labels, found)
            loss = tf.reduce_sum(losses * tf.cast(weights, losses.dtype))
        at = tape.gradient(loss, [call.outputs for call in calls], unconnected_gradients=tf.UnconnectedGradients.ZERO)
        pairs = zip(calls, at, strict=True)
        return [(c.layer, c.rule(c.layer, c.inputs, tf.convert_to_tensor(g), self.mechanism.rows)) for c, g in pairs]

    def _clipped(self, inputs: Tensor, labels: Tensor, weights: Tensor) -> list[Tensor]:
        """The sum of the units' clipped gradients, one tensor for each trainable variable of the network."""
        import tensorflow as tf

        gradients = self._gradients(inputs, labels, weights)
        squares = tf.add_n([gradient.squared() for _, gradient in gradients])
        scale = tf.minimum(1.0, self.mechanism.clip * tf.math.rsqrt(tf.maximum(squares, 1e-24)))
        sums: dict[int, Tensor] = {}
        for layer, gradient in gradients:
            sums |= zip(map(id, layer.trainable_variables), gradient.summed(scale), strict=True)
        return [sums[id(variable)] for variable in self.network.trainable_variables]

    def _noisy(self, sums: Any, bits: Tensor) -> list[Tensor]:
        """The mean of clipped gradients, with the step's noise."""
        import tensorflow as tf

        noise = self.mechanism.sigma * self.mechanism.clip * normal(bits)[: self.size]
        parts = tf.split(noise, [int(np.prod(each.shape)) for each in sums])
        pairs = zip(sums, parts, strict=True)
        return [(each + tf.reshape(part, each.shape)) / self.mechanism.expected for each, part in pairs]

    def _apply(self, gradients: list[Tensor]) -> None:
        """Teach; penalties on weights know no data, so they join behind the noise."""
        import tensorflow as tf

        variables = self.network.trainable_variables
        with tf.GradientTape() as tape:
            penalties = [v.regularizer(v.value) for v in variables if v.regularizer is not None]
            penalty = tf.add_n(penalties) if penalties else None
        if penalty is not None:
            values = [v.value for v in variables]
            more = tape.gradient(penalty, values, unconnected_gradients=tf.UnconnectedGradients.ZERO)
            gradients = [mine + theirs for mine, theirs in zip(gradients, more, strict=True)]
        self.network.optimizer.apply(gradients, variables)

    def _in_one(self, inputs: Tensor, labels: Tensor, weights: Tensor, bits: Tensor) -> None:
        self._apply(self._noisy(self._clipped(inputs, labels, weights), bits))


def normal(bits: Tensor) -> Tensor:
    """Standard normal numbers of as many uniform 32-bit ones, an even number (Box & Muller 1958)."""
    import tensorflow as tf

    uniform = (tf.cast(bits, tf.float32) + 0.5) * 2.0**-32
    first, second = tf.split(uniform, 2)
    radius, angle = tf.sqrt(-2.0 * tf.math.log(first)), 2.0 * np.pi * second
    return tf.concat([radius * tf.cos(angle), radius * tf.sin(angle)], axis=0)
