"""How long each unit's gradient is, layer by layer, without making it; and the sum of them all once each is scaled.

A unit is one row, or the `rows` of one subject, which stand side by side in the batch; its gradient is the sum over
its rows. A layer that multiplies inputs by a kernel at P places of a unit has the kernel gradient A'G of inputs
A (P, d) and of gradients at the outputs G (P, p): its length needs no A'G where the two Gram matrices are smaller
(Goodfellow 2015; Li et al. 2022, "ghost clipping"). The sum over units, each times its own scale, follows from the
same A and G (Bu et al. 2023, "book-keeping"): there is no second pass backwards.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Protocol

Tensor = Any


class Gradient(Protocol):
    """The gradients of one layer's variables, unit by unit."""

    def squared(self) -> Tensor:
        """The squared length of each unit's gradient: (units,)."""

    def summed(self, scale: Tensor) -> list[Tensor]:
        """The sum over units of gradient times `scale` (units,), one tensor for each of the layer's variables."""


@dataclass
class Product:
    """The gradient of a kernel that is multiplied at one place of each unit: input times gradient at the output.

    inputs (units, d), outputs (units, p); there is a bias where `biased`.
    """

    inputs: Tensor
    outputs: Tensor
    biased: bool

    def squared(self) -> Tensor:
        """The squares of inputs, with a one for the bias, times those of outputs."""
        length = _squares(self.inputs)
        return (length + 1.0 if self.biased else length) * _squares(self.outputs)

    def summed(self, scale: Tensor) -> list[Tensor]:
        """One matrix product."""
        import tensorflow as tf

        scaled = self.outputs * scale[:, None]
        kernel = tf.matmul(self.inputs, scaled, transpose_a=True)
        return [kernel, tf.reduce_sum(scaled, axis=0)] if self.biased else [kernel]


@dataclass
class Products:
    """The gradient of a kernel that is multiplied at many places of each unit, added up over them.

    inputs (units, places, d), outputs (units, places, p); `shapes` are those of the variables, in order: kernels
    that share the rows of d among them, then the bias where `biased`.
    """

    inputs: Tensor
    outputs: Tensor
    shapes: list[tuple[int, ...]]
    biased: bool

    @cached_property
    def made(self) -> Tensor | None:
        """The kernel's gradient of each unit (units, d, p), where two matrices (places, places) would be larger."""
        import tensorflow as tf

        (places, width), out = self.inputs.shape[1:], self.outputs.shape[2]
        if width * out > places * (width + out):
            return None
        return tf.matmul(self.inputs, self.outputs, transpose_a=True)

    @cached_property
    def bias(self) -> Tensor:
        """The bias's gradient of each unit: (units, p)."""
        import tensorflow as tf

        return tf.reduce_sum(self.outputs, axis=1)

    def squared(self) -> Tensor:
        """Of the kernels as one, and of the bias."""
        kernel = _squares(self.made) if self.made is not None else self._by_places()
        return kernel + _squares(self.bias) if self.biased else kernel

    def _by_places(self) -> Tensor:
        import tensorflow as tf

        ours = tf.matmul(self.inputs, self.inputs, transpose_b=True)
        theirs = tf.matmul(self.outputs, self.outputs, transpose_b=True)
        # Rounding alone could bring a sum of products below zero.
        return tf.maximum(tf.reduce_sum(ours * theirs, axis=(1, 2)), 0.0)

    def summed(self, scale: Tensor) -> list[Tensor]:
        """Of what was made, or by one matrix product over all places."""
        import tensorflow as tf

        if self.made is not None:
            flat = tf.reshape(self.made, (-1, self.inputs.shape[2] * self.outputs.shape[2]))
            kernel = tf.reshape(tf.linalg.matvec(flat, scale, transpose_a=True), self.made.shape[1:])
        else:
            kernel = tf.matmul(_flat(self.inputs), _flat(self.outputs * scale[:, None, None]), transpose_a=True)
        bias = [tf.linalg.matvec(self.bias, scale, transpose_a=True)] if self.biased else []
        kernels = self.shapes[:-1] if self.biased else self.shapes
        parts = tf.split(kernel, [math.prod(shape[:-1]) for shape in kernels], axis=0)
        return [tf.reshape(part, shape) for part, shape in zip(parts, kernels, strict=True)] + bias


@dataclass
class Lookup:
    """An embedding's gradient: the gradients at the outputs, added up where a unit looks up the same row again.

    inputs (units, places) whole numbers below `rows`, outputs (units, places, d).
    """

    inputs: Tensor
    outputs: Tensor
    rows: int

    @cached_property
    def added(self) -> tuple[Tensor, Tensor, Tensor]:
        """For each different row of each unit: its gradient (found, d), the unit and the row."""
        import tensorflow as tf

        units = tf.range(tf.shape(self.inputs, out_type=tf.int64)[0])[:, None]
        own = units * self.rows + tf.cast(self.inputs, tf.int64)
        found, group = tf.unique(tf.reshape(own, (-1,)))
        gradients = tf.math.unsorted_segment_sum(_flat(self.outputs), group, tf.size(found))
        return gradients, found // self.rows, found % self.rows

    def squared(self) -> Tensor:
        """Of the different rows, which do not meet."""
        import tensorflow as tf

        gradients, units, _ = self.added
        return tf.math.unsorted_segment_sum(_squares(gradients), units, tf.shape(self.inputs)[0])

    def summed(self, scale: Tensor) -> list[Tensor]:
        """Scattered over the whole table: noise falls on every row, looked up or not."""
        import tensorflow as tf

        gradients, units, rows = self.added
        return [tf.math.unsorted_segment_sum(gradients * tf.gather(scale, units)[:, None], rows, self.rows)]


@dataclass
class Made:
    """Gradients that were made unit by unit, for a layer without a rule: one (units, …) for each variable."""

    gradients: list[Tensor]

    def squared(self) -> Tensor:
        import tensorflow as tf

        return tf.add_n([_squares(gradient) for gradient in self.gradients])

    def summed(self, scale: Tensor) -> list[Tensor]:
        import tensorflow as tf

        return [tf.tensordot(scale, gradient, axes=1) for gradient in self.gradients]


def dense(layer: Any, inputs: Tensor, outputs: Tensor, rows: int) -> Gradient:
    """The gradient of a Dense layer, at one place of a row or at many."""
    return _outer(layer, inputs, outputs, rows)


def convolution(layer: Any, inputs: Tensor, outputs: Tensor, rows: int) -> Gradient:
    """The gradient of a Conv1D or Conv2D layer: a kernel on patches (Rochette et al. 2019)."""
    import tensorflow as tf

    images, kernel, strides, dilation = inputs, layer.kernel_size, layer.strides, layer.dilation_rate
    padding = layer.padding
    if padding == "causal":
        images = tf.pad(images, [[0, 0], [dilation[0] * (kernel[0] - 1), 0], [0, 0]])
        padding = "valid"
    if len(kernel) == 1:
        images, kernel, strides, dilation = images[:, None], (1, *kernel), (1, *strides), (1, *dilation)
    patches = tf.image.extract_patches(images, (1, *kernel, 1), (1, *strides, 1), (1, *dilation, 1), padding.upper())
    return _outer(layer, patches, outputs, rows)


def embedding(layer: Any, inputs: Tensor, outputs: Tensor, rows: int) -> Gradient:
    """The gradient of an Embedding."""
    import tensorflow as tf

    places = rows * int(inputs.shape[1]) if len(inputs.shape) > 1 else rows
    ids = tf.reshape(inputs, (-1, places))
    return Lookup(ids, tf.reshape(outputs, (-1, places, layer.output_dim)), layer.input_dim)


def recurrent(layer: Any, inputs: Tensor, outputs: Tensor, rows: int) -> Gradient:
    """The gradient of an LSTM: one kernel on the inputs and states (rows, time, …) beside each other."""
    return _outer(layer, inputs, outputs, rows)


def without_a_rule(layer: Any, inputs: Tensor, outputs: Tensor, rows: int) -> Gradient:
    """The gradient of any layer that treats rows apart: made row by row, through this layer alone."""
    import tensorflow as tf

    def of_one(pair: tuple[Tensor, Tensor]) -> list[Tensor]:
        one, gradient = pair
        with tf.GradientTape() as tape:
            found = layer.call(one[None])
        return list(
            tape.gradient(
                found,
                [v.value for v in layer.trainable_variables],
                output_gradients=gradient[None],
                unconnected_gradients=tf.UnconnectedGradients.ZERO,
            )
        )

    each = tf.vectorized_map(of_one, (inputs, outputs))
    return Made([tf.reduce_sum(tf.reshape(e, (-1, rows, *e.shape[1:])), axis=1) for e in each])


Rule = Callable[[Any, Tensor, Tensor, int], Gradient]


def _outer(layer: Any, inputs: Tensor, outputs: Tensor, rows: int) -> Gradient:
    import tensorflow as tf

    places = rows * math.prod(outputs.shape[1:-1].as_list())
    if places == 1 and len(outputs.shape) == 2:
        return Product(inputs, outputs, bool(layer.use_bias))
    shapes = [tuple(v.shape) for v in layer.trainable_variables]
    flat = tf.reshape(inputs, (-1, places, inputs.shape[-1]))
    return Products(flat, tf.reshape(outputs, (-1, places, outputs.shape[-1])), shapes, bool(layer.use_bias))


def _squares(values: Tensor) -> Tensor:
    """The sum of squares of all that stands behind the first axis."""
    import tensorflow as tf

    return tf.reduce_sum(tf.square(values), axis=list(range(1, len(values.shape))))


def _flat(values: Tensor) -> Tensor:
    import tensorflow as tf

    return tf.reshape(values, (-1, values.shape[-1]))
