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

    def __init__(self, network: "keras.Model", mechanism: Mechanism, units: Units) -> None:
        import tensorflow as tf

        check_layers(network)
        self.network, self.mechanism, self.units = network, mechanism, units
        self.rows = units.table.shape[1]
        self.most = max(1, LARGEST // self.rows)
        self.size = sum(int(np.prod(v.shape)) for v in network.trainable_variables)
        # The rows stand still in memory, and a sample is a list of numbers, of any length: turning arrays to tensors
        # costs more time than a small network's gradients, and filling samples up to one length costs as well.
        numbers = tf.TensorSpec((None,), tf.int32)
        self._data = tuple(
            map(tf.constant, (units.inputs, units.labels, units.weights.astype(np.float32), units.table))
        )
        self._sum = tf.function(self._clipped_of, input_signature=[numbers], autograph=False)
        self._teach = tf.function(lambda bits, *sums: self._apply(self._noisy(sums, bits)), autograph=False)
        self._whole = tf.function(self._in_one, input_signature=[numbers], autograph=False)

    def __call__(self, sample: NDArray[np.int32], secret: Secret, number: int) -> None:
        """Take step `number` on this sample of units, which may be empty. Every number has noise of its own."""
        bits, most = secret.bits(number, self.size), self.most
        # Nobody came: one row that is not there keeps every shape whole.
        sample = sample if len(sample) else np.array([-1], dtype=np.int32)
        if len(sample) <= most:
            self._whole(np.concatenate([bits, sample]))
            return
        sums = [self._sum(sample[start : start + most]) for start in range(0, len(sample), most)]
        self._teach(bits, *(sum(each[1:], each[0]) for each in zip(*sums, strict=True)))

    def _in_one(self, numbers: Tensor) -> None:
        even = self.size + self.size % 2
        self._apply(self._noisy(self._clipped_of(numbers[even:]), numbers[:even]))

    def _clipped_of(self, sample: Tensor) -> list[Tensor]:
        return self.clipped(*self._rows(sample))

    def _rows(self, sample: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Inputs, labels and weights of the rows of these units; a row that is not there has weight zero."""
        import tensorflow as tf

        inputs, labels, weights, table = self._data
        places = tf.maximum(sample, 0)
        there = sample >= 0
        if self.rows > 1:
            places = tf.reshape(tf.gather(table, places), (-1,))
            there = tf.repeat(there, self.rows) & (places >= 0)
            places = tf.maximum(places, 0)
        found = tf.cast(there, tf.float32)
        if not np.all(self.units.weights == 1):
            found *= tf.gather(weights, places)
        return tf.gather(inputs, places), tf.gather(labels, places), found

    def squares(self, inputs: Tensor, labels: Tensor, weights: Tensor) -> Tensor:
        """The squared length of each unit's gradient."""
        import tensorflow as tf

        return tf.add_n([gradient.squared() for _, gradient in self.gradients(inputs, labels, weights)])

    def gradients(self, inputs: Tensor, labels: Tensor, weights: Tensor) -> list[tuple[Any, Any]]:
        """Each layer with its gradient, unit by unit."""
        import keras
        import tensorflow as tf

        with tf.GradientTape() as tape, listening(self.network) as calls:
            found = self.network(inputs, training=True)
            losses = keras.losses.sparse_categorical_crossentropy(labels, found)
            loss = tf.reduce_sum(losses * tf.cast(weights, losses.dtype))
        at = tape.gradient(loss, [call.outputs for call in calls], unconnected_gradients=tf.UnconnectedGradients.ZERO)
        pairs = zip(calls, at, strict=True)
        return [(c.layer, c.rule(c.layer, c.inputs, tf.convert_to_tensor(g), self.rows)) for c, g in pairs]

    def clipped(self, inputs: Tensor, labels: Tensor, weights: Tensor) -> list[Tensor]:
        """The sum of the units' clipped gradients, one tensor for each trainable variable of the network."""
        import tensorflow as tf

        gradients = self.gradients(inputs, labels, weights)
        squares = tf.add_n([gradient.squared() for _, gradient in gradients])
        scale = tf.minimum(1.0, self.mechanism.clip * tf.math.rsqrt(squares + 1e-24))
        sums: dict[int, Tensor] = {}
        for layer, gradient in gradients:
            sums |= zip(map(id, layer.trainable_variables), gradient.summed(scale), strict=True)
        return [sums[id(variable)] for variable in self.network.trainable_variables]

    def _noisy(self, sums: Any, bits: Tensor) -> list[Tensor]:
        """The mean of clipped gradients, with the step's noise."""
        import tensorflow as tf

        noise = normal(bits)[: self.size] * (self.mechanism.sigma * self.mechanism.clip)
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


def normal(bits: Tensor) -> Tensor:
    """Standard normal numbers of as many uniform 32-bit ones, which are an even number (Box & Muller 1958)."""
    import tensorflow as tf

    # Small numbers keep all their digits: they make the tails, which reach to 6.7.
    uniform = (tf.cast(tf.bitcast(bits, tf.uint32), tf.float32) + 0.5) * 2.0**-32
    first, second = tf.split(uniform, 2)
    radius, angle = tf.sqrt(-2.0 * tf.math.log(first)), 2.0 * np.pi * second
    return tf.concat([radius * tf.cos(angle), radius * tf.sin(angle)], axis=0)
