"""One step of DP-SGD (Abadi et al. 2016): each unit's gradient is clipped, the sum gets noise once, and then teaches.

A unit is what the promise protects: a row, or a subject with at most `rows` rows. Exact norms come from `norms`.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from pipelines.models.chance import Secret
from pipelines.models.listening import check_layers, listening
from pipelines.models.norms import Tensor

if TYPE_CHECKING:
    import keras


# So many rows are worked on at a time: a larger sample comes in chunks whose clipped gradients are added up.
LARGEST = 1024
# So many random numbers are made at a time, or those of one step where they are more.
AT_ONCE = 2**18


@dataclass(frozen=True)
class Mechanism:
    """What is done to a step's gradients: clipped at `clip`, noise of `sigma` clips, divided by `expected` units.

    Dividing by the units that were expected and not by those that came keeps the sample's size out of the result.
    """

    clip: float
    sigma: float
    expected: float


@dataclass(frozen=True)
class Units:
    """The rows to learn from, and the units that they belong to.

    inputs (rows, …), labels (rows,), weights (rows,) of their losses; table (units, at most so many rows each)
    holds places of rows, filled up by -1.
    """

    inputs: NDArray[Any]
    labels: NDArray[np.int64]
    weights: NDArray[np.float64]
    table: NDArray[np.int32]


class PrivateStep:
    """Steps of `network` by its optimizer, on noisy sums of the clipped gradients of `units`."""

    def __init__(self, network: "keras.Model", mechanism: Mechanism, units: Units, secret: Secret) -> None:
        import tensorflow as tf

        check_layers(network)
        self.network, self.mechanism, self.units, self.secret = network, mechanism, units, secret
        self.rows = units.table.shape[1]
        self.most = max(1, LARGEST // self.rows)
        self.size = sum(int(np.prod(v.shape)) for v in network.trainable_variables)
        # The rows stand still in memory, and a sample is a list of numbers, of any length: turning arrays to tensors
        # costs more time than a small network's gradients, and filling samples up to one length costs as well.
        numbers = tf.TensorSpec((None,), tf.int32)
        noise = tf.TensorSpec((self.size + self.size % 2,), tf.float32)
        self._data = tuple(
            map(tf.constant, (units.inputs, units.labels, units.weights.astype(np.float32), units.table))
        )
        self._weighted = self.rows > 1 or not np.all(units.weights == 1)
        # Noise is made for some steps at a time: one small step's alone takes as long as its gradients.
        self._block = max(1, min(32, AT_ONCE // self.size))
        self._drawn: dict[int, Tensor] = {}
        self._normal = tf.function(lambda bits: tf.unstack(normal(bits), self._block), autograph=False)
        self._mean = tf.function(self._clipped_of, input_signature=[numbers], autograph=False)
        self._teach = tf.function(self._apply, autograph=False)
        self._whole = tf.function(self._in_one, input_signature=[numbers, noise], autograph=False)

    def __call__(self, sample: NDArray[np.int32], number: int) -> None:
        """Take step `number` on this sample of units, which may be empty. Every number has noise of its own."""
        noise = self._noise(number)
        if 0 < len(sample) <= self.most:
            self._whole(sample, noise)
            return
        means = [self._mean(sample[start : start + self.most]) for start in range(0, len(sample), self.most)]
        zeros = [np.zeros(v.shape, dtype=np.float32) for v in self.network.trainable_variables]
        self._teach([sum(each, zero) for *each, zero in zip(*means, zeros, strict=True)], noise)

    def _noise(self, number: int) -> Tensor:
        """Standard normal numbers for step `number`."""
        if number not in self._drawn:
            first = number - number % self._block
            several = range(first, first + self._block)
            bits = np.stack([self.secret.bits(each, self.size) for each in several])
            self._drawn = dict(zip(several, self._normal(bits), strict=True))
        return self._drawn.pop(number)

    def _in_one(self, sample: Tensor, noise: Tensor) -> None:
        self._apply(self._clipped_of(sample), noise)

    def _clipped_of(self, sample: Tensor) -> list[Tensor]:
        """The clipped gradients of these units, added up and divided by the number of units that were expected."""
        return self.clipped(*self._rows(sample), 1 / self.mechanism.expected)

    def _rows(self, sample: Tensor) -> tuple[Tensor, Tensor, Tensor | None]:
        """Inputs, labels and weights of the rows of these units; a row that is not there has weight zero."""
        import tensorflow as tf

        inputs, labels, weights, table = self._data
        if not self._weighted:
            return tf.gather(inputs, sample), tf.gather(labels, sample), None
        rows = tf.reshape(tf.gather(table, sample), (-1,))
        there, places = tf.cast(rows >= 0, tf.float32), tf.maximum(rows, 0)
        return tf.gather(inputs, places), tf.gather(labels, places), there * tf.gather(weights, places)

    def squares(self, inputs: Tensor, labels: Tensor, weights: Tensor | None) -> Tensor:
        """The squared length of each unit's gradient."""
        import tensorflow as tf

        return tf.add_n([gradient.squared() for _, gradient in self.gradients(inputs, labels, weights)])

    def gradients(self, inputs: Tensor, labels: Tensor, weights: Tensor | None) -> list[tuple[Any, Any]]:
        """Each layer with its gradient, unit by unit."""
        import keras
        import tensorflow as tf

        with tf.GradientTape() as tape, listening(self.network) as calls:
            found = self.network(inputs, training=True)
            losses = keras.losses.sparse_categorical_crossentropy(labels, found)
            loss = tf.reduce_sum(losses if weights is None else losses * weights)
        at = tape.gradient(loss, [call.outputs for call in calls], unconnected_gradients=tf.UnconnectedGradients.ZERO)
        pairs = zip(calls, at, strict=True)
        return [(c.layer, c.rule(c.layer, c.inputs, tf.convert_to_tensor(g), self.rows)) for c, g in pairs]

    def clipped(self, inputs: Tensor, labels: Tensor, weights: Tensor | None, factor: float = 1.0) -> list[Tensor]:
        """The units' clipped gradients times `factor`, added up: one tensor for each trainable variable."""
        import tensorflow as tf

        gradients = self.gradients(inputs, labels, weights)
        squares = tf.add_n([gradient.squared() for _, gradient in gradients])
        scale = tf.minimum(1.0, self.mechanism.clip * tf.math.rsqrt(squares + 1e-24)) * factor
        sums: dict[int, Tensor] = {}
        for layer, gradient in gradients:
            sums |= zip(map(id, layer.trainable_variables), gradient.summed(scale), strict=True)
        return [sums[id(variable)] for variable in self.network.trainable_variables]

    def _apply(self, means: list[Tensor], noise: Tensor) -> None:
        """Add noise to the means and teach; penalties on weights know no data, so they join behind the noise."""
        import tensorflow as tf

        mechanism = self.mechanism
        scaled = noise[: self.size] * (mechanism.sigma * mechanism.clip / mechanism.expected)
        parts = tf.split(scaled, [int(np.prod(each.shape)) for each in means])
        gradients = [each + tf.reshape(part, each.shape) for each, part in zip(means, parts, strict=True)]
        variables = self.network.trainable_variables
        with tf.GradientTape() as tape:
            penalties = [v.regularizer(v.value) for v in variables if v.regularizer is not None]
            penalty = tf.add_n(penalties) if penalties else None
        if penalty is not None:
            values = [v.value for v in variables]
            more = tape.gradient(penalty, values, unconnected_gradients=tf.UnconnectedGradients.ZERO)
            gradients = [mine + theirs for mine, theirs in zip(gradients, more, strict=True)]
        self.network.optimizer.apply(gradients, variables)


def normal(bits: Tensor) -> Tensor:
    """Standard normal numbers of uniform 32-bit ones, even many along the last axis (Box & Muller 1958)."""
    import tensorflow as tf

    # Small numbers keep all their digits: they make the tails, which reach to 6.7.
    uniform = (tf.cast(tf.bitcast(bits, tf.uint32), tf.float32) + 0.5) * 2.0**-32
    first, second = tf.split(uniform, 2, axis=-1)
    radius, angle = tf.sqrt(-2.0 * tf.math.log(first)), 2.0 * np.pi * second
    return tf.concat([radius * tf.cos(angle), radius * tf.sin(angle)], axis=-1)
